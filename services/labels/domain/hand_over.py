"""
When a number comes due where its channel wants that: not with the label, but when the carrier gets the parcel.

The order's ship-by is stronger: a parcel that nobody handed over is told before it all the same. A marketplace counts
what it hears of later as late, and may cancel what it never hears of.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.labels.domain import labels, write_back
from services.labels.domain.actions import hand_over_may_be_undone, may_be_handed_over
from services.labels.domain.changes import released, still_fits
from services.labels.domain.coverage import covered_by_others, is_ours
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.holds import Splitting, Terms
from services.labels.domain.labels import NotPossible
from services.labels.domain.order import Order
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Shipment, Told

# Ship-by is a day's end, mostly: the carriers have been there, and an hour's outage of the marketplace has its time.
HOURS_BEFORE_SHIP_BY = 4
# So long somebody who marked the wrong parcel may take it back, whatever the marketplace's pace.
UNDO_SECONDS = 30


def followed(fulfilment: Fulfilment, terms: Terms, now: datetime) -> Fulfilment:
    """Every parcel that nothing was sent of comes due as its channel's setting and its order's ship-by have it now."""
    order = fulfilment.order
    for shipment in fulfilment.shipments if order else ():
        if order and write_back.is_unsent(shipment) and shipment.handed_over_at is None:
            fulfilment = fulfilment.with_shipment(_followed(fulfilment, shipment, order, terms, now))
    return fulfilment


def _followed(fulfilment: Fulfilment, shipment: Shipment, order: Order, terms: Terms, now: datetime) -> Shipment:
    if not terms.at_hand_over:
        waits = may_be_handed_over(shipment)
        return shipment.telling(state=Told.OWED, due_at=now) if waits else shipment
    gone = not_told(fulfilment, shipment, terms.splitting, now)
    return gone or shipment.telling(state=Told.TO_HAND_OVER, due_at=_latest(order))


def _latest(order: Order) -> datetime | None:
    """An order without ship-by is never late: only the hand-over counts."""
    return order.ship_by - timedelta(hours=HOURS_BEFORE_SHIP_BY) if order.ship_by else None


def not_told(fulfilment: Fulfilment, shipment: Shipment, splitting: Splitting, now: datetime) -> Shipment | None:
    """
    What becomes of a parcel whose number the marketplace must not be told any more; None: it may be. One that others
    shipped only a part of is a person's: the rest has not left.
    """
    order, others = fulfilment.order, fulfilment.beside(shipment)
    if order is None:
        return None
    if order.cancelled:
        return released(shipment, Reason.ORDER_CANCELLED, now)
    if order.cancel_requested and shipment.despite_version != order.version:
        return shipment.telling(state=Told.NEEDS_PERSON, due_at=None, reason=Reason.CANCEL_REQUESTED.value)
    if is_ours(shipment, order):
        return write_back.confirmed(shipment, now)
    if covered_by_others(shipment, order, others, wholly=True):
        return write_back.shipped_elsewhere(shipment)
    covered = covered_by_others(shipment, order, others)
    return labels.outdated(shipment) if covered or not still_fits(fulfilment, shipment, splitting) else None


def hand_over(fulfilment: Fulfilment, shipment_id: UUID, by: UUID | None, at: datetime) -> Fulfilment:
    """
    A person says that the carrier has the parcel: its number comes due. Said again, nothing changes.

    Raises KeyError, NotPossible.
    """
    shipment = fulfilment.shipment(shipment_id)
    if shipment.handed_over_at is not None:
        return fulfilment
    if not may_be_handed_over(shipment):
        raise NotPossible(
            "not_to_hand_over",
            "This parcel does not wait to be handed over: it has no label that counts, or the marketplace is told "
            "anyway.",
        )
    due = at + timedelta(seconds=UNDO_SECONDS)
    latest = shipment.write_back.due_at if shipment.write_back else None
    owed = shipment.telling(state=Told.OWED, due_at=min(due, latest) if latest else due)
    return fulfilment.with_shipment(replace(owed, handed_over_at=at, handed_over_by=by))


def undo(fulfilment: Fulfilment, shipment_id: UUID) -> Fulfilment:
    """
    The carrier has not got it after all: to be `followed`. Said of a parcel that is not handed over, nothing changes.

    Raises KeyError, NotPossible.
    """
    shipment = fulfilment.shipment(shipment_id)
    if shipment.handed_over_at is None:
        return fulfilment
    if not hand_over_may_be_undone(shipment):
        raise NotPossible(
            "hand_over_told", "It is too late to undo the hand-over: the marketplace is told, or the order has changed."
        )
    return fulfilment.with_shipment(replace(shipment, handed_over_at=None, handed_over_by=None))
