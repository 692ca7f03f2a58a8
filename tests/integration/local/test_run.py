"""`make run` as a person meets it: what is wrong is said in a sentence, and nothing is left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.folder import RunFolder
from deploy.local.processes import command_line
from tests.ports import free_ports

PROJECT = Path(__file__).parents[3]


@contextmanager
def _run(folder: Path, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """The command behind `make run`, in an empty folder of its own and, unless told otherwise, on free ports."""
    port, sandbox_port = free_ports(2)
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PYTHONPATH": str(PROJECT)}
    environment |= {"PORT": str(port), "SANDBOX_PORT": str(sandbox_port)} | settings
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.local", "run"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _said(process: subprocess.Popen[str]) -> str:
    return process.communicate(timeout=30)[0]


def test_a_taken_port_is_a_sentence(tmp_path: Path) -> None:
    """Who takes port 8080 cannot be known; what to do can."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        with _run(tmp_path, PORT=port) as process:
            assert _said(process).strip() == f"Port {port} is taken: choose another with PORT=."
            assert process.returncode == 1


def test_a_second_run_in_the_same_folder_is_a_sentence(tmp_path: Path) -> None:
    """Two runs would share one database: the second is refused and the first goes on."""
    with RunFolder(tmp_path / ".run").locked(), _run(tmp_path) as process:
        assert "Another `make run` uses" in _said(process)
        assert process.returncode == 1


def test_real_far_sides_need_their_settings(tmp_path: Path) -> None:
    """SANDBOX=off: what is missing is said before anything is started."""
    with _run(tmp_path, SANDBOX="off") as process:
        said = _said(process)
        assert "PUBLIC_URL must be the public https address" in said
        assert "AUTH_APPS must hold" in said
    assert not (tmp_path / ".run").exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_running(tmp_path: Path, how: signal.Signals) -> None:
    """Stopped while it starts, or killed: servers, sandbox and our processes are gone with it."""
    pids = tmp_path / ".run" / "pids"
    with _run(tmp_path) as process:
        started = _wait_for_pids(pids, {"postgres", "kafka", "sandbox", "gateway"})
        process.send_signal(how)
        process.wait(40)
        if how is not signal.SIGKILL:
            assert "nothing is left running" in _said(process)
    deadline = time.monotonic() + 5
    while left := [command for pid in started if (command := command_line(pid))]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def _wait_for_pids(pids: Path, names: set[str]) -> list[int]:
    deadline = time.monotonic() + 40
    while True:
        files = [pids / name for name in names]
        started = [int(text.split()[0]) for file in files if file.exists() and (text := file.read_text())]
        if len(started) == len(names):
            return started
        assert time.monotonic() < deadline, [file.name for file in files if not file.exists()]
        time.sleep(0.05)
