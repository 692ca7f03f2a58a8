"""
Making the labels that are due of one connection: read the recipient -> check -> intend -> carrier -> settle.

Everything that can be missing is checked before a number is drawn. A process that dies between the steps leaves a
frozen parcel behind, which the next holder resumes under the same number; a person does where the carrier is blind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import structlog

from services.labels.domain import labels
from services.labels.domain.carrier import CarrierSettings, CreatedLabel, LabelRequest, Recipient
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.holds import Hold
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Shipment, State
from services.labels.usecases.lanes import LANES, by_order
from services.labels.usecases.planner import Planner
from services.labels.usecases.poison import REST_SECONDS, rest_on_bug
from services.labels.usecases.ports import (
    Carrier,
    DueLabel,
    NumbersUsedUp,
    ReadRecipient,
    RecipientGone,
    Recipients,
    Store,
)
from services.labels.usecases.tell import save_and_tell
from shared.kernel.errors import OutcomeUnknown, Refused, Retryable
from shared.kernel.outcomes import code_of, level_of
from shared.kernel.ports import Intent, Lease, TooLate
from shared.kernel.turns import in_lanes, within_a_turn

BATCH = 50
_EVENT_ON_ITS_WAY = timedelta(seconds=2)

Outcome = CreatedLabel | TooLate | Retryable | OutcomeUnknown | Refused

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Frozen:
    """What the intent committed."""

    attempt: int
    request: LabelRequest


@dataclass(frozen=True, slots=True)
class Labelling:
    """What making labels needs."""

    planner: Planner
    carrier: Carrier
    recipients: Recipients


async def create_labels(lease: Lease[Store], *, tools: Labelling) -> None:
    """
    The labels that are due of the lease's connection, longest due first, for one turn: some orders at a time, the
    parcels of one order in turn.

    Raises Unavailable when orders is away.
    """
    due = await lease.read(lambda store: store.fulfilments.due_labels(lease.subject, BATCH))
    work = partial(_label_one_order, lease, tools=tools)
    await in_lanes(within_a_turn(by_order(due), tools.planner.clock), work, lanes=LANES)


async def _label_one_order(lease: Lease[Store], parcels: Sequence[DueLabel], *, tools: Labelling) -> None:
    for row in parcels:
        await rest_on_bug(lease, row.shipment_id, _create_one(lease, row, tools), partial(_rest, row))


async def _rest(row: DueLabel, store: Store) -> None:
    await store.fulfilments.postpone_label(row.shipment_id, REST_SECONDS)


async def _create_one(lease: Lease[Store], row: DueLabel, tools: Labelling) -> None:
    try:
        read = await tools.recipients.read(row.organisation_id, row.order_id, row.destination)
    except RecipientGone as gone:
        reason = Reason.ADDRESS_ERASED if gone.erased else Reason.ADDRESS_MISSING
        await _hold(lease, row, Hold(reason), tools)
        return
    except Retryable:
        await lease.settle(lambda store: _put_off(store, row, tools))
        raise
    if held := _address_problem(read.recipient, tools.carrier):
        await _hold(lease, row, held, tools)
        return
    try:
        intent = await lease.intend(lambda store: _intend(store, row, read, tools))
    except NumbersUsedUp:
        await _hold(lease, row, Hold(Reason.NUMBERS_USED_UP), tools)
        return
    frozen = intent.value
    if frozen is not None:
        request = Intent(frozen.request, intent.send_before, intent.send_before_monotonic)
        outcome = await _act(tools.carrier, request)
        await lease.settle_write(lambda store: _settle(store, row, frozen.attempt, outcome, tools))
        _pass_on(outcome)


async def _intend(store: Store, row: DueLabel, read: ReadRecipient, tools: Labelling) -> Frozen | None:
    """Under the order's lock: it is planned anew with what is known now, and only what is still due is frozen."""
    now = tools.planner.now()
    before = (await store.fulfilments.lock([row.order_id]))[0]
    [after] = await tools.planner.plan(store, [before])
    parcel = after.shipment(row.shipment_id)
    if _in_doubt(parcel, tools):
        doubtful = labels.outcome_unknown(parcel, now, blind=True)
        await save_and_tell(store, [(before, after.with_shipment(doubtful))], now)
        return None
    settings = (await store.policies.carriers([after.organisation_id])).get(after.organisation_id)
    if settings is None or not _goes(parcel):
        await save_and_tell(store, [(before, after)], now)
        return None
    if parcel.label_known and _recipient_changed(after, read.digest):
        later = replace(parcel, label_due_at=now + _EVENT_ON_ITS_WAY)
        await save_and_tell(store, [(before, after.with_shipment(later))], now)
        return None
    number = parcel.number
    if number is None and tools.carrier.abilities.own_numbers:
        number = tools.carrier.number(settings, await store.policies.draw_serial(settings))
    parcel = labels.frozen(after, parcel, settings, number)
    await save_and_tell(store, [(before, after.with_shipment(parcel))], now)
    return Frozen(parcel.label_attempt, _request(after, parcel, settings, read.recipient))


