"""
Child processes that cannot outlive us, and what the kernel says about those of an earlier run.

A child gets its own session (Ctrl-C in the terminal reaches only the supervisor, which stops its children in order)
and, on Linux, dies with the thread that started it, so that even `kill -9` of the parent leaves nothing behind.
"""

import ctypes
import os
import signal
import socket
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: the dynamic loader must not be entered between fork and exec.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """For `preexec_fn`: SIGKILL for this process when the thread that started it ends."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def command_line(pid: int) -> str | None:
    """The command line of a running process, arguments joined by spaces; None when there is none."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    return raw.replace(b"\0", b" ").decode(errors="replace").strip() or None


def end_group(pid: int, with_signal: signal.Signals) -> None:
    """Signals a child's whole session; one that is gone already is no error."""
    try:
        os.killpg(pid, with_signal)
    except (ProcessLookupError, PermissionError):
        return


def free_ports(count: int) -> list[int]:
    """Ports on 127.0.0.1 that were free a moment ago, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def port_is_taken(port: int) -> bool:
    """Whether 127.0.0.1:port could not be listened on now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
