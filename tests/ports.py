"""
Ports for what a test starts itself, on 127.0.0.1.

Each worker of a run has 500 of its own and takes one after the other: a port that nobody listens on yet, or not for a
moment, is taken by no other test. What a product draws for itself (`deploy.local`) lies below all of these.
"""

import os
from itertools import cycle, islice
from random import SystemRandom

from deploy.local.ports import port_is_taken

_EACH, _WORKERS = 500, 8
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")) + 1
_first = 28_000 + _EACH * (_worker % _WORKERS)
_begin = SystemRandom().randrange(_EACH)  # a process that a test starts may come here too
_turn = cycle([*range(_first + _begin, _first + _EACH), *range(_first, _first + _begin)])


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    return list(islice((port for port in _turn if not port_is_taken(port)), count))


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]
