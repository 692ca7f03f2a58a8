"""
A label's life: asked for, frozen at its intent, made (or not), taken back. Pure; the fence is as in `write_back`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.labels.domain import write_back
from services.labels.domain.actions import in_doubt, may_be_voided
from services.labels.domain.carrier import CarrierSettings, CreatedLabel
from services.labels.domain.changes import released, still_fits
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.holds import Hold, Splitting, Terms, hold
from services.labels.domain.reasons import SENTENCES, Reason
from services.labels.domain.shipment import Shipment, ShipmentLine, State, Told

_LONGEST_BACK_OFF_SECONDS = 300.0
_PUT_OFF_SECONDS = 10.0


class NotPossible(Exception):
    """What was asked cannot be done now. `code` is stable; the message is a sentence to show."""

    def __init__(self, code: str, sentence: str, detail: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Asked:
    """
    A person's request. `units` None = all of the parcel; `weight_grams` None = as given for these units before, else as
    the SKUs weigh.
    """

    by: UUID | None
    at: datetime
    units: Mapping[UUID, int] | None = None
    weight_grams: int | None = None
    despite_cancellation: bool = False


def request(fulfilment: Fulfilment, shipment_id: UUID, asked: Asked, terms: Terms) -> Fulfilment:
    """
    A person asks for a planned parcel's label, perhaps with fewer units: what is left is planned as another parcel.

    Raises KeyError, NotPossible (with the reason the parcel waits for).
    """
    parcel = fulfilment.shipment(shipment_id)
    if parcel.state is not State.PLANNED:
        raise NotPossible("not_planned", "This parcel is not waiting for a label.")
    order = fulfilment.order
    version = order.version if order and asked.despite_cancellation else parcel.despite_version
    parcel = parcel.holding(_chosen(parcel, asked.units, terms.splitting))
    parcel = replace(
        parcel,
        weight_override_grams=asked.weight_grams or parcel.weight_override_grams,
        despite_version=version,
        problem=None,
        problem_detail=None,
        problem_version=None,
    )
    held = hold(fulfilment.with_shipment(parcel), parcel, terms, asked.at)
    if held is not None:
        raise _not_possible(held)
    pending = replace(
        parcel,
        state=State.LABEL_PENDING,
        requested_by=asked.by,
        requested_at=asked.at,
        label_due_at=asked.at,
        reason=None,
        reason_detail=None,
    )
    return fulfilment.with_shipment(pending)


def frozen(fulfilment: Fulfilment, parcel: Shipment, settings: CarrierSettings, number: str | None) -> Shipment:
    """
    The label's intent. What an earlier attempt froze (its outcome never came) stays as it is, its number too, and so
    does the doubt about it: `reason` remembers that, whatever becomes of this attempt.
    """
    order = fulfilment.order
    if order is None:
        raise ValueError("an order not heard of has no label")
    parcel = replace(parcel, label_attempt=parcel.label_attempt + 1, number=parcel.number or number)
    if not parcel.label_known:
        return replace(parcel, reason=Reason.LABEL_OUTCOME_UNKNOWN.value)
    return replace(
        parcel,
        label_known=False,
        order_version=order.version,
        order_version_seen=order.version,
        cancel_seen=False,
        recipient_digest=order.recipient_digest,
        sender=settings.sender,
    )


def awaits(shipment: Shipment, attempt: int) -> bool:
    """This attempt is the newest and nothing is known of it yet."""
    return shipment.label_attempt == attempt and not shipment.label_known


def created(
    fulfilment: Fulfilment, shipment_id: UUID, label: CreatedLabel, splitting: Splitting, now: datetime
) -> Fulfilment:
    """The outcome: unchanged = its write-back is owed; changed meanwhile = outdated, or voided with its order."""
    shipment = replace(
        fulfilment.shipment(shipment_id),
        state=State.LABEL_CREATED,
        label_known=True,
        label_due_at=None,
        label_created_at=now,
        carrier=label.carrier,
        tracking_number=label.tracking_number,
        tracking_url=label.tracking_url,
        reason=None,
        reason_detail=None,
    )
    made = fulfilment.with_shipment(shipment)
    if still_fits(made, shipment, splitting):
        return made.with_shipment(write_back.owed(shipment, now))
    if made.order is not None and made.order.cancelled:
        return made.with_shipment(released(shipment, Reason.ORDER_CANCELLED, now))
    return made.with_shipment(outdated(shipment))


def outdated(shipment: Shipment) -> Shipment:
    """The label stands, the order moved on: shown to a person, never written back by itself."""
    if shipment.write_back is not None:
        shipment = shipment.telling(state=Told.RELEASED, due_at=None)
    return replace(shipment, state=State.OUTDATED, reason=Reason.ORDER_CHANGED.value, reason_detail=None)


def not_created(shipment: Shipment, now: datetime) -> Shipment:
    """Surely this attempt made no label; an earlier one may have. Tried again by itself, later and later."""
    wait = min(2.0 ** min(shipment.label_attempt, 16), _LONGEST_BACK_OFF_SECONDS)
    due = now + timedelta(seconds=wait)
    doubt = shipment.reason == Reason.LABEL_OUTCOME_UNKNOWN
    reason = Reason.CARRIER_AWAY.value
    return replace(shipment, label_known=not doubt, label_due_at=due, reason=reason, reason_detail=None)


def put_off(shipment: Shipment, now: datetime) -> Shipment:
    """What the intent needs could not be read: the others of the connection go first."""
    due = now + timedelta(seconds=_PUT_OFF_SECONDS)
    return replace(shipment, label_due_at=due, reason=Reason.CARRIER_AWAY.value, reason_detail=None)


def outcome_unknown(shipment: Shipment, now: datetime, *, blind: bool) -> Shipment:
    """Keyed: the same again, which finds the label made before. Blind: a person looks at the carrier's."""
    if blind:
        reason = Reason.LABEL_OUTCOME_UNKNOWN.value
        return replace(shipment, state=State.NEEDS_PERSON, label_due_at=None, reason=reason, reason_detail=None)
    wait = min(2.0 ** min(shipment.label_attempt, 16), _LONGEST_BACK_OFF_SECONDS)
    return replace(shipment, label_due_at=now + timedelta(seconds=wait), reason=Reason.CARRIER_AWAY.value)


