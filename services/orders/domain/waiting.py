"""
Why an order waits now: what its page says on top, in the order a person would mend it.

Joins three words that come in any order: the order's, inventory's (reservation) and labels' (shipments). What was not
heard yet is itself a reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.orders.domain.copies import Reservation, Shipments
from services.orders.domain.order import Decision, Order

_HANDED_OVER = ("owed", "sending", "sent")
_TROUBLE = ("refused", "needs_person", "shipped_elsewhere")
_OVER = ("voided",)


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` has a sentence in `sentences.py`, `facts` are its gaps. `person`: nothing moves until someone acts."""

    code: str
    person: bool
    facts: dict[str, Any]


def reasons(order: Order, reservation: Reservation | None, shipments: Shipments | None) -> list[Reason]:
    """Empty: nothing is left to be done, or it is being done this moment."""
    found = [*_decisions(order)]
    if any(line.decision is Decision.SHIP for line in order.lines):
        found += [*_stock(order, reservation), *_planned(shipments)]
    return [*found, *_parcels(shipments)]


def _decisions(order: Order) -> Iterator[Reason]:
    held: dict[tuple[Decision, str], list[str]] = {}
    for line in order.lines:
        if line.decision in (Decision.WAIT, Decision.NEEDS_PERSON) or line.code == "cancellation_requested":
            held.setdefault((line.decision, line.code), []).append(line.sku or line.marketplace_line_id)
    for (decision, code), skus in held.items():
        person = decision is not Decision.WAIT
        yield Reason(f"decision.{code}", person, {"skus": ", ".join(skus), "program": order.program or ""})


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
        if shipment.write_back in _TROUBLE:
            yield Reason(f"write_back.{shipment.write_back}", True, facts)
        elif shipment.write_back in _HANDED_OVER:
            yield Reason(f"write_back.{shipment.write_back}", False, facts)
        elif shipment.state in ("outdated", "needs_person"):
            yield Reason(f"shipment.{shipment.state}", True, facts)
        elif shipment.state in ("planned", "label_pending"):
            yield Reason(f"shipment.{shipment.state}", shipment.state == "planned", facts)
