"""A migrated database and inventory over it, as its worker and its API use it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.inventory import bootstrap
from services.inventory.adapters.tables import (
    connection,
    discovery,
    ledger_entry,
    listing,
    outbox,
    reservation,
    reservation_line,
    sku,
    submission,
    target,
)
from services.inventory.domain.sku import Sku, StockRow
from services.inventory.entrypoints.api import make_app
from services.inventory.usecases.ports import Store
from services.inventory.usecases.set_stock import set_stock
from shared.access.access import Access
from shared.access.tokens import TokenVerifier
from shared.db.errors import Conflict
from shared.db.unit_of_work import run_in_transaction, transaction
from shared.events.base import Event
from shared.kernel.clock import SystemClock
from shared.kernel.ids import OrganisationId
from tests.engines import give_back, lend_engine
from tests.infrastructure import MakeDatabase
from tests.integration.inventory.browser import KnownSessions, client
from tests.unit.inventory.builders import BY_HAND, ORGANISATION

TABLES = {
    table.name: table
    for table in (
        sku, reservation, reservation_line, ledger_entry, outbox, connection, discovery, listing, target, submission,
    )
}  # fmt: skip


class Inventory:
    """What arrives, as the API and the consumer bring it, and what the tables say afterwards."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.clock = SystemClock()
        self.held = bootstrap.inventory_on(engine, self.clock)
        self.conflicts: list[str] = []
        self._handlers = {one.topic.name: one.handle for one in bootstrap.subscriptions(self.clock)}

    async def apply(self, *events: Event[Any]) -> None:
        """As the consumer does, without its inbox: one transaction, started over after a conflict."""
        await run_in_transaction(self._counted, lambda store: self.apply_in(store, *events))

    async def apply_in(self, store: Store, *events: Event[Any]) -> None:
        """In a transaction that goes on."""
        await self._handlers[events[0].body.TOPIC](store, events)

    async def set(self, *rows: StockRow, organisation_id: OrganisationId = ORGANISATION) -> list[Sku]:
        return await run_in_transaction(
            self._counted, lambda store: set_stock(rows, organisation_id, BY_HAND, store=store, clock=self.clock)
        )

    async def rows(self, table: str) -> Sequence[Any]:
        async with transaction(self.engine) as connection:
            return (await connection.execute(select(TABLES[table]))).all()

    async def execute(self, statement: str) -> None:
        async with transaction(self.engine) as connection:
            await connection.execute(text(statement))

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[Store]:
        """The service's unit of work, keeping in mind why transactions had to start over."""
        try:
            async with self.held.uow() as store:
                yield store
        except Conflict as conflict:
            self.conflicts.append(str(conflict))
            raise


@pytest.fixture
async def inventory(migrated_database: MakeDatabase) -> AsyncIterator[Inventory]:
    engine = lend_engine(migrated_database("inventory"), pool_size=8)
    yield Inventory(engine)
    await give_back(engine)


@pytest.fixture
def app(inventory: Inventory) -> Any:
    no_tokens = cast(TokenVerifier, None)
    return make_app(inventory.held, Access(KnownSessions(), no_tokens, "http://127.0.0.1:8080"))


@pytest.fixture
async def ours(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app, "ours") as browser:
        yield browser


@pytest.fixture
async def theirs(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app, "theirs") as browser:
        yield browser
