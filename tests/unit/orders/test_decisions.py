"""The laws of the one decision per line."""

from dataclasses import replace

import pytest

from services.orders.domain.decisions import Decided, decide
from services.orders.domain.order import Decision
from shared.marketplaces.models import MarketplaceLine, MarketplaceOrder, OrderStatus, ShippedBy
from tests.unit.orders.builders import line, order

SHIP, WAIT, NOT_OURS, PERSON = Decision.SHIP, Decision.WAIT, Decision.NOT_OURS, Decision.NEEDS_PERSON

CASES = [
    ("an open order of ours", order(), line(), SHIP, "ready", True),
    (
        "rule 1: shipped by the marketplace",
        order(shipped_by=ShippedBy.MARKETPLACE),
        line(),
        NOT_OURS,
        "marketplace_fulfilled",
        False,
    ),
    (
        "rule 1 before 3: pending, by the marketplace",
        order(shipped_by=ShippedBy.MARKETPLACE, status=OrderStatus.PENDING),
        line(),
        NOT_OURS,
        "marketplace_fulfilled",
        False,
    ),
    ("rule 2: an echo of a sale elsewhere", order(is_sale=False), line(), NOT_OURS, "echo", False),
    ("rule 3: pending reserves, never ships", order(status=OrderStatus.PENDING), line(), WAIT, "pending", True),
    (
        "rule 4: a wish to cancel one line",
        order(cancel_requested=True),
        line(cancel_requested=True),
        SHIP,
        "cancellation_requested",
        True,
    ),
    (
        "rule 4: a wish that names no line is about all",
        order(cancel_requested=True),
        line(),
        SHIP,
        "cancellation_requested",
        True,
    ),
    (
        "rule 5: partly shipped, the rest ships",
        order(status=OrderStatus.PARTIALLY_SHIPPED),
        line(fulfilled=1),
        SHIP,
        "ready",
        True,
    ),
    (
        "rule 5: a finished line of a partly shipped order",
        order(status=OrderStatus.PARTIALLY_SHIPPED),
        line(fulfilled=2),
        NOT_OURS,
        "already_shipped",
        False,
    ),
    (
        "rule 5: cancelled and shipped make it whole",
        order(),
        line(cancelled=1, fulfilled=1),
        NOT_OURS,
        "already_shipped",
        False,
    ),
    (
        "rule 6: a program owns the route, the stock is ours",
        order(shipped_by=ShippedBy.PROGRAM, program="AMAZON_EASY_SHIP"),
        line(),
        PERSON,
        "program_owns_route",
        True,
    ),
    (
        "rule 6: also while pending",
        order(shipped_by=ShippedBy.PROGRAM, program="PRIME", status=OrderStatus.PENDING),
        line(),
        PERSON,
        "program_owns_route",
        True,
    ),
    ("rule 7: duties are the carrier's matter", order(), line(duties=("signature",)), SHIP, "ready", True),
    (
        "rule 11: a replacement for nothing ships",
        order(total=None, related=(("replacement_of", "x"),)),
        line(unit_price=None),
        SHIP,
        "ready",
        True,
    ),
    ("rule 14: shipped when first seen", order(status=OrderStatus.SHIPPED), line(), NOT_OURS, "already_shipped", False),
    ("rule 15: no SKU at all", order(), line(sku=None), PERSON, "sku_missing", False),
    ("rule 15: an empty SKU is none", order(), line(sku=""), PERSON, "sku_missing", False),
    ("rule 24: the channel is not told", order(channel_id=None), line(), PERSON, "channel_unknown", True),
    ("cancelled order", order(status=OrderStatus.CANCELLED), line(), NOT_OURS, "cancelled", False),
    ("cancelled line", order(), line(cancelled=2), NOT_OURS, "cancelled", False),
    (
        "the marketplace says it cannot be fulfilled",
        order(status=OrderStatus.UNFULFILLABLE),
        line(),
        PERSON,
        "unfulfillable",
        False,
    ),
    ("a status not known here", order(status=OrderStatus.UNKNOWN), line(), PERSON, "status_unknown", True),
    (
        "nobody says who ships: could be the marketplace's stock",
        order(shipped_by=ShippedBy.UNKNOWN),
        line(),
        PERSON,
        "shipper_unknown",
        False,
    ),
    (
        "rule 8: waits for the seller's answer, stock is held",
        order(status=OrderStatus.WAITING_ACCEPTANCE),
        line(),
        WAIT,
        "waiting_acceptance",
        True,
    ),
    (
        "rule 9: the line's own shipper counts",
        order(),
        line(shipped_by=ShippedBy.MARKETPLACE),
        NOT_OURS,
        "marketplace_fulfilled",
        False,
    ),
    (
        "rule 9: ours in an order the marketplace ships",
        order(shipped_by=ShippedBy.MARKETPLACE),
        line(shipped_by=ShippedBy.SELLER),
        SHIP,
        "ready",
        True,
    ),
    ("rule 9: the line's own status counts", order(), line(status=OrderStatus.PENDING), WAIT, "pending", True),
    (
        "rule 9: a line released before the others",
        order(status=OrderStatus.PENDING),
        line(status=OrderStatus.OPEN),
        SHIP,
        "ready",
        True,
    ),
    ("rule 9: a shipped line", order(), line(status=OrderStatus.SHIPPED), NOT_OURS, "already_shipped", False),
    ("rule 9: a cancelled line", order(), line(status=OrderStatus.CANCELLED), NOT_OURS, "cancelled", False),
    (
        "a cancelled order, whatever its line still says",
        order(status=OrderStatus.CANCELLED),
        line(status=OrderStatus.OPEN),
        NOT_OURS,
        "cancelled",
        False,
    ),
]


@pytest.mark.parametrize(
    ("told", "its_line", "decision", "code", "reserve"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_each_rule_of_the_trade_has_its_decision(
    told: MarketplaceOrder, its_line: MarketplaceLine, decision: Decision, code: str, reserve: bool
) -> None:
    """One decision, one code, and whether stock is held meanwhile."""
    told = replace(told, lines=(its_line,))
    assert decide(told, its_line, has_recipient=True) == Decided(decision, code, reserve)


def test_an_open_order_without_an_address_waits_and_holds_stock() -> None:
    """Rule 23: an absent address is normal; nothing can be labelled before it comes."""
    assert decide(order(), line(), has_recipient=False) == Decided(WAIT, "recipient_missing", reserve=True)


def test_a_wish_to_cancel_one_line_leaves_the_other_as_it_is() -> None:
    """Rule 4: the order's flag is about the line that carries it."""
    asked, other = line(1, cancel_requested=True), line(2)
    told = order(cancel_requested=True, lines=(asked, other))
    assert decide(told, asked, has_recipient=True).code == "cancellation_requested"
    assert decide(told, other, has_recipient=True).code == "ready"
