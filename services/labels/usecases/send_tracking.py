"""
Sending one parcel's number: intend (the words frozen, under the order's lock) -> send -> settle.

A process that dies anywhere leaves words and reference behind. Where the marketplace knows them again (a keyed write)
the next holder sends the same; elsewhere it reads first, or leaves it to a person.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.labels.domain import labels, write_back
from services.labels.domain.changes import released, still_fits
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Shipment, Told
from services.labels.usecases.planner import Planner
from services.labels.usecases.ports import DueWriteBack, Store
from services.labels.usecases.tell import save_and_tell
from services.labels.usecases.telling import Place, Telling
from shared.kernel.errors import (
    AlreadyDone,
    FarSideError,
    OutcomeUnknown,
    Refused,
    RoleMissing,
    Throttled,
    Unreadable,
)
from shared.kernel.outcomes import code_of, level_of
from shared.kernel.ports import Intent, Lease, TooLate
from shared.kernel.tokens import with_token
from shared.marketplaces.models import ParcelToTell
from shared.marketplaces.ports import FrozenBody, TrackingPort

_ROLE_PAUSE = timedelta(minutes=15)

Outcome = FarSideError | TooLate | None

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Frozen:
    """What the intent committed."""

    attempt: int
    order_id: str
    body: FrozenBody


async def send_tracking(lease: Lease[Store], row: DueWriteBack, place: Place, tools: Telling) -> None:
    """One write. Raises what should rest the connection: ConsentLost, Retryable, an unknown outcome."""
    intent = await lease.intend(lambda store: _intend(store, row, place, tools))
    frozen = intent.value
    if frozen is None:
        return
    body = Intent(frozen.body, intent.send_before, intent.send_before_monotonic)
    outcome = await _act(lease, frozen.order_id, body, place, tools)
    await lease.settle_write(lambda store: _settle(store, row, frozen.attempt, outcome, place, tools))
    if isinstance(outcome, FarSideError) and not isinstance(outcome, Refused | RoleMissing):
        raise outcome


async def _intend(store: Store, row: DueWriteBack, place: Place, tools: Telling) -> Frozen | None:
    """Under the order's lock: cancellations and changes are looked at once more, then the words are frozen."""
    now = tools.planner.now()
    before = (await store.fulfilments.lock([row.order_id]))[0]
    shipment = before.shipment(row.shipment_id)
    told = shipment.write_back
    if told is None or before.order is None or told.state not in (Told.OWED, Told.SENDING):
        return None
    held = _held(before, shipment, place, tools.planner)
    if held is not None:
        [after] = await tools.planner.plan(store, [before.with_shipment(held)])
        await save_and_tell(store, [(before, after)], now)
        return None
    return await _word(store, before, shipment, place.tracking, now)


def _held(fulfilment: Fulfilment, shipment: Shipment, place: Place, planner: Planner) -> Shipment | None:
    """What becomes of it instead of being sent; None: it may go out."""
    order, told, now = fulfilment.order, shipment.write_back, planner.now()
    if order is None or told is None:
        return None
    cancel = order.cancelled or (order.cancel_requested and shipment.despite_version != order.version)
    if told.may_have_left and cancel:
        return write_back.read_instead(shipment, now)
    if told.may_have_left:
        return write_back.not_repeated(shipment, place.tracking.capabilities.write, now, place.timing)
    if order.cancelled:
        return released(shipment, Reason.ORDER_CANCELLED, now)
    if cancel:
        return shipment.telling(state=Told.NEEDS_PERSON, due_at=None, reason=Reason.CANCEL_REQUESTED.value)
    if write_back.is_ours(shipment, order):
        return write_back.confirmed(shipment, now)
    if write_back.covered_by_others(shipment, order, fulfilment.beside(shipment)):
        return write_back.shipped_elsewhere(shipment)
    return None if still_fits(fulfilment, shipment, planner.splitting(fulfilment)) else labels.outdated(shipment)


async def _word(
    store: Store, before: Fulfilment, shipment: Shipment, tracking: TrackingPort, now: datetime
) -> Frozen | None:
    """The intent, or the refusal to put it into words. A body frozen before is sent as it is."""
    told, order = shipment.write_back, before.order
    if told is None or order is None:
        return None
    reference = told.reference or tracking.new_reference(before.references())
    try:
        body = told.body or tracking.freeze(_parcel(before, shipment, reference))
    except Refused as error:
        refused = write_back.not_worded(shipment, error.detail)
        await save_and_tell(store, [(before, before.with_shipment(refused))], now)
        return None
    begun = write_back.begun(shipment, reference, body, now)
    await store.fulfilments.save([(before, before.with_shipment(begun))])
    return Frozen(told.attempt + 1, order.marketplace_order_id, body)


def _parcel(fulfilment: Fulfilment, shipment: Shipment, reference: str) -> ParcelToTell:
    order = fulfilment.order
    if order is None or shipment.label_created_at is None:
        raise ValueError("a parcel without a label is not told")
    return ParcelToTell(
        marketplace_order_id=order.marketplace_order_id,
        channel_id=order.channel_id,
        reference=reference,
        carrier=shipment.carrier or "",
        tracking_number=shipment.tracking_number or "",
        tracking_url=shipment.tracking_url,
        shipped_at=shipment.label_created_at,
        lines=tuple((line.marketplace_line_id, line.quantity) for line in shipment.lines),
        placed_at=order.placed_at,
    )


async def _act(lease: Lease[Store], order_id: str, body: Intent[FrozenBody], place: Place, tools: Telling) -> Outcome:
    """No transaction is open here. None = accepted."""
    try:
        await with_token(
            tools.tokens,
            place.connection_id,
            lambda token: place.tracking.send(place.account, order_id, body, token, lease.budgets),
        )
    except (FarSideError, TooLate) as error:
        return error
    return None


async def _settle(
    store: Store, row: DueWriteBack, attempt: int, outcome: Outcome, place: Place, tools: Telling
) -> None:
    """Only for the newest attempt, and only while nothing is known of it: a late outcome changes nothing."""
    now = tools.planner.now()
    before = (await store.fulfilments.lock([row.order_id]))[0]
    shipment = before.shipment(row.shipment_id)
    if not write_back.awaits(shipment, attempt):
        log.warning("write_back.late_outcome", shipment_id=str(row.shipment_id), attempt=attempt)
        return
    after = _after(shipment, outcome, place, now)
    await save_and_tell(store, [(before, before.with_shipment(after))], now)
    log.log(
        level_of(outcome),
        "write_back.settled",
        connection_id=place.connection_id,
        shipment_id=row.shipment_id,
        attempt=attempt,
        state=after.write_back.state.value if after.write_back else None,
        outcome=code_of(outcome),
    )


def _after(shipment: Shipment, outcome: Outcome, place: Place, now: datetime) -> Shipment:
    write = place.tracking.capabilities.write
    match outcome:
        case None:
            return write_back.accepted(shipment, now, place.timing)
        case AlreadyDone():
            return write_back.already_done(shipment, now)
        case Refused():
            return write_back.refused(shipment, outcome.detail, now)
        case OutcomeUnknown() | Unreadable():
            return write_back.outcome_unknown(shipment, now, write, place.timing)
        case RoleMissing():
            return write_back.not_sent(shipment, now + _ROLE_PAUSE, Reason.ROLE_MISSING)
        case Throttled() | TooLate():
            return write_back.not_sent(shipment, now, None)
        case _:
            return write_back.not_sent(shipment, now, Reason.MARKETPLACE_AWAY)
