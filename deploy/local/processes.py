"""
Child processes that cannot outlive us, and what the kernel says about those of an earlier run.

A child gets its own session (Ctrl-C in the terminal reaches only the supervisor, which stops its children in order)
and, on Linux, dies with the thread that started it, so that even `kill -9` of the parent leaves nothing behind.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: the dynamic loader must not be entered between fork and exec.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """For `preexec_fn`: SIGKILL for this process when the thread that started it ends."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def end_with_parent() -> None:
    """For ourselves: SIGTERM when the process that started us ends."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def command_line(pid: int) -> str | None:
    """The command line of a running process, arguments joined by spaces; None when there is none."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip() or None
    with contextlib.suppress(OSError):  # not Linux
        asked = subprocess.run(
            ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return asked.stdout.strip() or None
    return None


def signal_group(pid: int, which: signal.Signals) -> None:
    """Signals a child and what it started in its session; gone already is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, which)


def remember(pid_file: Path, pid: int, command: list[str]) -> None:
    """Writes down what was started, for `end_leftovers` of a later run."""
    pid_file.write_text(f"{pid}\n{' '.join(command)}\n")


def end_leftovers(pids: Path) -> None:
    """
    Kills what an earlier run of this folder left running, where the kernel could not do it (only Linux can).

    A number may belong to somebody else by now: only a process whose command line is what was started is ended.
    A wrapper such as `unshare` is replaced by what it runs, so the end of the remembered line is enough.
    """
    for pid_file in pids.iterdir():
        number, _, started = pid_file.read_text().partition("\n")
        running = command_line(int(number)) if number.isdigit() else None
        if running and started.strip().endswith(running):
            signal_group(int(number), signal.SIGKILL)
        pid_file.unlink()
