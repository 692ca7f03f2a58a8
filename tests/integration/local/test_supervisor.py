"""The supervisor keeps processes running, and nothing outlives it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from deploy.local.logs import cut
from deploy.local.processes import command_line, remember
from deploy.local.supervisor import Program, Supervisor


@pytest.fixture
async def said() -> list[str]:
    return []


@pytest.fixture
async def supervisor(tmp_path: Path, said: list[str]) -> AsyncIterator[Supervisor]:
    made = Supervisor(tmp_path / "logs", tmp_path / "pids", said.append)
    yield made
    await made.close()


def _python(code: str, name: str = "child") -> Program:
    return Program(name, [sys.executable, "-c", code], dict(os.environ))


async def _until(fact: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.02)


async def test_a_killed_process_is_started_again(supervisor: Supervisor, said: list[str]) -> None:
    """SIGKILL of a child: another one runs under the same name, and the terminal says so."""
    supervisor.start(_python("import time; time.sleep(60)"))
    await _until(lambda: supervisor.pid("child"))
    first = supervisor.pid("child")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await _until(lambda: supervisor.pid("child") not in (first, None))
    assert "SIGKILL" in said[0]


async def test_a_process_that_keeps_failing_is_given_pauses(supervisor: Supervisor, said: list[str]) -> None:
    """The pause grows, so that a broken process does not eat the machine."""
    supervisor.start(_python("raise SystemExit(3)"))
    await _until(lambda: len(said) == 3)
    assert ["status 3" in line for line in said] == [True] * 3
    assert [line.partition("again in ")[2].partition(" s")[0] for line in said] == ["0.2", "0.5", "1.0"]


async def test_stop_asks_before_it_kills(supervisor: Supervisor, tmp_path: Path) -> None:
    """A process that handles SIGTERM ends by itself, and is not started again."""
    code = "import signal, sys, time; signal.signal(15, lambda *_: (print('bye'), sys.exit()));"
    code += "print('up', flush=True); time.sleep(60)"
    supervisor.start(_python(code))
    await _until(lambda: "up" in _text(supervisor.log("child")))
    await supervisor.stop(["child"])
    assert "bye" in supervisor.log("child").read_text()
    assert list((tmp_path / "pids").iterdir()) == []


async def test_run_once_gives_the_status(supervisor: Supervisor) -> None:
    """A command such as `migrate` runs to its end, once."""
    assert await supervisor.run_once(_python("raise SystemExit(4)")) == 4


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    """kill -9 of the supervisor itself takes its processes with it."""
    code = f"""
import asyncio, os, sys
from pathlib import Path
from deploy.local.supervisor import Program, Supervisor
async def main():
    s = Supervisor(Path({str(tmp_path)!r}, "logs"), Path({str(tmp_path)!r}, "pids"), print)
    s.start(Program("child", [sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ)))
    while not s.pid("child"): await asyncio.sleep(0.01)
    print(s.pid("child"), flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 5
    while command_line(child):
        assert time.monotonic() < deadline, "the child is still there"
        time.sleep(0.02)


async def test_only_what_we_started_is_ended(tmp_path: Path) -> None:
    """A pid left by an earlier run is ended if its command line is ours, and left alone if the number was reused."""
    pids = tmp_path / "pids"
    pids.mkdir()
    command = ["sleep", "60"]
    children = [subprocess.Popen(command, start_new_session=True) for _ in range(2)]
    ours, other = children
    remember(pids / "ours", ours.pid, ["unshare", *command])
    remember(pids / "other", other.pid, ["postgres", "-D", "somewhere"])
    supervisor = Supervisor(tmp_path / "logs", pids, print)
    assert ours.wait(5) == -signal.SIGKILL
    assert other.poll() is None
    other.kill()
    other.wait()
    await supervisor.close()


def test_a_log_that_grew_is_cut_while_it_is_written(tmp_path: Path) -> None:
    """Beyond the limit the log starts again, the older lines are kept once, and the writer notices nothing."""
    with (tmp_path / "api.log").open("ab", buffering=0) as log:
        log.write(b"x" * 100)
        cut(tmp_path, max_bytes=50)
        log.write(b"new")
    assert (tmp_path / "api.log").read_bytes() == b"new"
    assert (tmp_path / "api.log.1").read_bytes() == b"x" * 100


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
