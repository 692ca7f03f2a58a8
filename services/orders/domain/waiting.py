"""
Why an order waits now: what its page says on top, in the order a person would mend it.

Joins three words that come in any order: the order's (with the seller's answer where it waits for one), inventory's
(reservation) and labels' (shipments). What was not heard yet is itself a reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.orders.domain.acceptance import Acceptance, Mode, State, hindrances
from services.orders.domain.copies import Reservation, Shipments
from services.orders.domain.order import Decision, Order

# Labels' words of a parcel, and of telling the marketplace of it; the dashboard counts by the same.
TO_HAND_OVER = "to_hand_over"
TELLING = ("owed", "sending", "sent")
TROUBLE = ("refused", "needs_person", "shipped_elsewhere")
HALTED = ("outdated", "needs_person")
_OVER = ("voided",)


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` has a sentence in `sentences.py`, `facts` are its gaps. `person`: nothing moves until someone acts."""

    code: str
    person: bool
    facts: dict[str, Any]


def most_urgent(found: list[Reason]) -> Reason | None:
    """The one to show where there is room for one: what a person must do, else what it waits for by itself."""
    return next((one for one in found if one.person), found[0] if found else None)


def trouble(found: list[Reason]) -> Reason | None:
    """What somebody must decide or mend; a parcel that is planned for a label by hand is everyday work, not that."""
    return most_urgent([one for one in found if one.person and one.code != "shipment.planned"])


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of the answer to an order that waits for one. `mode` None: its marketplace takes none from here."""

    mode: Mode | None = None
    given: Acceptance | None = None


def reasons(
    order: Order, reservation: Reservation | None, shipments: Shipments | None, answer: Answer | None = None
) -> list[Reason]:
    """Empty: nothing is left to be done, or it is being done this moment."""
    found = [*_decisions(order)]
    if order.waits_for_answer:
        found = [*_answer(order, reservation, answer or Answer()), *found]
    if any(line.decision is Decision.SHIP for line in order.lines):
        found += _erased(order, shipments)
        found += [*_stock(order, reservation), *_planned(shipments)]
    return [*found, *_parcels(shipments)]


def _decisions(order: Order) -> Iterator[Reason]:
    held: dict[tuple[Decision, str], list[str]] = {}
    for line in order.lines:
        if line.decision in (Decision.WAIT, Decision.NEEDS_PERSON) or line.code == "cancellation_requested":
            held.setdefault((line.decision, line.code), []).append(line.sku or line.marketplace_line_id)
    for (decision, code), skus in held.items():
        if code == "waiting_acceptance" and order.waits_for_answer:
            continue  # `_answer` says more
        person = decision is not Decision.WAIT
        yield Reason(f"decision.{code}", person, {"skus": ", ".join(skus), "program": order.program or ""})


def _answer(order: Order, reservation: Reservation | None, answer: Answer) -> Iterator[Reason]:
    if answer.given is not None and answer.given.state is not State.WITHDRAWN:
        person = answer.given.state in (State.REFUSED, State.NEEDS_PERSON)
        yield Reason(f"acceptance.{answer.given.state}", person, {"reason": answer.given.reason or ""})
    elif answer.mode is Mode.AUTOMATIC:
        yield from _not_accepted(order, reservation)
    else:
        yield Reason("acceptance.by_hand" if answer.mode else "acceptance.in_portal", True, {})


def _not_accepted(order: Order, reservation: Reservation | None) -> Iterator[Reason]:
    found = hindrances(order, reservation)
    if not found:
        yield Reason("acceptance.waits_reservation", False, {})
    for one in found or ():
        yield Reason(one.code, True, {"skus": ", ".join(one.skus)})


def _erased(order: Order, shipments: Shipments | None) -> Iterator[Reason]:
    labelled = any(one.label_created_at for one in shipments.shipments) if shipments else False
    if order.erased_at is not None and not labelled:
        yield Reason("waits.erased", True, {})


def _stock(order: Order, reservation: Reservation | None) -> Iterator[Reason]:
    if reservation is None or reservation.order_version < order.version:
        yield Reason("waits.reservation", False, {})
    elif reservation.short:
        facts = {"short": reservation.short, "skus": ", ".join(reservation.short_skus)}
        yield Reason("waits.stock_short", True, facts)


def _planned(shipments: Shipments | None) -> Iterator[Reason]:
    if shipments is None or all(shipment.state in _OVER for shipment in shipments.shipments):
        yield Reason("waits.plan", False, {})


def _parcels(shipments: Shipments | None) -> Iterator[Reason]:
    for shipment in shipments.shipments if shipments else ():
        facts = {"tracking_number": shipment.tracking_number or "", "reason": shipment.reason or ""}
        if shipment.write_back in TROUBLE:
            yield Reason(f"write_back.{shipment.write_back}", True, facts)
        elif shipment.write_back in (TO_HAND_OVER, *TELLING):
            yield Reason(f"write_back.{shipment.write_back}", False, facts)
        elif shipment.state in HALTED:
            yield Reason(f"shipment.{shipment.state}", True, facts)
        elif shipment.state in ("planned", "label_pending"):
            yield Reason(f"shipment.{shipment.state}", shipment.state == "planned", facts)
