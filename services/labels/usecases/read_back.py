"""
Reading back what the marketplace shows of an order's parcels: success is only what is seen there.

The same is learnt, for nothing, from the next poll of the order (`domain/changes.py`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from services.labels.domain import write_back
from services.labels.domain.coverage import is_ours
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.order import Package
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Told
from services.labels.usecases.groups import Groups, locked
from services.labels.usecases.ports import DueWriteBack, Store
from services.labels.usecases.tell import Change, save_and_tell
from services.labels.usecases.telling import Place, Telling
from shared.kernel.errors import FarSideError, Refused, Retryable, RoleMissing, Throttled, Unreadable
from shared.kernel.tokens import with_token
from shared.marketplaces.models import MarketplacePackage

_PAUSE_SECONDS = 5.0
_LONG_PAUSE_SECONDS = 300.0
_OF_THIS_ORDER = (Refused, Unreadable, RoleMissing)

log = structlog.get_logger()


Answer = tuple[MarketplacePackage, ...] | FarSideError


async def read_back(groups: Groups[DueWriteBack], rows: Sequence[DueWriteBack], place: Place, tools: Telling) -> None:
    """
    One getOrder for each row, all of different orders. Raises Throttled, and what concerns the whole connection; what
    an order alone is answered only makes its parcel wait.
    """
    lease = groups.lease

    async def intend(some: Sequence[tuple[DueWriteBack, None]]) -> list[tuple[DueWriteBack, None]]:
        intent = await lease.intend(lambda store: _still_sent(store, [row for row, _ in some]))
        return [(row, None) for row in intent.value]

    async def read(row: DueWriteBack, _: None) -> Answer:
        try:
            return await with_token(
                tools.tokens,
                place.connection_id,
                lambda token: place.tracking.read_packages(place.account, row.far_order_id, token, lease.budgets),
            )
        except FarSideError as error:
            return error

    async def settle(some: Sequence[tuple[DueWriteBack, Answer]]) -> None:
        told = [(row, answer) for row, answer in some if not isinstance(answer, Throttled)]
        await lease.settle(lambda store: _settle(store, told, place, tools))

    due = await groups.at_once([(row, None) for row in rows], intend)
    failed = [one for one in await groups.side_by_side(due, read, settle) if isinstance(one, FarSideError)]
    for error in sorted(failed, key=lambda error: isinstance(error, Throttled)):
        if not isinstance(error, _OF_THIS_ORDER):
            raise error


def _wait_seconds(error: FarSideError) -> float:
    wait = error.retry_after_seconds if isinstance(error, Retryable) else _LONG_PAUSE_SECONDS
    return max(wait or 0.0, _PAUSE_SECONDS)


async def _still_sent(store: Store, rows: Sequence[DueWriteBack]) -> list[DueWriteBack]:
    """Others were confirmed by a poll meanwhile; the lease is renewed either way."""
    orders = {one.order_id: one for one in await store.fulfilments.read([row.order_id for row in rows])}
    here = [row for row in rows if row.order_id in orders]
    told = [(row, orders[row.order_id].shipment(row.shipment_id).write_back) for row in here]
    return [row for row, write_back in told if write_back and write_back.state is Told.SENT]


async def _settle(store: Store, answers: Sequence[tuple[DueWriteBack, Answer]], place: Place, tools: Telling) -> None:
    now = tools.planner.now()
    orders = dict(await locked(store, [row for row, _ in answers]))
    answers = [(row, answer) for row, answer in answers if row in orders]
    changes: list[Change] = []
    for row, answer in answers:
        before = orders[row]
        if isinstance(answer, FarSideError):
            after = _not_read(before, row, answer, now)
        else:
            after = _seen(before, row, answer, place, now)
        changes.append((before, after))
    await save_and_tell(store, changes, now)
    for row, answer in answers:
        if isinstance(answer, FarSideError):
            facts = {"connection_id": place.connection_id, "shipment_id": row.shipment_id}
            log.warning("write_back.not_read", **facts, outcome=answer.code)


def _not_read(before: Fulfilment, row: DueWriteBack, error: FarSideError, now: datetime) -> Fulfilment:
    """Later again; what this order alone is answered is shown as its reason, and is a person's in the end."""
    shipment = before.shipment(row.shipment_id)
    if shipment.write_back is None or shipment.write_back.state is not Told.SENT:
        return before
    due_at = now + timedelta(seconds=_wait_seconds(error))
    if isinstance(error, _OF_THIS_ORDER):
        reason = Reason.ROLE_MISSING if isinstance(error, RoleMissing) else Reason.READ_REFUSED
        return before.with_shipment(write_back.not_shown(shipment, due_at, reason))
    return before.with_shipment(shipment.telling(due_at=due_at))


def _seen(
    before: Fulfilment, row: DueWriteBack, packages: tuple[MarketplacePackage, ...], place: Place, now: datetime
) -> Fulfilment:
    """Judges every parcel of the order that waits to be read back: one answer shows them all."""
    if before.order is None:
        return before
    shown = replace(before.order, packages=_translated(before, packages))
    after = before
    for shipment in before.shipments:
        told = shipment.write_back
        asked = shipment.shipment_id == row.shipment_id or (told is not None and is_ours(shipment, shown))
        if told is not None and told.state is Told.SENT and asked:
            others = before.beside(shipment)
            after = after.with_shipment(write_back.read_back(shipment, shown, others, now, place.timing))
    return after


def _translated(fulfilment: Fulfilment, packages: tuple[MarketplacePackage, ...]) -> tuple[Package, ...]:
    """The marketplace's parcels with our line ids; lines we do not know are left out."""
    lines = fulfilment.order.lines if fulfilment.order else ()
    ours = {line.marketplace_line_id: line.line_id for line in lines}
    return tuple(
        Package(
            package.reference,
            package.tracking_number,
            tuple((ours[line_id], quantity) for line_id, quantity in package.lines if line_id in ours),
        )
        for package in packages
    )
