"""The store of one transaction, and what makes its runner start over."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.adapters.closed import DELETIONS
from services.inventory.adapters.connections import SqlConnections, SqlDiscoveries
from services.inventory.adapters.imports import SqlImports
from services.inventory.adapters.listings import SqlListings
from services.inventory.adapters.reservations import SqlLines, SqlReservations
from services.inventory.adapters.retention import SqlOldRecords
from services.inventory.adapters.stock import SqlLedger, SqlSkus
from services.inventory.adapters.submissions import SqlSubmissions
from services.inventory.adapters.targets import SqlTargets
from services.inventory.usecases.ports import LinesMoved, Store
from shared.db.closed import SqlClosedOrganisations
from shared.db.errors import Conflict
from shared.events.base import Event
from shared.messaging.outbox import SqlOutbox

Handle = Callable[[Store, Sequence[Event[Any]]], Awaitable[None]]


def bind(connection: AsyncConnection) -> Store:
    return Store(
        skus=SqlSkus(connection),
        lines=SqlLines(connection),
        reservations=SqlReservations(connection),
        ledger=SqlLedger(connection),
        imports=SqlImports(connection),
        old=SqlOldRecords(connection),
        closed=SqlClosedOrganisations(connection, DELETIONS),
        outbox=SqlOutbox(connection),
        connections=SqlConnections(connection),
        discoveries=SqlDiscoveries(connection),
        listings=SqlListings(connection),
        targets=SqlTargets(connection),
        submissions=SqlSubmissions(connection),
    )


def again_when_moved(handle: Handle) -> Handle:
    """The handler, its LinesMoved told as the Conflict after which the consumer applies the same batch again."""

    async def applied(store: Store, events: Sequence[Event[Any]]) -> None:
        try:
            await handle(store, events)
        except LinesMoved as moved:
            raise Conflict("lines moved") from moved

    return applied
