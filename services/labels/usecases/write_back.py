"""
Telling the marketplaces about parcels that left, one lease per connection: what is due is sent, or read back.

Writes and read-backs share the lease and its budgets; reads that must wait for theirs hold up no write.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from services.labels.domain.shipment import Told
from services.labels.usecases.groups import MOST, Groups, in_groups, in_rounds
from services.labels.usecases.ports import ConnectionCopy, DueWriteBack, Store
from services.labels.usecases.read_back import read_back
from services.labels.usecases.send_tracking import send_tracking
from services.labels.usecases.telling import Place, Telling
from shared.kernel.errors import Throttled
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import Lease
from shared.kernel.turns import within_a_turn

BATCH = 50
_MOMENT_SECONDS = 2.0
_READ_PAUSE_SECONDS = 5.0


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
    groups = Groups[DueWriteBack](lease, _rest)
    reading = True
    for rows in within_a_turn(_groups(due, lease, place, tools), tools.planner.clock):
        if rows[0].state is not Told.SENT:
            await _send_patiently(groups, rows, place, tools)
        elif reading:
            reading = await _read_if_budget_allows(groups, rows, place, tools)


def _groups(
    due: Sequence[DueWriteBack], lease: Lease[Store], place: Place, tools: Telling
) -> Iterator[list[DueWriteBack]]:
    """As many as may be called for now. A write that cannot be told from another's is intended alone."""
    tracking, clock = place.tracking, tools.planner.clock
    most = 1 if tracking.capabilities.write == "blind" else MOST

    def sent() -> int:
        return min(most, lease.budgets.calls_left(tracking.send_operation, clock.now()))

    def read() -> int:
        return min(MOST, lease.budgets.calls_left(tracking.read_operation, clock.now()))

    for parcels in in_rounds(due):
        yield from in_groups([row for row in parcels if row.state is not Told.SENT], sent)
        yield from in_groups([row for row in parcels if row.state is Told.SENT], read)


async def _rest(store: Store, shipment_id: UUID, seconds: float) -> None:
    await store.fulfilments.postpone_write_back(shipment_id, seconds)


async def _send_patiently(
    groups: Groups[DueWriteBack], rows: Sequence[DueWriteBack], place: Place, tools: Telling
) -> None:
    """A write that must wait a moment for its budget waits here; longer, and the whole connection rests."""
    wait = groups.lease.budgets.wait_seconds(place.tracking.send_operation, tools.planner.now())
    if wait > _MOMENT_SECONDS:
        raise Throttled("Our own budget is used up.", code="budget_empty", retry_after_seconds=wait)
    if wait > 0:
        await tools.sleep(wait)
    try:
        await send_tracking(groups, rows, place, tools)
    except Throttled as error:
        if error.retry_after_seconds is None or error.retry_after_seconds > _MOMENT_SECONDS:
            raise
        await tools.sleep(error.retry_after_seconds)


async def _read_if_budget_allows(
    groups: Groups[DueWriteBack], rows: Sequence[DueWriteBack], place: Place, tools: Telling
) -> bool:
    """
    False: the budget for reading is used up for now. All that is to be read waits for it.

    Reading costs more than writing (domain rule 26): the next poll of an order may confirm it before.
    """
    lease = groups.lease
    wait = lease.budgets.wait_seconds(place.tracking.read_operation, tools.planner.now())
    if wait == 0:
        try:
            await read_back(groups, rows, place, tools)
        except Throttled as error:
            wait = error.retry_after_seconds or _READ_PAUSE_SECONDS
    if wait > 0:
        rest = max(wait, _READ_PAUSE_SECONDS)
        await lease.settle(lambda store: store.fulfilments.postpone_reads(lease.subject, rest))
    return wait == 0


async def _due(store: Store, connection_id: UUID) -> tuple[ConnectionCopy | None, list[DueWriteBack]]:
    connection = await store.connections.get(connection_id)
    return connection, await store.fulfilments.due_write_backs(connection_id, BATCH)
