"""Second copies of our processes beside those of a stack: other names, other ports, the same databases and topics."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx

from deploy.local.settings import PROCESSES, Layout, choose_ports
from deploy.local.stack import Stack
from deploy.local.supervisor import Program

Process = tuple[str, str]

EVERY_PROCESS: list[Process] = [(service, process) for service, names in PROCESSES.items() for process in names]
_READY_WITHIN_SECONDS = 90


@dataclass(frozen=True)
class Copies:
    """`layout`: where the copies listen."""

    stack: Stack
    layout: Layout

    async def start(self, processes: Sequence[Process]) -> None:
        """Returns when all of them are ready. They call each other, and the first copies of what is not among them."""
        for service, process in processes:
            self.stack.supervisor.start(self._program(service, process, processes))
        async with httpx.AsyncClient(trust_env=False, timeout=3) as client, asyncio.timeout(_READY_WITHIN_SECONDS):
            for each in processes:
                await _ready(client, self.layout.watch[each])

    async def stop(self) -> None:
        await self.stack.supervisor.stop([_name(*process) for process in EVERY_PROCESS])

    def _program(self, service: str, process: str, beside: Sequence[Process]) -> Program:
        first = self.stack.layout.api
        called = {name: self.layout.api[name] if (name, "api") in beside else first[name] for name in first}
        layout = replace(self.layout, api=called | {service: self.layout.api[service]})
        environment = replace(self.stack.environments, layout=layout).of(service, process)
        name = _name(service, process)
        command = [sys.executable, "-m", f"services.{service}", process]
        return Program(name, command, environment | {f"{service.upper()}_INSTANCE_ID": name})


@asynccontextmanager
async def second_copies(stack: Stack) -> AsyncIterator[Copies]:
    """None runs at first; what was started ends with the block."""
    servers = {name: getattr(stack.layout, name) for name in ("postgres", "kafka", "kafka_controller")}
    copies = Copies(stack, replace(choose_ports(), **servers))
    try:
        yield copies
    finally:
        await copies.stop()


async def counted(watch_port: int, metric: str, **labels: str) -> float:
    """The sum of a counter of the process that is watched there, over all series that have these labels."""
    async with httpx.AsyncClient(trust_env=False) as client:
        lines = (await client.get(f"http://127.0.0.1:{watch_port}/metrics")).text.splitlines()
    wanted = [f'{name}="{value}"' for name, value in labels.items()]
    found = [line for line in lines if line.startswith(metric) and all(one in line for one in wanted)]
    return sum(float(line.rsplit(" ", 1)[1]) for line in found)


async def _ready(client: httpx.AsyncClient, port: int) -> None:
    while True:
        try:
            if (await client.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.2)


def _name(service: str, process: str) -> str:
    return f"{service}-{process}-2"
