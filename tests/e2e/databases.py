"""The services' own databases, as a test looks into them, and moves what waits for an hour to now."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.stack import Stack
from shared.db.engine import make_engine


@dataclass(frozen=True)
class Databases:
    """One engine for each service of a stack."""

    engines: dict[str, AsyncEngine]

    async def rows(self, service: str, query: str, **values: Any) -> Sequence[Any]:
        """What a select gives."""
        async with self.engines[service].connect() as connection:
            return (await connection.execute(text(query), values)).all()

    async def change(self, service: str, statement: str, **values: Any) -> int:
        """Commits an update; how many rows it changed."""
        async with self.engines[service].begin() as connection:
            return (await connection.execute(text(statement), values)).rowcount


@asynccontextmanager
async def open_databases(stack: Stack) -> AsyncIterator[Databases]:
    """Closed with the block."""
    urls = stack.environments.database_urls
    databases = Databases({service: make_engine(url, "test", pool_size=2) for service, url in urls.items()})
    try:
        yield databases
    finally:
        for engine in databases.engines.values():
            await engine.dispose()
