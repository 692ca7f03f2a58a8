"""
When a buyer's data goes, and what is left of its order then: everything but the buyer.

An erased order is a tombstone: later readings change its status, its lines and its parcels, never that it is erased.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from services.orders.domain.order import Order
from services.orders.domain.timeline import Entry

# Of records that cannot be read, too: of those nobody knows when their order is delivered.
USUAL_DAYS = 30.0
# No parcel is longer on its way: what is promised for later is no promise.
_LONGEST_WAY = timedelta(days=30)
# Codes of the timeline, by why it was erased.
TIME_IS_OVER, WISHED = "order.erased", "order.erased_at_wish"


def erase_after(
    delivered_at: datetime | None, deliver_by: datetime | None, ended_at: datetime | None, keep: timedelta
) -> datetime | None:
    """
    When personal data goes: so long after delivered, else promised, else ended; None: nothing of it is known.

    A promise for long after the end is a mistake, or foolish: it keeps nobody's data.
    """
    is_foolish = deliver_by is not None and ended_at is not None and deliver_by > ended_at + _LONGEST_WAY
    starts = delivered_at or (ended_at if is_foolish else deliver_by or ended_at)
    return starts + keep if starts else None


def erased(order: Order, now: datetime, why: str) -> tuple[Order, Entry]:
    """
    The order without what was made of its buyer's data, and what its timeline says.

    Its version stays: nobody has anything to do differently, but for whoever would print the address.
    """
    return replace(order, erased_at=now, recipient_digest=None, content_digest=""), Entry(now, why, {})


def told_destinations(order: Order) -> frozenset[int]:
    """Destinations whose address was known, also when it is no longer: so that what was decided stays so."""
    return frozenset(line.destination for line in order.lines if line.code != "recipient_missing")
