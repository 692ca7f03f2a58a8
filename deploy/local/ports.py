"""
Ports on 127.0.0.1 for what we start.

From below the range that outgoing connections take theirs from: a server that is started again must not find its port
in use by somebody's connection.
"""

import os
import socket
import tempfile
from collections.abc import Sequence
from fcntl import LOCK_EX, LOCK_NB, lockf
from functools import cache
from itertools import islice
from pathlib import Path
from random import SystemRandom

_RANGE = range(20_000, 28_000)
# What this process has drawn: it does not lock itself out.
_drawn: set[int] = set()


def free_ports(count: int, among: Sequence[int] = _RANGE) -> list[int]:
    """
    Ports that nobody listens on, all different, as many as there are. Until this process ends no other run gets them:
    a server takes seconds before it listens on its own.
    """
    candidates = SystemRandom().sample(among, len(among))
    return list(islice((port for port in candidates if not port_is_taken(port) and _is_drawn(port)), count))


def port_is_taken(port: int) -> bool:
    """Whether 127.0.0.1:port could not be listened on now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _is_drawn(port: int) -> bool:
    """Whether it is ours from now on: by a lock on the byte of its number, in a file that all runs share."""
    if port in _drawn:
        return False
    try:
        lockf(_locks(), LOCK_EX | LOCK_NB, 1, port)
    except OSError:
        return False
    _drawn.add(port)
    return True


@cache
def _locks() -> int:
    """Open as long as we live: to close it would give all ports back."""
    path = Path(tempfile.gettempdir(), f"passerelle-ports-{os.getuid()}")
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
