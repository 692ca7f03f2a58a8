"""Octopia's orders in our words: status, shipper, address and parcels per line."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.kernel.errors import Unreadable
from shared.kernel.money import Money
from shared.marketplaces.fields import load
from shared.marketplaces.models import MarketplaceOrder, OrderStatus, Recipient, ShippedBy, UnreadableOrder
from shared.marketplaces.octopia.delivery import ends_at_pickup_point
from shared.marketplaces.octopia.parse import parse_count, parse_order, parse_record, parse_records
from tests.unit.marketplaces.octopia_side import address, line, order


def read(**fields: Any) -> MarketplaceOrder:
    parsed = parse_record(load(json.dumps(order(**fields)).encode()))
    assert isinstance(parsed, MarketplaceOrder)
    return parsed


def test_an_order_is_read_whole() -> None:
    """Ids, times in UTC, money in minor units, the deadline, the promise and the address."""
    one = read()
    assert (one.id, one.channel_id, one.status, one.status_text) == (
        "2611210930ABCDE",
        "CDISFR",
        OrderStatus.OPEN,
        "InPreparation",
    )
    assert one.shipped_by is ShippedBy.SELLER
    assert one.placed_at == datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
    assert one.updated_at == datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
    assert one.ship_by == datetime(2026, 11, 22, tzinfo=UTC)
    assert one.deliver_by == datetime(2026, 11, 26, tzinfo=UTC)
    assert one.total == Money(2990, "EUR")
    (only,) = one.lines
    assert (only.id, only.sku, only.title) == ("L1", "SKU-1", "Une lampe")
    assert (only.ordered, only.cancelled, only.fulfilled) == (2, 0, 0)
    assert only.unit_price == Money(1250, "EUR")
    assert (only.status, only.shipped_by, only.destination) == (OrderStatus.OPEN, ShippedBy.SELLER, 0)
    assert one.personal.recipient == Recipient(
        name="Claire Martin",
        lines=("1 rue Exemple",),
        postal_code="33000",
        city="Bordeaux",
        country="FR",
        phone="+33100000000",
        email="x@example.invalid",
    )
    assert one.personal.buyer["reference"] == "CUST-0001"
    assert json.loads(one.raw) == order()


@pytest.mark.parametrize(
    ("word", "status", "fulfilled", "cancelled"),
    [
        ("Processing", OrderStatus.PENDING, 0, 0),
        ("WaitingAcceptance", OrderStatus.WAITING_ACCEPTANCE, 0, 0),
        ("Accepted", OrderStatus.PENDING, 0, 0),
        ("InPreparation", OrderStatus.OPEN, 0, 0),
        ("Shipped", OrderStatus.SHIPPED, 2, 0),
        ("Delivered", OrderStatus.SHIPPED, 2, 0),
        ("Cancelled", OrderStatus.CANCELLED, 0, 2),
        ("Refused", OrderStatus.CANCELLED, 0, 2),
        ("Rejected", OrderStatus.CANCELLED, 0, 2),
        ("Teleported", OrderStatus.UNKNOWN, 0, 0),
    ],
)
@pytest.mark.parametrize("per_line", [True, False])
def test_statuses_and_their_units(
    word: str, status: OrderStatus, fulfilled: int, cancelled: int, *, per_line: bool
) -> None:
    """A line is shipped or cancelled as a whole, by its own word, else by the order's; the word itself is kept."""
    one = read(status=word, lines=[line(status=word if per_line else None)])
    assert (one.status, one.status_text) == (status, word)
    assert one.lines[0].status == (status if per_line else None)
    assert (one.lines[0].fulfilled, one.lines[0].cancelled) == (fulfilled, cancelled)
    assert (one.delivered_at == one.updated_at) == (word == "Delivered")


def test_a_mixed_order_is_told_line_by_line() -> None:
    """Some lines are the seller's, others leave from Octopia's warehouse (domain rule 9)."""
    one = read(lines=[line(1, "Fulfillment", status="Shipped"), line(2), line(3, "Xdock"), line(4, None)])
    assert [each.shipped_by for each in one.lines] == [
        ShippedBy.MARKETPLACE,
        ShippedBy.SELLER,
        ShippedBy.MARKETPLACE,
        ShippedBy.UNKNOWN,
    ]
    assert [each.fulfilled for each in one.lines] == [2, 0, 0, 0]
    assert one.shipped_by is ShippedBy.SELLER


@pytest.mark.parametrize(
    ("modes", "shipped_by"),
    [
        (["Fulfillment", "Xdock"], ShippedBy.MARKETPLACE),
        (["Fulfillment", None], ShippedBy.UNKNOWN),
        (["Fulfillment", "Drone"], ShippedBy.UNKNOWN),
        ([None, "Seller"], ShippedBy.SELLER),
    ],
)
def test_whose_order_it_is(modes: list[str | None], shipped_by: ShippedBy) -> None:
    """The seller's if any line is; else unknown if any line does not tell; else Octopia's."""
    assert read(lines=[line(number, mode) for number, mode in enumerate(modes)]).shipped_by is shipped_by


def test_lines_that_go_to_different_places() -> None:
    """The seller's first place is the recipient, further ones are numbered; a line without an address goes nowhere."""
    lyon, paris = address(city="Lyon"), address(city="Paris")
    one = read(
        lines=[
            line(1, "Fulfillment", shippingAddress=paris),
            line(2, None, shippingAddress=paris),
            line(3, shippingAddress=lyon),
            line(4, shippingAddress=address(city=" LYON ", phone="+33999999999")),
            line(5, shippingAddress=None),
        ]
    )
    assert [each.destination for each in one.lines] == [0, 1, 0, 0, 2]
    assert one.personal.recipient is not None
    assert one.personal.recipient.city == "Lyon"
    assert [other.city for other in one.personal.others] == ["Paris"]


