"""
One decision per line: ship, wait, not ours, or needs a person, from order facts alone (domain rules 1-6, 8-11, 14, 15).

Status, shipper and address are the line's own where a marketplace tells them per line, else the order's. An order
cancelled as a whole is cancelled, whatever its lines still say.

What a carrier cannot do (duties, pick-up points, an early label) is labels' to say; a buyer's wish to cancel is told
beside the decision, so that a person can still ship. `reserve`: stock is held, also while the line waits, because the
marketplace lowers its own count at order time (rule 3).
"""

from dataclasses import dataclass

from services.orders.domain.order import Decision
from shared.marketplaces.models import MarketplaceLine, MarketplaceOrder, OrderStatus, ShippedBy


@dataclass(frozen=True, slots=True)
class Decided:
    decision: Decision
    code: str
    reserve: bool


def decide(order: MarketplaceOrder, line: MarketplaceLine, *, has_recipient: bool) -> Decided:
    """
    What is to be done with this line now. `has_recipient`: the address of its destination is known, by this or an
    earlier reading.
    """
    return _not_ours(order, line) or _held(order, line) or _sent(order, line, has_recipient=has_recipient)


def _status(order: MarketplaceOrder, line: MarketplaceLine) -> OrderStatus:
    return line.status or order.status


def _shipped_by(order: MarketplaceOrder, line: MarketplaceLine) -> ShippedBy:
    return line.shipped_by or order.shipped_by


def _not_ours(order: MarketplaceOrder, line: MarketplaceLine) -> Decided | None:
    if not order.is_sale:
        return _no("echo")
    status = _status(order, line)
    if _shipped_by(order, line) is ShippedBy.MARKETPLACE:
        return _no("marketplace_fulfilled")
    if OrderStatus.CANCELLED in (order.status, status) or line.ordered <= line.cancelled:
        return _no("cancelled")
    if status is OrderStatus.SHIPPED or line.ordered - line.cancelled <= line.fulfilled:
        return _no("already_shipped")
    return None


def _held(order: MarketplaceOrder, line: MarketplaceLine) -> Decided | None:
    """Rows of (it is so, decision, code); the first that is so."""
    status, shipped_by = _status(order, line), _shipped_by(order, line)
    rows = (
        (status is OrderStatus.UNFULFILLABLE, Decision.NEEDS_PERSON, "unfulfillable", False),
        (shipped_by is ShippedBy.UNKNOWN, Decision.NEEDS_PERSON, "shipper_unknown", False),
        (status is OrderStatus.UNKNOWN, Decision.NEEDS_PERSON, "status_unknown", True),
        (not line.sku, Decision.NEEDS_PERSON, "sku_missing", False),
        (order.channel_id is None, Decision.NEEDS_PERSON, "channel_unknown", True),
        (shipped_by is ShippedBy.PROGRAM, Decision.NEEDS_PERSON, "program_owns_route", True),
        (status is OrderStatus.WAITING_ACCEPTANCE, Decision.WAIT, "waiting_acceptance", True),
        (status is OrderStatus.PENDING, Decision.WAIT, "pending", True),
    )
    found = next((row for row in rows if row[0]), None)
    return Decided(found[1], found[2], found[3]) if found else None


def _sent(order: MarketplaceOrder, line: MarketplaceLine, *, has_recipient: bool) -> Decided:
    if not has_recipient:
        return Decided(Decision.WAIT, "recipient_missing", reserve=True)
    # A wish that names no line is about all of them.
    whole_order = order.cancel_requested and not any(one.cancel_requested for one in order.lines)
    if line.cancel_requested or whole_order:
        return Decided(Decision.SHIP, "cancellation_requested", reserve=True)
    return Decided(Decision.SHIP, "ready", reserve=True)


def _no(code: str) -> Decided:
    return Decided(Decision.NOT_OURS, code, reserve=False)
