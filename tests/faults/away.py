"""PostgreSQL, then Kafka, away for a while under traffic: each stopped in order, and by SIGKILL."""

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.settings import PROCESSES
from deploy.local.stack import Stack
from tests.outages import PAGES_AND_LISTS, all_answer, says_come_again
from tests.shop import Shop

_OURS = [f"{service}-{process}" for service, processes in PROCESSES.items() for process in processes]
_ASK_EVERY_SECONDS = 10.0
# What a process may say about it in a second, all its parts together; one that spins says hundreds.
_LINES_A_SECOND = 20
# Of one core; a process that waits for a server needs next to nothing.
_BUSY_SHARE = 0.5


@dataclass
class Outages:
    """`plant` adds orders. What was not as it should be while a server was away, one sentence per finding."""

    stack: Stack
    shop: Shop
    seconds: float
    plant: Callable[[], Awaitable[None]]
    findings: list[str] = field(default_factory=list)

    async def all(self) -> None:
        """One after the other, each with its return and the readiness of all."""
        for server, start in (("postgres", self.stack.start_postgres), ("kafka", self.stack.start_kafka)):
            for kill in (False, True):
                await self._one(server, start, kill=kill)

    async def _one(self, server: str, start: Callable[[], Awaitable[None]], *, kill: bool) -> None:
        what = f"{server} {'killed' if kill else 'stopped'}"
        lives, said, spent = self._lives(), self._sizes(), self._spent()
        if kill:
            pid = self.stack.supervisor.pid(server)
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        await self.stack.supervisor.stop([server])
        await self._while_away(server, what)
        for name, seconds in self._spent().items():
            if seconds - spent[name] > _BUSY_SHARE * self.seconds:
                self.findings.append(f"{what}: {name} worked for {seconds - spent[name]:.1f} s of {self.seconds:g}")
        for name in _OURS:
            lines = self._lines(name, since=said[name])
            if len(lines) > _LINES_A_SECOND * self.seconds:
                often = Counter(_event(line) for line in lines).most_common(2)
                self.findings.append(f"{what}: {name} wrote {len(lines)} lines to its log, most often {often}")
        await start()
        await self.stack.ready()
        for name, pid in self._lives().items():
            if pid != lives[name]:
                self.findings.append(f"{what}: {name} did not live through it")
        print(f"{what} for {self.seconds:g} s, back; findings so far: {len(self.findings)}", flush=True)

    async def _while_away(self, server: str, what: str) -> None:
        until = asyncio.get_running_loop().time() + self.seconds
        while True:
            await self.plant()
            await asyncio.sleep(min(_ASK_EVERY_SECONDS, max(0.0, until - asyncio.get_running_loop().time())))
            await self._look(server, what)
            if asyncio.get_running_loop().time() >= until:
                return

    async def _look(self, server: str, what: str) -> None:
        """Pages need no Kafka; without PostgreSQL they say when to come again."""
        if server == "kafka" and not await all_answer(self.shop):
            self.findings.append(f"{what}: a page or a list does not answer")
        if server == "postgres":
            for path in PAGES_AND_LISTS:
                if not await says_come_again(self.shop, path):
                    self.findings.append(f"{what}: {path} does not say when to come again")

    def _lives(self) -> dict[str, int | None]:
        return {name: self.stack.supervisor.pid(name) for name in _OURS}

    def _spent(self) -> dict[str, float]:
        """CPU seconds of each."""
        return {name: _cpu_seconds(pid) for name, pid in self._lives().items() if pid is not None}

    def _sizes(self) -> dict[str, int]:
        return {name: self.stack.supervisor.log(name).stat().st_size for name in _OURS}

    def _lines(self, name: str, *, since: int) -> list[str]:
        with self.stack.supervisor.log(name).open(errors="replace") as log:
            log.seek(since)
            return log.readlines()


def _cpu_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _event(line: str) -> str:
    try:
        told = json.loads(line)
        return f"{told['event']} {told.get('message', '')}".strip()
    except (ValueError, KeyError):
        return line[:100]
