"""
Labels asked for together: what became of each order at the asking. What becomes of the labels, their shipments tell.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.labels.domain import labels
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.holds import Terms
from services.labels.domain.labels import Asked, NotPossible
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Shipment, State

MOST_ORDERS = 500


class Outcome(StrEnum):
    """Of the asking."""

    ASKED = "asked"
    ALREADY = "already"  # its label was made, or asked for, before
    HELD = "held"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Item:
    """A parcel of the batch, or an order none of whose parcels could be asked for. `reason`: why it is held."""

    order_id: UUID
    outcome: Outcome
    shipment_id: UUID | None = None
    reason: str | None = None
    reason_detail: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """`items` in the order in which the orders were named."""

    batch_id: UUID
    organisation_id: UUID
    requested_by: UUID | None
    requested_at: datetime
    items: tuple[Item, ...]


def ask_for_order(fulfilment: Fulfilment, asked: Asked, terms: Terms) -> tuple[Fulfilment, tuple[Item, ...]]:
    """Asks for every planned parcel of an order that nothing holds; `terms` as for this order."""
    items: list[Item] = []
    for shipment in fulfilment.shipments:
        if not shipment.live:
            continue
        fulfilment, item = _ask_for(fulfilment, shipment, asked, terms)
        items.append(item)
    return fulfilment, tuple(items) or (without_parcel(fulfilment),)


def without_parcel(fulfilment: Fulfilment) -> Item:
    """An order for which no parcel is planned, and why."""
    return Item(fulfilment.order_id, Outcome.HELD, reason=_why_no_parcel(fulfilment).value)


def _ask_for(fulfilment: Fulfilment, shipment: Shipment, asked: Asked, terms: Terms) -> tuple[Fulfilment, Item]:
    order_id, shipment_id = fulfilment.order_id, shipment.shipment_id
    match shipment.state:
        case State.PLANNED:
            try:
                fulfilment = labels.request(fulfilment, shipment_id, asked, terms)
            except NotPossible as error:
                return fulfilment, Item(order_id, Outcome.HELD, shipment_id, error.code, error.detail)
            return fulfilment, Item(order_id, Outcome.ASKED, shipment_id)
        case State.OUTDATED | State.NEEDS_PERSON:
            return fulfilment, Item(order_id, Outcome.HELD, shipment_id, shipment.reason, shipment.reason_detail)
        case _:
            return fulfilment, Item(order_id, Outcome.ALREADY, shipment_id)


def _why_no_parcel(fulfilment: Fulfilment) -> Reason:
    order = fulfilment.order
    if order is None:
        return Reason.RESERVATION_AWAITED
    if order.cancelled:
        return Reason.ORDER_CANCELLED
    if any(line.ours and not line.ships and line.unshipped > 0 for line in order.lines):
        return Reason.ORDER_WAITS
    return Reason.NOTHING_LEFT if fulfilment.reserved else Reason.RESERVATION_AWAITED