def test_no_address_is_normal() -> None:
    """Before preparation none is told, and none is kept for what Octopia ships; a town alone is no address."""
    assert read(status="WaitingAcceptance", lines=[line(shippingAddress=None)]).personal.recipient is None
    assert read(lines=[line(shippingAddress={"city": "Lyon"})]).personal.recipient is None
    assert read(lines=[line(1, "Fulfillment")]).personal.recipient is None


def test_a_business_order_bears_the_companys_name() -> None:
    """The label gets it, from the invoice where the address has none (domain rule 12)."""
    billing = address(companyName="Lampes SARL", companyVatNumber="FR123")
    one = read(businessOrder=True, billingAddress=billing)
    assert one.business
    assert one.personal.recipient is not None
    assert one.personal.recipient.company == "Lampes SARL"
    assert one.personal.buyer["vat_number"] == "FR123"
    private = read(billingAddress=address(companyName="Lampes SARL"))
    assert not private.business
    assert private.personal.recipient is not None
    assert private.personal.recipient.company is None


@pytest.mark.parametrize(
    ("mode", "pickup"),
    [
        ("TrackedHomeDelivery", False),
        ("STD", False),
        ("Express", False),
        (None, False),
        ("REL", True),
        ("so1", True),
        ("PickUpPoint", True),
        ("Point relais", True),
        ("Retrait en magasin", True),
        ("locker-24", True),
    ],
)
def test_pickup_points(mode: str | None, *, pickup: bool) -> None:
    """A mode that is recognisably one puts a duty on the line and marks the address (domain rule 13)."""
    assert ends_at_pickup_point(mode) is pickup
    one = read(lines=[line(delivery={"mode": mode})])
    assert one.lines[0].duties == (("pickup_point",) if pickup else ())
    assert one.personal.recipient is not None
    assert one.personal.recipient.pickup_point is pickup


def test_one_number_over_several_lines_is_one_parcel() -> None:
    """Each line names its parcels; units are the line's."""
    parcel = {"parcelNumber": "6A1", "carrierName": "Colissimo", "trackingUrl": None}
    other = {"parcelNumber": "6A2", "carrierName": "Colissimo"}
    one = read(lines=[line(1, parcels=[parcel]), line(2, parcels=[parcel, other]), line(3, parcels=None)])
    assert [(each.reference, each.carrier, each.tracking_number, each.lines) for each in one.packages] == [
        (None, "Colissimo", "6A1", (("L1", 2), ("L2", 2))),
        (None, "Colissimo", "6A2", (("L2", 2),)),
    ]


def test_a_wish_to_cancel_is_no_state() -> None:
    """The line goes on as the order does, with the wish beside it (domain rule 4)."""
    one = read(lines=[line(1, status="CancelRequest"), line(2)])
    assert (one.cancel_requested, one.status) == (True, OrderStatus.OPEN)
    assert [(each.cancel_requested, each.status) for each in one.lines] == [(True, None), (False, OrderStatus.OPEN)]
    assert [each.cancelled for each in one.lines] == [0, 0]


def test_a_cancelled_order_takes_its_lines_along() -> None:
    """All but those that had left."""
    one = read(status="Cancelled", lines=[line(1, status="InPreparation"), line(2, status="Shipped")])
    assert [(each.cancelled, each.fulfilled) for each in one.lines] == [(2, 0), (0, 2)]


@pytest.mark.parametrize(
    ("amount", "currency", "money"),
    [
        (54.89, "EUR", Money(5489, "EUR")),
        (0.1, "EUR", Money(10, "EUR")),
        (1200, "EUR", Money(120000, "EUR")),
        (1200, "JPY", Money(1200, "JPY")),
        (54.891, "EUR", None),
        (54.89, None, None),
        ("n/a", "EUR", None),
    ],
)
def test_money_is_exact(amount: Any, currency: str | None, money: Money | None) -> None:
    """Numbers are decimals, by the currency's own exponent (domain rule 21); nothing is rounded."""
    assert read(totalPrice={"sellingPrice": amount}, currencyCode=currency).total == money


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"orderId": None}, "orderId is missing or not a text"),
        ({"updatedAt": "yesterday"}, "updatedAt is missing or not a time"),
        ({"lines": "unavailable"}, "lines is missing or not a list"),
        ({"lines": []}, "lines is empty or holds something that is no line"),
        ({"lines": [line(), "x"]}, "lines is empty or holds something that is no line"),
        ({"lines": [line(quantity="2")]}, "quantity is missing or not a whole number"),
    ],
)
def test_a_record_that_cannot_be_read_is_set_aside(fields: dict[str, Any], reason: str) -> None:
    """Its id where there is one, and which field it was; the page goes on."""
    body = json.dumps({"items": [order(**fields), order(orderId="other")]}).encode()
    (_, bad), (known_by, good) = parse_records(body)
    assert isinstance(bad, UnreadableOrder)
    assert bad.reason == reason
    assert bad.id == order(**fields)["orderId"]
    assert isinstance(good, MarketplaceOrder)
    assert known_by == good.id == "other"


def test_what_is_no_answer_at_all() -> None:
    """A list that is none, a number that is none, an order that is none: unreadable, with the bytes."""
    for body in (b"<html>", b"[]", b'{"items": "unavailable"}'):
        with pytest.raises(Unreadable):
            parse_records(body)
    for body in (b'"unavailable"', b"-1", b"1.5", b"true", b"<html>"):
        with pytest.raises(Unreadable):
            parse_count(body)
    with pytest.raises(Unreadable) as caught:
        parse_order(b"{}")
    assert caught.value.raw == b"{}"
    assert parse_count(b"17") == 17
