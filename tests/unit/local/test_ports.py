"""Which ports a product gets: no other one's, whether somebody listens on them yet or not."""

import subprocess
import sys

from deploy.local.ports import free_ports, port_is_taken

_DRAWS = (
    "import sys; from deploy.local.ports import free_ports; print(free_ports(9, [int(one) for one in sys.argv[1:]]))"
)


def test_what_one_run_drew_no_other_one_gets() -> None:
    """Nobody listens on them yet, as a broker does not for seconds. Seen red without the lock."""
    ours = free_ports(2)
    assert not any(port_is_taken(port) for port in ours)
    command = [sys.executable, "-c", _DRAWS, *(str(port) for port in ours)]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert theirs.strip() == "[]"
    assert free_ports(2, among=ours) == []


def test_what_a_run_that_ended_drew_is_free_again() -> None:
    """However it ended."""
    command = [sys.executable, "-c", _DRAWS.replace("print(", "print(*"), "20001", "20002", "20003"]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert sorted(first.split()) == sorted(second.split())