def _goes(parcel: Shipment) -> bool:
    """It is still to be made, by this holder and now."""
    return parcel.state is State.LABEL_PENDING and parcel.label_due_at is not None and parcel.weight_grams is not None


def _in_doubt(parcel: Shipment, tools: Labelling) -> bool:
    """Whoever asked for it last died before the outcome was known, and this carrier must not be asked twice."""
    blind = tools.carrier.abilities.write == "blind"
    return blind and parcel.state is State.LABEL_PENDING and not parcel.label_known


def _recipient_changed(fulfilment: Fulfilment, digest: str) -> bool:
    """Orders has another recipient than the event we know: the next one is on its way."""
    return fulfilment.order is None or fulfilment.order.recipient_digest != digest


def _request(fulfilment: Fulfilment, parcel: Shipment, settings: CarrierSettings, recipient: Recipient) -> LabelRequest:
    return LabelRequest(
        key=str(parcel.shipment_id),
        number=parcel.number,
        settings=settings,
        recipient=recipient,
        weight_grams=parcel.weight_grams or 0,
        order_reference=fulfilment.order.marketplace_order_id if fulfilment.order else "",
    )


async def _act(carrier: Carrier, intent: Intent[LabelRequest]) -> Outcome:
    """No transaction is open here."""
    try:
        return await carrier.create(intent)
    except (TooLate, Retryable, OutcomeUnknown, Refused) as error:
        return error


async def _settle(store: Store, row: DueLabel, attempt: int, outcome: Outcome, tools: Labelling) -> None:
    """Only for the newest attempt, and only while nothing is known of it: a late outcome changes nothing."""
    now = tools.planner.now()
    before = (await store.fulfilments.lock([row.order_id]))[0]
    parcel = before.shipment(row.shipment_id)
    if not labels.awaits(parcel, attempt):
        log.warning("label.late_outcome", shipment_id=str(row.shipment_id), attempt=attempt)
        return
    after = _after(before, parcel, outcome, tools)
    [after] = await tools.planner.plan(store, [after])
    await save_and_tell(store, [(before, after)], now)
    log.log(
        level_of(outcome),
        "label.settled",
        connection_id=before.order.connection_id if before.order else None,
        shipment_id=row.shipment_id,
        attempt=attempt,
        state=after.shipment(row.shipment_id).state,
        outcome=code_of(outcome),
    )


def _after(before: Fulfilment, parcel: Shipment, outcome: Outcome, tools: Labelling) -> Fulfilment:
    now = tools.planner.now()
    match outcome:
        case CreatedLabel():
            return labels.created(before, parcel.shipment_id, outcome, tools.planner.splitting(before), now)
        case Refused():
            held = Hold(Reason.CARRIER_REFUSED, outcome.detail or None)
            return before.with_shipment(labels.held_back(parcel, parcel.order_version or 0, held))
        case OutcomeUnknown():
            blind = tools.carrier.abilities.write == "blind"
            return before.with_shipment(labels.outcome_unknown(parcel, now, blind=blind))
        case _:
            return before.with_shipment(labels.not_created(parcel, now))


def _pass_on(outcome: Outcome) -> None:
    """What concerns the whole connection ends this round: the claim loop rests it."""
    if isinstance(outcome, Retryable | TooLate):
        raise outcome


def _address_problem(recipient: Recipient, carrier: Carrier) -> Hold | None:
    if missing := recipient.missing:
        return Hold(Reason.ADDRESS_MISSING, ", ".join(missing))
    if recipient.pickup_point and not carrier.abilities.pickup_points:
        return Hold(Reason.PICKUP_POINT)
    return None


async def _put_off(store: Store, row: DueLabel, tools: Labelling) -> None:
    now = tools.planner.now()
    before = (await store.fulfilments.lock([row.order_id]))[0]
    parcel = before.shipment(row.shipment_id)
    if parcel.state is State.LABEL_PENDING and parcel.label_due_at is not None:
        await save_and_tell(store, [(before, before.with_shipment(labels.put_off(parcel, now)))], now)


async def _hold(lease: Lease[Store], row: DueLabel, held: Hold, tools: Labelling) -> None:
    async def settle(store: Store) -> None:
        before = (await store.fulfilments.lock([row.order_id]))[0]
        parcel = before.shipment(row.shipment_id)
        if parcel.state is not State.LABEL_PENDING or before.order is None:
            return
        if _in_doubt(parcel, tools):
            waiting = labels.outcome_unknown(parcel, tools.planner.now(), blind=True)
        else:
            waiting = labels.held_back(parcel, before.order.version, held)
        [after] = await tools.planner.plan(store, [before.with_shipment(waiting)])
        await save_and_tell(store, [(before, after)], tools.planner.now())

    await lease.settle(settle)
