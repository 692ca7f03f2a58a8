"""
The whole product on one machine: servers, migrations, processes, the origin before them. `run` and the tests use it.

Nothing waits for its turn that does not have to: the servers, the sandbox and the origin start at once, the migrations
when both servers answer, our processes when the tables are there (at a second start: at once).
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from signal import SIGINT
from urllib.parse import urlsplit, urlunsplit

import httpx

from deploy.local.errors import CannotRun
from deploy.local.folder import RunFolder
from deploy.local.kafka import Kafka
from deploy.local.migrated import is_migrated, remember_migrated
from deploy.local.options import Options
from deploy.local.postgres import Postgres, create_databases
from deploy.local.secrets import Secrets
from deploy.local.settings import PROCESSES, Environments, Layout, choose_ports
from deploy.local.supervisor import Program, Supervisor

_READY_WITHIN_SECONDS = 120.0
_ASK_EVERY_SECONDS = 0.25


@dataclass
class Stack:
    """`say` gets a sentence now and then."""

    folder: RunFolder
    options: Options
    supervisor: Supervisor
    say: Callable[[str], None]
    layout: Layout = field(default_factory=choose_ports)

    @property
    def environments(self) -> Environments:
        bootstrap_servers = self.options.kafka_bootstrap_servers or f"127.0.0.1:{self.layout.kafka}"
        urls = {service: self._database_url(service) for service in PROCESSES}
        return Environments(self.options, self.layout, Secrets(self.folder.secrets), urls, bootstrap_servers)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.options.port}"

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{self.options.sandbox_port}"

    async def start(self) -> None:
        """Returns when every process says that it is ready. Raises `CannotRun` when one does not within two minutes."""
        self.start_beside()
        servers = asyncio.gather(self.start_postgres(), self.start_kafka())
        if not is_migrated(self.folder, self.options):
            await servers
            await self.migrate()
            remember_migrated(self.folder, self.options)
        self.start_services()
        await servers
        await self.ready()

    def start_beside(self) -> None:
        """What needs no server: the far sides and the origin."""
        if self.options.with_sandbox:
            command = self.environments.sandbox_command(str(self.folder.sandbox_state))
            self.supervisor.start(Program("sandbox", command, self.environments.base()))
        gateway = [sys.executable, "-m", "deploy.local", "gateway"]
        self.supervisor.start(Program("gateway", gateway, self.environments.gateway()))

    async def start_postgres(self) -> None:
        """Ours, unless DATABASE_SERVER_URL names one; with the databases."""
        names = [self._database(service) for service in PROCESSES]
        if url := self.options.database_server_url:
            await create_databases(url, names)
            return
        server = Postgres(self.folder.postgres, self.layout.postgres)
        await asyncio.to_thread(server.prepare)
        self.supervisor.start(Program("postgres", server.command(), self.environments.base(), stops_with=SIGINT))
        await self._in_time("postgres", server.ready())
        await create_databases(server.url("postgres"), names)

    async def start_kafka(self) -> None:
        """Ours, unless KAFKA_BOOTSTRAP_SERVERS names one."""
        if self.options.kafka_bootstrap_servers:
            return
        server = Kafka(self.folder.kafka, self.layout.kafka, self.layout.kafka_controller)
        await asyncio.to_thread(server.prepare)
        command = await asyncio.to_thread(server.command)
        self.supervisor.start(Program("kafka", command, self.environments.base()))
        await self._in_time("kafka", server.ready())

    async def migrate(self) -> None:
        """The four services' migrations, side by side. They make the tables, the topics and auth's first key."""
        await asyncio.gather(*(self._migrate(service) for service in PROCESSES))

    def start_services(self) -> None:
        for service, processes in PROCESSES.items():
            for process in processes:
                self.supervisor.start(self.program(service, process))

    def program(self, service: str, process: str) -> Program:
        command = [sys.executable, "-m", f"services.{service}", process]
        return Program(f"{service}-{process}", command, self.environments.of(service, process))

    async def ready(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=3) as client:
            await asyncio.gather(
                *(
                    self._in_time(f"{service}-{process}", _answers(client, f"http://127.0.0.1:{port}/health/ready"))
                    for (service, process), port in self.layout.watch.items()
                )
            )

    async def stop(self) -> None:
        """Our processes first, then what they use."""
        await self.supervisor.stop(["gateway", *(f"{s}-{p}" for s, processes in PROCESSES.items() for p in processes)])
        await self.supervisor.close()

    async def _migrate(self, service: str) -> None:
        name = f"{service}-migrate"
        status = await self.supervisor.run_once(
            Program(name, self.program(service, "migrate").command, self.environments.of(service, "migrate"))
        )
        if status:
            last = self.supervisor.log(name).read_text(errors="replace").strip().splitlines()[-1:]
            raise CannotRun(f"The migration of {service} failed: {' '.join(last)} (log: {self.supervisor.log(name)})")

    async def _in_time(self, name: str, ready: Awaitable[None]) -> None:
        try:
            await asyncio.wait_for(ready, _READY_WITHIN_SECONDS)
        except TimeoutError:
            raise CannotRun(
                f"{name} was not ready after {_READY_WITHIN_SECONDS:g} s; its log says why: {self.supervisor.log(name)}"
            ) from None

    def _database(self, service: str) -> str:
        return self.options.database_prefix + service

    def _database_url(self, service: str) -> str:
        name = self._database(service)
        if given := self.options.database_server_url:
            # On a server of somebody else we are who its URL says: roles and passwords are theirs to make.
            return urlunsplit(("postgresql+asyncpg", urlsplit(given).netloc, f"/{name}", "", ""))
        return f"postgresql+asyncpg://{name}@127.0.0.1:{self.layout.postgres}/{name}"


async def _answers(client: httpx.AsyncClient, url: str) -> None:
    """Returns when the address answers 200."""
    while True:
        try:
            if (await client.get(url)).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(_ASK_EVERY_SECONDS)
