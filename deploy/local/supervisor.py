"""
Keeps processes running until it is told to stop, and leaves none behind.

A process that ends is started again after a pause that grows to 5 s; one that lived for 10 s starts at the shortest
pause again. Each has a session of its own and dies with us, even when we are killed (see `processes`).
What it prints goes to `logs/<name>.log` (see `logs`).
"""

import asyncio
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.logs import cut_for_ever
from deploy.local.processes import die_with_parent, end_leftovers, remember, signal_group

_PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
_LIVED_LONG_SECONDS = 10
_STOP_WITHIN_SECONDS = 30.0


@dataclass(frozen=True)
class Program:
    """What to run. `stops_with` is the signal that asks it to end in an orderly way."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stops_with: signal.Signals = signal.SIGTERM


class Supervisor:
    """One per run, inside a running loop. `say` gets a sentence when a process ends that should not have."""

    def __init__(self, logs: Path, pids: Path, say: Callable[[str], None]) -> None:
        for folder in (logs, pids):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        end_leftovers(pids)
        self._logs, self._pids, self._say = logs, pids, say
        self._children: dict[str, _Child] = {}
        self._cutting = asyncio.create_task(cut_for_ever(logs))

    def start(self, program: Program) -> None:
        """Runs it, and again whenever it ends, until `stop`."""
        child = self._new_child(program)
        child.task = asyncio.create_task(child.keep())

    async def run_once(self, program: Program) -> int:
        """Runs a command to its end; its exit status (negative: the signal that ended it)."""
        child = self._new_child(program)
        child.task = asyncio.create_task(child.live_once())
        await asyncio.wait([child.task])
        self._children.pop(program.name, None)
        return child.status

    def pid(self, name: str) -> int | None:
        """The process that runs under this name now; None between two lives."""
        return self._children[name].pid

    def log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    async def stop(self, names: Iterable[str]) -> None:
        """Ends these processes together: asked first, killed after 30 s."""
        children = [self._children.pop(name) for name in list(names) if name in self._children]
        await asyncio.gather(*(child.stop(_STOP_WITHIN_SECONDS) for child in children))

    async def close(self) -> None:
        """Ends all that is left."""
        await self.stop(list(self._children))
        self._cutting.cancel()

    def _new_child(self, program: Program) -> "_Child":
        child = _Child(program, self.log(program.name), self._pids / program.name, self._say)
        self._children[program.name] = child
        return child


@dataclass
class _Child:
    program: Program
    log: Path
    pid_file: Path
    say: Callable[[str], None]
    task: asyncio.Task[None] | None = None
    pid: int | None = None
    status: int = 0
    stopping: bool = False

    async def keep(self) -> None:
        short_lives = 0
        while not self.stopping:
            started = time.monotonic()
            await self.live_once()
            if self.stopping:
                return
            short_lives = 0 if time.monotonic() - started > _LIVED_LONG_SECONDS else short_lives
            pause = _PAUSES_SECONDS[min(short_lives, len(_PAUSES_SECONDS) - 1)]
            short_lives += 1
            self.say(f"{self.program.name} ended ({_in_words(self.status)}); again in {pause} s. Its log: {self.log}")
            await asyncio.sleep(pause)

    async def live_once(self) -> None:
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self.program.command,
                env=dict(self.program.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self.pid = process.pid
        remember(self.pid_file, process.pid, self.program.command)
        if self.stopping:  # told so while the process was being made
            self._signal(self.program.stops_with)
        self.status = await process.wait()
        self.pid = None
        # What it may have left behind in its session: helpers of its own, workers of a server.
        signal_group(process.pid, signal.SIGKILL)
        self.pid_file.unlink(missing_ok=True)

    async def stop(self, within_seconds: float) -> None:
        if self.task is None:
            return
        self.stopping = True
        if self.pid is None:
            self.task.cancel()  # between two lives; one that is being made hears of it in `live_once`
        self._signal(self.program.stops_with)
        _, unfinished = await asyncio.wait([self.task], timeout=within_seconds)
        if unfinished:
            self.say(f"{self.program.name} did not end within {within_seconds:g} s and is killed.")
            self._signal(signal.SIGKILL)
            await asyncio.wait([self.task])

    def _signal(self, which: signal.Signals) -> None:
        if self.pid is not None:
            signal_group(self.pid, which)


def _in_words(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
