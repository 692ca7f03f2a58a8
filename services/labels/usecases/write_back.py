"""
Telling the marketplaces about parcels that left, one lease per connection: what is due is sent, or read back.

Writes and read-backs share the lease and its budgets; reads that must wait for theirs hold up no write. Some orders
are told at a time, the parcels of one order in turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from services.labels.domain.shipment import Told
from services.labels.usecases.lanes import LANES, by_order
from services.labels.usecases.poison import REST_SECONDS, rest_on_bug
from services.labels.usecases.ports import ConnectionCopy, DueWriteBack, Store
from services.labels.usecases.read_back import read_back
from services.labels.usecases.send_tracking import send_tracking
from services.labels.usecases.telling import Place, Telling
from shared.kernel.errors import Throttled
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import Lease
from shared.kernel.turns import in_lanes, within_a_turn

BATCH = 50
_MOMENT_SECONDS = 2.0
_READ_PAUSE_SECONDS = 5.0


@dataclass(slots=True)
class Reading:
    """Whether this round may still read."""

    allowed: bool = True


async def write_back_due(lease: Lease[Store], *, tools: Telling) -> None:
    """
    Sends and reads back what is due of the lease's connection, longest due first, for one turn.

    Raises what concerns the whole connection: ConsentLost, Retryable, ClientSecretInvalid.
    """
    connection, due = await lease.read(lambda store: _due(store, lease.subject))
    if connection is None:
        return
    tracking = tools.trackings[connection.marketplace]
    timing = tools.timing(connection.marketplace)
    place = Place(ConnectionId(lease.subject), connection.account, tracking, timing)
    work = partial(_tell_one_order, lease, place=place, tools=tools, reading=Reading())
    await in_lanes(within_a_turn(by_order(due), tools.planner.clock), work, lanes=LANES)


async def _tell_one_order(
    lease: Lease[Store], parcels: Sequence[DueWriteBack], *, place: Place, tools: Telling, reading: Reading
) -> None:
    for row in parcels:
        if row.state is not Told.SENT:
            work = _send_patiently(lease, row, place, tools)
        elif reading.allowed:
            work = _read_if_budget_allows(lease, row, place, tools, reading)
        else:
            continue
        await rest_on_bug(lease, row.shipment_id, work, partial(_rest, row))


async def _rest(row: DueWriteBack, store: Store) -> None:
    await store.fulfilments.postpone_write_back(row.shipment_id, REST_SECONDS)


async def _send_patiently(lease: Lease[Store], row: DueWriteBack, place: Place, tools: Telling) -> None:
    """A write that must wait a moment for its budget waits here; longer, and the whole connection rests."""
    try:
        await send_tracking(lease, row, place, tools)
    except Throttled as error:
        wait = error.retry_after_seconds
        if wait is None or wait > _MOMENT_SECONDS:
            raise
        await tools.sleep(wait)


async def _read_if_budget_allows(
    lease: Lease[Store], row: DueWriteBack, place: Place, tools: Telling, reading: Reading
) -> None:
    """
    Where the budget for reading is used up for now, all that is to be read waits for it.

    Reading costs more than writing (domain rule 26): the next poll of an order may confirm it before.
    """
    try:
        await read_back(lease, row, place, tools)
    except Throttled as error:
        wait = max(error.retry_after_seconds or 0.0, _READ_PAUSE_SECONDS)
        await lease.settle(lambda store: store.fulfilments.postpone_reads(lease.subject, wait))
        reading.allowed = False


async def _due(store: Store, connection_id: UUID) -> tuple[ConnectionCopy | None, list[DueWriteBack]]:
    connection = await store.connections.get(connection_id)
    return connection, await store.fulfilments.due_write_backs(connection_id, BATCH)
