"""
Real PostgreSQL and Kafka for tests: started once per session, on free ports, with their data in a temporary folder,
in memory where there is room for it: to copy a database costs a fifth there.

`DATABASE_SERVER_URL` (a superuser's) and `KAFKA_BOOTSTRAP_SERVERS` name running ones to use instead.
`python -m tests.infrastructure` starts both, prints those two settings, and stays: runs after it start at once.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local import postgres
from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres
from deploy.local.processes import command_line, die_with_parent
from tests.ports import free_port, free_ports

MakeDatabase = Callable[[str], str]
_READY_WITHIN_SECONDS = 60
# For whole products beside each other.
_SETTINGS = (*postgres.NOT_DURABLE.items(), ("max_connections", "400"))
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
_ROOM_NEEDED_BYTES = 4 * 2**30


class Server(Protocol):
    def prepare(self) -> None: ...
    def command(self) -> list[str]: ...
    async def ready(self) -> None: ...


@dataclass
class Running:
    """One server process that a test may kill and start again; it cannot outlive the test run."""

    server: Server
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Returns when the server is ready to be used."""
        self.server.prepare()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.server.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call, loaded before
            )
        try:
            _wait_until_ready(self.server)
        except TimeoutError:
            self.kill()
            raise RuntimeError(f"not ready in {_READY_WITHIN_SECONDS} s:\n{self.log.read_text()[-2000:]}") from None

    def stop(self) -> None:
        """SIGINT: PostgreSQL's fast shutdown, and what Kafka takes like SIGTERM."""
        self.end(signal.SIGINT)

    def kill(self) -> None:
        """SIGKILL, as if the power went."""
        self.end(signal.SIGKILL)

    def end(self, with_signal: signal.Signals) -> None:
        """Returns when the process has ended."""
        if self.process is None:
            return
        if (status := self.process.poll()) is not None:
            self.process = None
            raise RuntimeError(f"ended by itself with status {status}:\n{self.log.read_text()[-4000:]}")
        self.process.send_signal(with_signal)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


def _wait_until_ready(server: Server) -> None:
    """On another thread with a loop of its own: the caller may be inside a running one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, asyncio.wait_for(server.ready(), _READY_WITHIN_SECONDS)).result()


class DatabaseServer:
    """
    Makes and drops databases on one PostgreSQL server. Synchronous: usable before, in and after any event loop.

    By one connection that stays for the block, on a thread with a loop of its own: to start `psql` costs as much as a
    copy.
    """

    def __init__(self, server_url: str) -> None:
        self.server_url = server_url
        self._thread, self._loop = ThreadPoolExecutor(1), asyncio.Runner()
        self._connection: asyncpg.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.submit(self._close).result()
        self._thread.shutdown()

    def url(self, database: str, driver: str = "postgresql+asyncpg") -> str:
        parts = urlsplit(self.server_url)
        return urlunsplit((driver, parts.netloc, f"/{database}", parts.query, ""))

    def create(self, name: str, template: str | None = None) -> None:
        """An empty database, or a copy of `template` (which nobody may be connected to)."""
        copy = f' template "{template}" strategy file_copy' if template else ""
        self.execute(f'create database "{name}"{copy}')

    def drop(self, name: str) -> None:
        self.execute(f'drop database if exists "{name}" with (force)')

    def execute(self, statements: str) -> None:
        """Raises `asyncpg.PostgresError`."""
        self._thread.submit(self._loop.run, self._execute(statements)).result()

    async def _execute(self, statements: str) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self.server_url)
        await self._connection.execute(statements)

    def _close(self) -> None:
        """The server may be gone already."""
        if self._connection is not None:
            self._connection.terminate()
        self._loop.close()


@contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of a PostgreSQL superuser: of the server named in the environment, or of one made for the block."""
    if given := os.environ.get("DATABASE_SERVER_URL"):
        yield given
        return
    with _temporary_folder("pg") as folder:
        server = Postgres(Path(folder, "data"), free_port(), settings=_SETTINGS)
        # An immediate end, but not SIGKILL: that would leave a piece of shared memory behind.
        with _running(Running(server, Path(folder, "log")), signal.SIGQUIT):
            yield server.url("postgres")


@contextmanager
def running_kafka() -> Iterator[str]:
    """Bootstrap servers: those named in the environment, or of a broker made for the block."""
    if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield given
        return
    with _temporary_folder("kafka") as folder:
        server = Kafka(Path(folder), *free_ports(2))
        with _running(Running(server, Path(folder, "log")), signal.SIGKILL):
            yield server.bootstrap_servers


def _temporary_folder(of: str) -> tempfile.TemporaryDirectory[str]:
    roomy = _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free >= _ROOM_NEEDED_BYTES
    parent = _IN_MEMORY if roomy else Path(tempfile.gettempdir())
    for left in parent.glob(f"passerelle-{of}-*-*"):  # by a run that was killed
        pid = left.name.split("-")[2]
        if pid.isdigit() and command_line(int(pid)) is None:
            shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=f"passerelle-{of}-{os.getpid()}-", dir=parent)


@contextmanager
def _running(server: Running, ends_with: signal.Signals) -> Iterator[None]:
    """The folder goes with the server: nothing is worth an orderly end."""
    try:
        server.start()
        yield
    finally:
        server.end(ends_with)


async def waiting_for_a_lock(engine: AsyncEngine) -> None:
    """Returns once somebody in this database waits for what another transaction has locked."""
    query = text("select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
    async with asyncio.timeout(_READY_WITHIN_SECONDS), engine.connect() as connection:
        while (await connection.execute(query)).first() is None:
            await connection.rollback()  # what is told of activity is kept for a transaction
            await asyncio.sleep(0.02)


def unique_name(what: str) -> str:
    """A name no other test, run or session uses."""
    return f"{what}_{uuid4().hex[:12]}"


def _serve() -> None:
    with running_postgres() as database_server, running_kafka() as bootstrap_servers:
        print(f"export DATABASE_SERVER_URL={database_server} KAFKA_BOOTSTRAP_SERVERS={bootstrap_servers}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    _serve()
    sys.exit(0)
