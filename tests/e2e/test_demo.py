"""What a stranger sees: `make run`'s command from an empty folder to the last confirmation, and the start after it."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ports import free_ports

PROJECT = Path(__file__).parents[2]


def _start(folder: Path, ports: list[int]) -> subprocess.Popen[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PYTHONPATH": str(PROJECT)}
    environment |= {"PORT": str(ports[0]), "SANDBOX_PORT": str(ports[1])}
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.local", "run"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _run_until(folder: Path, ports: list[int], last: str) -> str:
    """All that is printed up to a line that begins with `last` and, after Ctrl-C, to the end."""
    with _start(folder, ports) as process:
        assert process.stdout is not None
        said = ""
        try:
            for line in process.stdout:
                said += line
                if line.startswith(last):
                    process.send_signal(signal.SIGINT)
        finally:
            process.terminate()
    assert process.returncode == 0, said
    return said


@pytest.mark.timeout(400)
def test_twenty_orders_are_confirmed_and_kept_for_the_second_start(tmp_path: Path) -> None:
    """The first start makes and shows the demo; the second has its data, signs in the same user and makes nothing."""
    ports = free_ports(2)
    first = _run_until(tmp_path, ports, "Running;")
    assert f"ready http://127.0.0.1:{ports[0]}" in first
    assert re.search(r"^confirmed 20 of 20 in \d+ s$", first, re.MULTILINE)
    assert len(re.findall(r"  confirmed$", first, re.MULTILINE)) == 20
    second = _run_until(tmp_path, ports, "Running;")
    assert "confirmed" not in second
    login = re.compile(r"^Sign in as .*$", re.MULTILINE)
    assert login.findall(first) == login.findall(second)
    assert json.loads((tmp_path / ".run" / "demo.json").read_text())["complete"] is True
