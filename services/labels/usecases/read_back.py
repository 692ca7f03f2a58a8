"""
Reading back what the marketplace shows of an order's parcels: success is only what is seen there.

The same is learnt, for nothing, from the next poll of the order (`domain/changes.py`).
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from services.labels.domain import write_back
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.order import Package
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Told
from services.labels.usecases.ports import DueWriteBack, Store
from services.labels.usecases.tell import save_and_tell
from services.labels.usecases.telling import Place, Telling
from shared.kernel.errors import FarSideError, Refused, Retryable, RoleMissing, Throttled, Unreadable
from shared.kernel.ports import Lease
from shared.kernel.tokens import with_token
from shared.marketplaces.models import MarketplacePackage

_PAUSE_SECONDS = 5.0
_LONG_PAUSE_SECONDS = 300.0
_OF_THIS_ORDER = (Refused, Unreadable, RoleMissing)

log = structlog.get_logger()


async def read_back(lease: Lease[Store], row: DueWriteBack, place: Place, tools: Telling) -> None:
    """
    One getOrder for one parcel. Raises Throttled, and what concerns the whole connection; what this order alone is
    answered only makes this parcel wait.
    """
    intent = await lease.intend(lambda store: _is_due(store, row))
    if not intent.value:
        return
    try:
        packages = await with_token(
            tools.tokens,
            place.connection_id,
            lambda token: place.tracking.read_packages(place.account, row.far_order_id, token, lease.budgets),
        )
    except Throttled:
        raise
    except FarSideError as error:
        await lease.settle(partial(_not_read, row, error, place, tools))
        if isinstance(error, _OF_THIS_ORDER):
            return
        raise
    await lease.settle(lambda store: _seen(store, row, packages, place, tools))


def _wait_seconds(error: FarSideError) -> float:
    wait = error.retry_after_seconds if isinstance(error, Retryable) else _LONG_PAUSE_SECONDS
    return max(wait or 0.0, _PAUSE_SECONDS)


async def _is_due(store: Store, row: DueWriteBack) -> bool:
    """It may have been confirmed by a poll meanwhile; the lease is renewed either way."""
    fulfilment = await store.fulfilments.read(row.order_id)
    told = fulfilment.shipment(row.shipment_id).write_back if fulfilment else None
    return told is not None and told.state is Told.SENT


async def _not_read(row: DueWriteBack, error: FarSideError, place: Place, tools: Telling, store: Store) -> None:
    """Later again; what this order alone is answered is shown as its reason, and is a person's in the end."""
    now = tools.planner.now()
    before = (await store.fulfilments.lock([row.order_id]))[0]
    shipment = before.shipment(row.shipment_id)
    if shipment.write_back is None or shipment.write_back.state is not Told.SENT:
        return
    due_at = now + timedelta(seconds=_wait_seconds(error))
    if isinstance(error, _OF_THIS_ORDER):
        reason = Reason.ROLE_MISSING if isinstance(error, RoleMissing) else Reason.READ_REFUSED
        after = write_back.not_shown(shipment, due_at, reason)
    else:
        after = shipment.telling(due_at=due_at)
    await save_and_tell(store, [(before, before.with_shipment(after))], now)
    facts = {"connection_id": place.connection_id, "shipment_id": row.shipment_id}
    log.warning("write_back.not_read", **facts, outcome=error.code)


async def _seen(
    store: Store,
    row: DueWriteBack,
    packages: tuple[MarketplacePackage, ...],
    place: Place,
    tools: Telling,
) -> None:
    """Judges every parcel of the order that waits to be read back: one answer shows them all."""
    now = tools.planner.now()
    before = (await store.fulfilments.lock([row.order_id]))[0]
    if before.order is None:
        return
    shown = replace(before.order, packages=_translated(before, packages))
    after = before
    for shipment in before.shipments:
        told = shipment.write_back
        asked = shipment.shipment_id == row.shipment_id or (told is not None and write_back.is_ours(shipment, shown))
        if told is not None and told.state is Told.SENT and asked:
            others = before.beside(shipment)
            after = after.with_shipment(write_back.read_back(shipment, shown, others, now, place.timing))
    await save_and_tell(store, [(before, after)], now)


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
