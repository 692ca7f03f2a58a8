"""Stopping processes where they stand (SIGSTOP), and what their logs say after they woke."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from deploy.local.stack import Stack
from tests.e2e.scene import until


@dataclass(frozen=True)
class Stopped:
    """One process that stands still; `said`: how long its log was when it did."""

    stack: Stack
    name: str
    pid: int
    said: int

    def wake(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def says(self, *words: str) -> None:
        """Returns once a line of its log since then has all these words."""

        async def look() -> bool:
            with self.stack.supervisor.log(self.name).open() as log:
                log.seek(self.said)
                return any(all(word in line for word in words) for line in log)

        await until(look, f"{self.name} says {words}", seconds=60)


class Stops:
    """Stops processes of a stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.stopped: list[Stopped] = []

    def stop(self, name: str) -> Stopped:
        pid = self._stack.supervisor.pid(name)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        stopped = Stopped(self._stack, name, pid, self._stack.supervisor.log(name).stat().st_size)
        self.stopped.append(stopped)
        return stopped


@contextmanager
def stopping(stack: Stack) -> Iterator[Stops]:
    """All are awake again after the block, whatever happened in it."""
    stops = Stops(stack)
    try:
        yield stops
    finally:
        for stopped in stops.stopped:
            if stack.supervisor.pid(stopped.name) == stopped.pid:
                stopped.wake()
