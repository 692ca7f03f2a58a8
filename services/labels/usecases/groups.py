"""
How a connection's due parcels are worked off: some orders at a time, the parcels of one order in turn.

Each parcel has an intent and an attempt of its own; a group of them shares the transactions before and after its
calls, which go out side by side. A row that meets a bug of ours is logged and rests, by the database alone (it need not
even be readable): what its group was about is done again for each row apart, and the others flow on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar
from uuid import UUID

import structlog

from services.labels.domain.fulfilment import Fulfilment
from services.labels.usecases.ports import DueLabel, DueWriteBack, Store
from shared.kernel.errors import Conflict, DatabaseUnavailable, FarSideError
from shared.kernel.ports import Lease, LeaseLost, TooLate

MOST = 8
REST_SECONDS = 300.0
# Who is answered that soon after another shares its transaction: nobody waits longer for a slow neighbour.
_TOGETHER_SECONDS = 0.05

# What is foreseen, and concerns more than one row.
FORESEEN = (FarSideError, LeaseLost, TooLate, DatabaseUnavailable, Conflict)

Row = TypeVar("Row", DueLabel, DueWriteBack)
Told = TypeVar("Told")
Made = TypeVar("Made")

log = structlog.get_logger()


def in_rounds(due: Sequence[Row]) -> Iterator[list[Row]]:
    """The longest due parcel of each order, then their next ones, and so on."""
    orders: dict[UUID, list[Row]] = {}
    for row in due:
        orders.setdefault(row.order_id, []).append(row)
    for n in range(max(map(len, orders.values()), default=0)):
        yield [parcels[n] for parcels in orders.values() if n < len(parcels)]


def in_groups(rows: Sequence[Row], size: Callable[[], int]) -> Iterator[list[Row]]:
    """`size`: how many the next group may have, asked when it is its turn; it has one at least."""
    left = list(rows)
    while left:
        count = max(size(), 1)
        yield left[:count]
        left = left[count:]


@dataclass(frozen=True)
class Groups(Generic[Row]):
    """The lease they are worked off under. `rest`: makes a row due so many seconds later."""

    lease: Lease[Store]
    rest: Callable[[Store, UUID, float], Awaitable[None]]

    async def at_once(
        self,
        rows: Sequence[tuple[Row, Told]],
        work: Callable[[Sequence[tuple[Row, Told]]], Awaitable[Sequence[tuple[Row, Made]]]],
    ) -> list[tuple[Row, Made]]:
        """What `work` makes of all in one transaction; of each apart where that meets a bug. Raises FORESEEN."""
        try:
            return list(await work(rows))
        except FORESEEN:
            raise
        except Exception as bug:  # noqa: BLE001 - a bug of ours: find out whose row it is
            if len(rows) == 1:
                await self._rest(rows[0][0], bug)
                return []
        return [made for row in rows for made in await self.at_once([row], work)]

    async def side_by_side(
        self,
        rows: Sequence[tuple[Row, Told]],
        call: Callable[[Row, Told], Awaitable[Made]],
        keep: Callable[[Sequence[tuple[Row, Made]]], Awaitable[None]],
    ) -> list[Made]:
        """
        What `call` gave for each. `keep`, in one transaction, gets what has come by then, again and again.

        What was begun is ended and kept, whatever becomes of the others. Raises the first of FORESEEN that was met.
        """
        calls = {asyncio.ensure_future(call(row, told)): row for row, told in rows}
        waiting, made, failed = set(calls), list[Made](), list[Exception]()
        try:
            while waiting:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                done, waiting = await asyncio.wait(waiting, timeout=_TOGETHER_SECONDS)
                bugs = [(calls[task], bug) for task in done if isinstance(bug := task.exception(), Exception)]
                came = [(calls[task], task.result()) for task in done if not isinstance(task.exception(), Exception)]
                made += [one for _, one in came]
                failed += await _foreseen(self.at_once(came, partial(_kept, keep)))
                for row, bug in bugs:
                    failed += await _foreseen(self._rest(row, bug))
        finally:
            for task in waiting:
                task.cancel()
        if failed:
            raise failed[0]
        return made

    async def _rest(self, row: Row, bug: Exception) -> None:
        log.error("row.bug", kind=self.lease.kind, shipment_id=str(row.shipment_id), exc_info=bug)
        await self.lease.settle_write(lambda store: self.rest(store, row.shipment_id, REST_SECONDS))


async def _foreseen(work: Awaitable[object]) -> list[Exception]:
    """What of FORESEEN it met."""
    try:
        await work
    except FORESEEN as error:
        return [error]
    return []


async def _kept(
    keep: Callable[[Sequence[tuple[Row, Made]]], Awaitable[None]], came: Sequence[tuple[Row, Made]]
) -> Sequence[tuple[Row, None]]:
    if came:
        await keep(came)
    return []


async def locked(store: Store, rows: Sequence[Row]) -> list[tuple[Row, Fulfilment]]:
    """Each with its order, whose row is locked; one that was deleted meanwhile, as it was kept for its time, is not."""
    orders = {one.order_id: one for one in await store.fulfilments.lock([row.order_id for row in rows])}
    return [(row, orders[row.order_id]) for row in rows if row.order_id in orders]
