"""
Sending parcels' numbers: intend (the words frozen, under the orders' locks) -> send each -> settle.

A process that dies anywhere leaves words and reference behind. Where the marketplace knows them again (a keyed write)
the next holder sends the same; elsewhere it reads first, or leaves it to a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.labels.domain import write_back
from services.labels.domain.actions import may_be_handed_over
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.hand_over import not_told
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Shipment
from services.labels.usecases.groups import Groups, locked
from services.labels.usecases.planner import Planner
from services.labels.usecases.ports import DueWriteBack, Store
from services.labels.usecases.tell import Change, save_and_tell
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


@dataclass(frozen=True, slots=True)
class Answered:
    """`outcome` None = accepted."""

    attempt: int
    outcome: Outcome


async def send_tracking(
    groups: Groups[DueWriteBack], rows: Sequence[DueWriteBack], place: Place, tools: Telling
) -> None:
    """
    A write for each row, all of different orders. Raises what should rest the connection: ConsentLost, Retryable, an
    unknown outcome.
    """
    lease = groups.lease

    async def intend(some: Sequence[tuple[DueWriteBack, None]]) -> list[tuple[DueWriteBack, Intent[Frozen]]]:
        intent = await lease.intend(lambda store: _intend(store, [row for row, _ in some], place, tools))
        return [(row, intent.of(frozen)) for row, frozen in intent.value]

    async def send(_: DueWriteBack, intent: Intent[Frozen]) -> Answered:
        return Answered(intent.value.attempt, await _act(lease, intent, place, tools))

    async def settle(some: Sequence[tuple[DueWriteBack, Answered]]) -> None:
        await lease.settle_write(lambda store: _settle(store, some, place, tools))

    begun = await groups.at_once([(row, None) for row in rows], intend)
    for answered in await groups.side_by_side(begun, send, settle):
        outcome = answered.outcome
        if isinstance(outcome, FarSideError) and not isinstance(outcome, Refused | RoleMissing):
            raise outcome


async def _intend(
    store: Store, rows: Sequence[DueWriteBack], place: Place, tools: Telling
) -> list[tuple[DueWriteBack, Frozen]]:
    """Under the orders' locks: cancellations and changes are looked at once more, then the words are frozen."""
    now = tools.planner.now()
    held: list[Change] = []
    begun: list[Change] = []
    frozen: list[tuple[DueWriteBack, Frozen]] = []
    for row, before in await locked(store, rows):
        shipment = before.shipment(row.shipment_id)
        told, order = shipment.write_back, before.order
        if told is None or order is None or (told.state, told.due_at) != (row.state, row.due_at):
            continue  # somebody was quicker: whether it is due still, the next look says
        after = _held(before, shipment, place, tools.planner) or _worded(before, shipment, place.tracking, now)
        change = (before, before.with_shipment(after))
        if write_back.awaits(after, told.attempt + 1) and after.write_back and after.write_back.body:
            begun.append(change)
            frozen.append((row, Frozen(told.attempt + 1, order.marketplace_order_id, after.write_back.body)))
        else:
            held.append(change)
    planned = await tools.planner.plan(store, [after for _, after in held])
    await save_and_tell(store, [(before, after) for (before, _), after in zip(held, planned, strict=True)], now)
    await store.fulfilments.save(begun)
    return frozen


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
    return not_told(fulfilment, shipment, planner.splitting(fulfilment), now)


def _worded(before: Fulfilment, shipment: Shipment, tracking: TrackingPort, now: datetime) -> Shipment:
    """The intent, or the refusal to put it into words. A body frozen before is sent as it is."""
    told = shipment.write_back
    reference = (told and told.reference) or tracking.new_reference(before.references())
    try:
        body = (told and told.body) or tracking.freeze(_parcel(before, shipment, reference, now))
    except Refused as error:
        return write_back.not_worded(shipment, error.detail)
    return write_back.begun(shipment, reference, body, now)


def _parcel(fulfilment: Fulfilment, shipment: Shipment, reference: str, now: datetime) -> ParcelToTell:
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
        shipped_at=now if may_be_handed_over(shipment) else shipment.handed_over_at or shipment.label_created_at,
        lines=tuple((line.marketplace_line_id, line.quantity) for line in shipment.lines),
        placed_at=order.placed_at,
    )


async def _act(lease: Lease[Store], frozen: Intent[Frozen], place: Place, tools: Telling) -> Outcome:
    """No transaction is open here. None = accepted."""
    order_id, body = frozen.value.order_id, frozen.of(frozen.value.body)
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
    store: Store, answered: Sequence[tuple[DueWriteBack, Answered]], place: Place, tools: Telling
) -> None:
    """Only for the newest attempt, and only while nothing is known of it: a late outcome changes nothing."""
    now = tools.planner.now()
    orders = dict(await locked(store, [row for row, _ in answered]))
    answered = [(row, one) for row, one in answered if row in orders]
    changes: list[Change] = []
    settled: list[tuple[Answered, Shipment]] = []
    for row, one in answered:
        before = orders[row]
        shipment = before.shipment(row.shipment_id)
        if not write_back.awaits(shipment, one.attempt):
            log.warning("write_back.late_outcome", shipment_id=str(row.shipment_id), attempt=one.attempt)
            continue
        after = _after(shipment, one.outcome, place, now)
        changes.append((before, before.with_shipment(after)))
        settled.append((one, after))
    await save_and_tell(store, changes, now)
    for one, after in settled:
        log.log(
            level_of(one.outcome),
            "write_back.settled",
            connection_id=place.connection_id,
            shipment_id=after.shipment_id,
            attempt=one.attempt,
            state=after.write_back.state.value if after.write_back else None,
            outcome=code_of(one.outcome),
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
