"""
Making the labels that are due of one connection: read the recipients -> check -> intend -> carrier -> settle.

Everything that can be missing is checked before a number is drawn. A process that dies between the steps leaves
frozen parcels behind, which the next holder resumes under the same numbers; a person does where the carrier is blind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import structlog

from services.labels.domain import labels
from services.labels.domain.carrier import CarrierSettings, CreatedLabel, LabelRequest, Recipient
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.holds import Hold
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Shipment, State
from services.labels.usecases.groups import MOST, Groups, in_groups, in_rounds, locked
from services.labels.usecases.planner import Planner
from services.labels.usecases.ports import (
    Carrier,
    DueLabel,
    NumbersUsedUp,
    ReadRecipient,
    RecipientGone,
    Recipients,
    Store,
)
from services.labels.usecases.tell import Change, save_and_tell
from shared.kernel.errors import OutcomeUnknown, Refused, Retryable
from shared.kernel.outcomes import code_of, level_of
from shared.kernel.ports import Intent, Lease, TooLate
from shared.kernel.turns import within_a_turn

BATCH = 50
_EVENT_ON_ITS_WAY = timedelta(seconds=2)

Outcome = CreatedLabel | TooLate | Retryable | OutcomeUnknown | Refused
# To whom a parcel goes, or what about that holds it.
Found = ReadRecipient | Hold

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Frozen:
    """What the intent committed."""

    attempt: int
    request: LabelRequest


@dataclass(frozen=True, slots=True)
class Made:
    attempt: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Labelling:
    """What making labels needs."""

    planner: Planner
    carrier: Carrier
    recipients: Recipients


async def create_labels(lease: Lease[Store], *, tools: Labelling) -> None:
    """
    The labels that are due of the lease's connection, longest due first, for one turn. What a carrier might make twice
    is intended alone.

    Raises Unavailable when orders is away.
    """
    due = await lease.read(lambda store: store.fulfilments.due_labels(lease.subject, BATCH))
    most = 1 if tools.carrier.abilities.write == "blind" else MOST
    groups = (rows for parcels in in_rounds(due) for rows in in_groups(parcels, lambda: most))
    for rows in within_a_turn(groups, tools.planner.clock):
        await _label(Groups(lease, _rest), rows, tools)


async def _rest(store: Store, shipment_id: UUID, seconds: float) -> None:
    await store.fulfilments.postpone_label(shipment_id, seconds)


async def _label(groups: Groups[DueLabel], rows: Sequence[DueLabel], tools: Labelling) -> None:
    """A label for each row, all of different orders. Raises what ends this round."""
    lease = groups.lease

    async def find(some: Sequence[tuple[DueLabel, None]]) -> list[tuple[DueLabel, Found]]:
        return await _recipients(lease, [row for row, _ in some], tools)

    async def intend(some: Sequence[tuple[DueLabel, Found]]) -> list[tuple[DueLabel, Intent[Frozen]]]:
        intent = await lease.intend(lambda store: _intend(store, some, tools))
        return [(row, intent.of(frozen)) for row, frozen in intent.value]

    async def make(_: DueLabel, intent: Intent[Frozen]) -> Made:
        return Made(intent.value.attempt, await _act(tools.carrier, intent.of(intent.value.request)))

    async def settle(some: Sequence[tuple[DueLabel, Made]]) -> None:
        await lease.settle_write(lambda store: _settle(store, some, tools))

    found = await groups.at_once([(row, None) for row in rows], find)
    for made in await groups.side_by_side(await groups.at_once(found, intend), make, settle):
        _pass_on(made.outcome)


async def _recipients(lease: Lease[Store], rows: Sequence[DueLabel], tools: Labelling) -> list[tuple[DueLabel, Found]]:
    """Raises Retryable: none can be had now, and all are put off."""
    try:
        read = await tools.recipients.read(rows[0].organisation_id, [(row.order_id, row.destination) for row in rows])
    except Retryable:
        await lease.settle(lambda store: _put_off(store, rows, tools))
        raise
    return [(row, _checked(one, tools.carrier)) for row, one in zip(rows, read, strict=True)]


def _checked(read: ReadRecipient | RecipientGone, carrier: Carrier) -> Found:
    if isinstance(read, RecipientGone):
        return Hold(Reason.ADDRESS_ERASED if read.erased else Reason.ADDRESS_MISSING)
    if missing := read.recipient.missing:
        return Hold(Reason.ADDRESS_MISSING, ", ".join(missing))
    if read.recipient.pickup_point and not carrier.abilities.pickup_points:
        return Hold(Reason.PICKUP_POINT)
    return read


async def _intend(
    store: Store, found: Sequence[tuple[DueLabel, Found]], tools: Labelling
) -> list[tuple[DueLabel, Frozen]]:
    """Under the orders' locks: planned anew with what is known now, and only what is still due is frozen."""
    orders = await locked(store, [row for row, _ in found])
    here = dict(orders)
    found = [(row, read) for row, read in found if row in here]
    planned = await tools.planner.plan(store, [before for _, before in orders])
    carriers = await store.policies.carriers([row.organisation_id for row, _ in found])
    changes: list[Change] = []
    held: list[Change] = []
    begun: list[tuple[DueLabel, Frozen]] = []
    for (row, before), (_, read), after in zip(orders, found, planned, strict=True):
        parcel, request = after.shipment(row.shipment_id), None
        hold = read if isinstance(read, Hold) else None
        if isinstance(read, ReadRecipient) and (settings := carriers.get(row.organisation_id)) is not None:
            try:
                parcel, request = await _frozen(store, after, parcel, read, settings, tools)
            except NumbersUsedUp:
                hold = Hold(Reason.NUMBERS_USED_UP)
        if hold is not None:
            held.append((before, _held_back(before, row, hold, tools)))
        else:
            changes.append((before, after.with_shipment(parcel)))
        if request is not None:
            begun.append((row, Frozen(parcel.label_attempt, request)))
    waiting = await tools.planner.plan(store, [after for _, after in held])
    changes += [(before, after) for (before, _), after in zip(held, waiting, strict=True)]
    await save_and_tell(store, changes, tools.planner.now())
    return begun