def held_back(shipment: Shipment, order_version: int, held: Hold) -> Shipment:
    """
    Found out while the label was made: it waits with this reason until the order changes or a person mends it. Where an
    earlier attempt may have made the label, a person looks.
    """
    if shipment.reason == Reason.LABEL_OUTCOME_UNKNOWN:
        return outcome_unknown(shipment, shipment.planned_at, blind=True)
    return replace(
        shipment,
        state=State.PLANNED,
        label_known=True,
        label_due_at=None,
        requested_by=None,
        requested_at=None,
        reason=held.reason.value,
        reason_detail=held.detail,
        problem=held.reason.value,
        problem_detail=held.detail,
        problem_version=order_version,
    )


def void(fulfilment: Fulfilment, shipment_id: UUID, now: datetime) -> Fulfilment:
    """
    A person takes a label back; what is left of the order then waits for a person. The order itself goes on.

    Raises KeyError, NotPossible.
    """
    shipment = fulfilment.shipment(shipment_id)
    if not shipment.has_label and not in_doubt(shipment):
        raise NotPossible("no_label", "This parcel has no label to void.")
    if not may_be_voided(shipment):
        raise NotPossible(
            "already_told", "Its tracking number is being sent to the marketplace, or is there: it cannot be voided."
        )
    taken_back = released(replace(shipment, label_known=True), Reason.VOIDED_BY_PERSON, now)
    return replace(fulfilment.with_shipment(taken_back), person_decides=True)


def retried(fulfilment: Fulfilment, shipment_id: UUID, asked: Asked, terms: Terms) -> Fulfilment:
    """
    A person's retry, of whatever came to a halt: a number that was refused or not found is sent again, a label that
    could not be made is asked for again. Raises KeyError, NotPossible.
    """
    shipment = fulfilment.shipment(shipment_id)
    if write_back.may_be_asked_again(shipment):
        order = fulfilment.order
        version = order.version if order and _outweighs_request(shipment, asked) else shipment.despite_version
        return fulfilment.with_shipment(replace(write_back.asked_again(shipment, asked.at), despite_version=version))
    if in_doubt(shipment):
        shipment = replace(shipment, state=State.PLANNED, label_known=True)
        return request(fulfilment.with_shipment(shipment), shipment_id, asked, terms)
    if shipment.state is State.PLANNED and shipment.problem is not None:
        return request(fulfilment, shipment_id, asked, terms)
    raise NotPossible("nothing_to_retry", "Nothing of this parcel has come to a halt.")


def _outweighs_request(shipment: Shipment, asked: Asked) -> bool:
    """
    The retry is a word about the buyer's cancellation request, too: that is what the number waits for, or it may have
    left before. A refusal that was mended says nothing of a request that came since.
    """
    told = shipment.write_back
    waits = told is not None and (told.reason == Reason.CANCEL_REQUESTED or told.may_have_left)
    return asked.despite_cancellation or waits


def _chosen(parcel: Shipment, units: Mapping[UUID, int] | None, splitting: Splitting) -> tuple[ShipmentLine, ...]:
    if units is None:
        return parcel.lines
    known = {line.line_id for line in parcel.lines}
    too_many = any(
        units.get(line.line_id, 0) > line.quantity or units.get(line.line_id, 0) < 0 for line in parcel.lines
    )
    if too_many or not set(units) <= known:
        raise NotPossible("units", "A parcel holds no more units of a line than are left to ship.")
    lines = tuple(replace(line, quantity=units.get(line.line_id, 0)) for line in parcel.lines)
    lines = tuple(line for line in lines if line.quantity > 0)
    if not lines:
        raise NotPossible("units", "Choose at least one unit.")
    if lines != parcel.lines and not splitting.orders:
        raise NotPossible("one_parcel", "This marketplace takes one parcel per order: all units leave together.")
    part = next((line.sku for line in lines if line not in parcel.lines), None)
    if part is not None and not splitting.lines:
        raise NotPossible(
            "whole_lines", "This marketplace takes a line's units in one parcel: choose all of them, or none.", part
        )
    return lines


def _not_possible(held: Hold) -> NotPossible:
    return NotPossible(held.reason.value, SENTENCES[held.reason], held.detail)
