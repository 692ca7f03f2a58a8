"""Brings a service's database to its newest revision; safe to run by several at once, and before the server is up."""

import asyncio
from contextlib import aclosing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.engine import STATEMENT_TIMEOUT, make_engine
from shared.db.errors import DatabaseUnavailable, translated

# Any number, the same for every service: databases are separate.
_LOCK = 7_265_737_365
_PATIENCE_SECONDS = 60.0


async def migrate(database_url: str, script_location: Path) -> None:
    """
    Upgrades to head. `script_location` is the service's `migrations/`, its revisions in `versions/`.

    Waits a minute for the server; DatabaseUnavailable after that.
    """
    engine = make_engine(database_url, "migrate", pool_size=1)
    try:
        async with aclosing(await _connected(engine)) as connection:
            # Another's migration may take its time: it is waited for, however long.
            await connection.execute(text("set lock_timeout = 0"))
            await connection.execute(text("set statement_timeout = 0"))
            await connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": _LOCK})
            await connection.execute(text("set lock_timeout = '5s'"))
            await connection.execute(text(f"set statement_timeout = '{STATEMENT_TIMEOUT}'"))
            await connection.commit()
            await connection.run_sync(_upgrade, script_location)
            await connection.commit()
    finally:
        await engine.dispose()


async def _connected(engine: AsyncEngine) -> AsyncConnection:
    deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while True:
        connection = engine.connect()
        try:
            return await connection.start()
        except Exception as error:
            known = translated(error)
            if known is None:
                raise
            if asyncio.get_running_loop().time() > deadline:
                raise DatabaseUnavailable(f"not let in for a minute ({known})") from error
            await asyncio.sleep(0.2)


def alembic_config(script_location: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(script_location / "versions"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection, script_location: Path) -> None:
    config = alembic_config(script_location)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