async def _frozen(
    store: Store, order: Fulfilment, parcel: Shipment, read: ReadRecipient, settings: CarrierSettings, tools: Labelling
) -> tuple[Shipment, LabelRequest | None]:
    """The parcel with its number and what to ask the carrier for; None: not now. Raises NumbersUsedUp."""
    now = tools.planner.now()
    if _in_doubt(parcel, tools):
        return labels.outcome_unknown(parcel, now, blind=True), None
    if not _goes(parcel):
        return parcel, None
    if parcel.label_known and _recipient_changed(order, read.digest):
        return replace(parcel, label_due_at=now + _EVENT_ON_ITS_WAY), None
    number = parcel.number
    if number is None and tools.carrier.abilities.own_numbers:
        number = tools.carrier.number(settings, await store.policies.draw_serial(settings))
    parcel = labels.frozen(order, parcel, settings, number)
    return parcel, _request(order, parcel, settings, read.recipient)


def _held_back(before: Fulfilment, row: DueLabel, hold: Hold, tools: Labelling) -> Fulfilment:
    parcel = before.shipment(row.shipment_id)
    if parcel.state is not State.LABEL_PENDING or before.order is None:
        return before
    if _in_doubt(parcel, tools):
        return before.with_shipment(labels.outcome_unknown(parcel, tools.planner.now(), blind=True))
    return before.with_shipment(labels.held_back(parcel, before.order.version, hold))


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


async def _settle(store: Store, made: Sequence[tuple[DueLabel, Made]], tools: Labelling) -> None:
    """Only for the newest attempt, and only while nothing is known of it: a late outcome changes nothing."""
    orders = dict(await locked(store, [row for row, _ in made]))
    made = [(row, one) for row, one in made if row in orders]
    settled: list[tuple[DueLabel, Made, Change]] = []
    for row, one in made:
        before = orders[row]
        parcel = before.shipment(row.shipment_id)
        if labels.awaits(parcel, one.attempt):
            settled.append((row, one, (before, _after(before, parcel, one.outcome, tools))))
        else:
            log.warning("label.late_outcome", shipment_id=str(row.shipment_id), attempt=one.attempt)
    planned = await tools.planner.plan(store, [after for _, _, (_, after) in settled])
    changes = [(before, after) for (_, _, (before, _)), after in zip(settled, planned, strict=True)]
    await save_and_tell(store, changes, tools.planner.now())
    for (row, one, (before, _)), after in zip(settled, planned, strict=True):
        log.log(
            level_of(one.outcome),
            "label.settled",
            connection_id=before.order.connection_id if before.order else None,
            shipment_id=row.shipment_id,
            attempt=one.attempt,
            state=after.shipment(row.shipment_id).state,
            outcome=code_of(one.outcome),
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


async def _put_off(store: Store, rows: Sequence[DueLabel], tools: Labelling) -> None:
    now = tools.planner.now()
    changes: list[Change] = []
    for row, before in await locked(store, rows):
        parcel = before.shipment(row.shipment_id)
        if parcel.state is State.LABEL_PENDING and parcel.label_due_at is not None:
            changes.append((before, before.with_shipment(labels.put_off(parcel, now))))
    await save_and_tell(store, changes, now)
