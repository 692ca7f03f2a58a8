"""One transaction as a block, the same work again after a deadlock, and questions that need no transaction."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.errors import Conflict, translated
from shared.kernel.ports import UnitOfWork

T = TypeVar("T")
Store = TypeVar("Store")
_ATTEMPTS = 6


class SqlUnitOfWork(Generic[Store]):
    """`bind` makes a service's bundle of repositories over the open transaction."""

    def __init__(self, engine: AsyncEngine, bind: Callable[[AsyncConnection], Store]) -> None:
        self._engine = engine
        self._bind = bind

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Store]:
        async with transaction(self._engine) as connection:
            yield self._bind(connection)


class SqlReads(Generic[Store]):
    """See `shared.kernel.ports.Reads`."""

    def __init__(self, engine: AsyncEngine, bind: Callable[[AsyncConnection], Store]) -> None:
        self._statements = Statements(engine)
        self._bind = bind

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Store]:
        async with self._statements() as connection:
            yield self._bind(connection)


class Statements:
    """Blocks whose statements are a transaction each: the server is spoken to once and not three times."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[AsyncConnection]:
        """Raises DatabaseUnavailable and Conflict for their many faces."""
        async with _translating(), self._engine.connect() as connection:
            yield connection


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Commits at the end of the block. Raises DatabaseUnavailable and Conflict for their many faces."""
    async with _translating(), engine.begin() as connection:
        yield connection


@asynccontextmanager
async def _translating() -> AsyncIterator[None]:
    try:
        yield
    except Exception as error:
        known = translated(error)
        if known is None:
            raise
        raise known from error


async def run_in_transaction(uow: UnitOfWork[Store], work: Callable[[Store], Awaitable[T]]) -> T:
    """`work` in one transaction, from the start again after a deadlock; Conflict after the sixth."""
    for attempt in range(_ATTEMPTS):
        try:
            async with uow() as store:
                return await work(store)
        except Conflict:
            if attempt == _ATTEMPTS - 1:
                raise
            await asyncio.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311
    raise AssertionError("unreachable")
