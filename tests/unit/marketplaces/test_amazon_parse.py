"""Amazon's orders in our words: one law of the trade per test."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.kernel.money import Money
from shared.marketplaces.amazon import parse
from shared.marketplaces.amazon.parse import parse_record
from shared.marketplaces.models import MarketplaceLine, MarketplaceOrder, OrderStatus, ShippedBy, UnreadableOrder
from tests.unit.marketplaces.far_side import FRANCE, euros, fulfillment, item, order

ADDRESS = {
    "name": "Ada Martin",
    "companyName": "Martin SARL",
    "addressLine1": "1 rue Haute",
    "addressLine2": "",
    "city": "Lyon",
    "postalCode": "69001",
    "countryCode": "FR",
    "phone": "+33 4 00 00 00 00",
}


def read(**fields: Any) -> MarketplaceOrder:
    parsed = parse_record(order(**fields))
    assert isinstance(parsed, MarketplaceOrder), parsed
    return parsed


def line(**fields: Any) -> MarketplaceLine:
    """The only line of an order whose status is `status` (UNSHIPPED if not told) and whose item is the rest."""
    status = fields.pop("status", "UNSHIPPED")
    return read(orderItems=[item(**fields)], fulfillment=fulfillment(status)).lines[0]


def test_an_ordinary_order_is_read_whole() -> None:
    """Every plain field of an order reaches ours: ids, times in UTC, price, units."""
    parsed = read(proceeds={"grandTotal": euros("25.00")})
    assert (parsed.id, parsed.channel_id, parsed.status) == ("902-1106328-1059050", FRANCE, OrderStatus.OPEN)
    assert parsed.shipped_by is ShippedBy.SELLER
    assert parsed.placed_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert parsed.updated_at == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert parsed.total == Money(2500, "EUR")
    assert parsed.lines == (MarketplaceLine("79039765272157", "SKU-001", "A lamp", 2, 0, 0, Money(1250, "EUR")),)
    assert parsed.is_sale
    assert not parsed.cancel_requested


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("PENDING_AVAILABILITY", OrderStatus.PENDING),
        ("PENDING", OrderStatus.PENDING),
        ("UNSHIPPED", OrderStatus.OPEN),
        ("PARTIALLY_SHIPPED", OrderStatus.PARTIALLY_SHIPPED),
        ("SHIPPED", OrderStatus.SHIPPED),
        ("CANCELLED", OrderStatus.CANCELLED),
        ("UNFULFILLABLE", OrderStatus.UNFULFILLABLE),
        ("SOMETHING_NEW", OrderStatus.UNKNOWN),
    ],
)
def test_each_status_has_its_word(told: str, status: OrderStatus) -> None:
    """The seven statuses of the model are known; a new one is kept as it is written and called unknown."""
    parsed = read(fulfillment=fulfillment(told))
    assert (parsed.status, parsed.status_text) == (status, told)


def test_without_fulfillment_data_nothing_is_guessed() -> None:
    """An answer without the data set FULFILLMENT has no status and nobody who ships."""
    record = order()
    del record["fulfillment"]
    parsed = parse_record(record)
    assert isinstance(parsed, MarketplaceOrder)
    assert (parsed.status, parsed.status_text, parsed.shipped_by) == (OrderStatus.UNKNOWN, "", ShippedBy.UNKNOWN)


@pytest.mark.parametrize(
    ("programs", "by", "shipped_by", "program"),
    [
        ([], "MERCHANT", ShippedBy.SELLER, None),
        (["AMAZON_BUSINESS", "PREORDER"], "MERCHANT", ShippedBy.SELLER, None),
        (["FBM_SHIP_PLUS"], "MERCHANT", ShippedBy.PROGRAM, "FBM_SHIP_PLUS"),
        (["AMAZON_EASY_SHIP"], "MERCHANT", ShippedBy.PROGRAM, "AMAZON_EASY_SHIP"),
        (["AMAZON_BUSINESS", "DELIVERY_BY_AMAZON"], "MERCHANT", ShippedBy.PROGRAM, "DELIVERY_BY_AMAZON"),
        (["IN_STORE_PICK_UP"], "MERCHANT", ShippedBy.PROGRAM, "IN_STORE_PICK_UP"),
        (["PRIME"], "MERCHANT", ShippedBy.PROGRAM, "PRIME"),
        (["PREMIUM", "FBM_SHIP_PLUS"], "MERCHANT", ShippedBy.PROGRAM, "FBM_SHIP_PLUS"),
        (["PRIME"], "AMAZON", ShippedBy.MARKETPLACE, None),
        ([], "SOMEBODY", ShippedBy.UNKNOWN, None),
    ],
)
def test_who_ships(programs: list[str], by: str, shipped_by: ShippedBy, program: str | None) -> None:
    """Amazon's warehouses come first, then a program that owns the route, then the seller (domain rules 1 and 6)."""
    parsed = read(programs=programs, fulfillment=fulfillment(fulfilledBy=by))
    assert (parsed.shipped_by, parsed.program) == (shipped_by, program)


def test_an_echo_of_another_platform_is_no_sale() -> None:
    """NON_AMAZON orders are carried by Amazon but sold elsewhere: marked, and joined by the seller's own id."""
    parsed = read(
        salesChannel={"channelName": "NON_AMAZON"},
        orderAliases=[{"aliasId": "SHOP-17", "aliasType": "SELLER_ORDER_ID"}],
    )
    assert not parsed.is_sale
    assert parsed.channel_id is None
    assert parsed.related == (("seller_order_id", "SHOP-17"),)


def test_a_replacement_names_the_order_it_replaces() -> None:
    """Replacements and exchanges are orders of their own, linked, also when they cost nothing (domain rule 11)."""
    parsed = read(
        associatedOrders=[{"orderId": "902-0000000-0000001", "associationType": "REPLACEMENT_ORIGINAL_ID"}],
        proceeds={"grandTotal": euros("0.00")},
    )
    assert parsed.related == (("replacement_of", "902-0000000-0000001"),)
    assert parsed.total == Money(0, "EUR")


@pytest.mark.parametrize(
    ("fields", "cancelled", "fulfilled"),
    [
        ({"ordered": 3, "fulfilled": 1}, 0, 1),
        ({"ordered": 3, "fulfilled": 1, "unfulfilled": 1}, 1, 1),
        ({"ordered": 3, "status": "CANCELLED"}, 3, 0),
        ({"ordered": 3, "fulfilled": 1, "unfulfilled": 0, "status": "CANCELLED"}, 2, 1),
        ({"ordered": 3, "cancellation": {"cancellationExecution": {"cancelledBy": "BUYER"}}}, 3, 0),
        ({"ordered": 3, "unfulfilled": 2, "cancellation": {"cancellationExecution": {"cancelledBy": "BUYER"}}}, 1, 0),
        ({"ordered": 3, "unfulfilled": 0, "status": "PENDING"}, 0, 0),
        ({"ordered": 3, "fulfillment": {}, "status": "SHIPPED"}, 0, 3),
        ({"ordered": 3, "fulfillment": {}}, 0, 0),
        ({"ordered": 0, "status": "CANCELLED"}, 0, 0),
        ({"ordered": 2, "fulfilled": 5}, 0, 2),
    ],
)
def test_units_are_counted_not_lines(fields: dict[str, Any], cancelled: int, fulfilled: int) -> None:
    """What is neither fulfilled nor unfulfilled was cancelled, unless the order is too young to tell (rule 5)."""
    parsed = line(**fields)
    assert (parsed.cancelled, parsed.fulfilled) == (cancelled, fulfilled)


def test_a_buyers_wish_to_cancel_is_seen() -> None:
    """The status does not change when a buyer asks: line and order carry the request (domain rule 4)."""
    parsed = read(orderItems=[item(cancellation={"cancellationRequest": {"requester": "BUYER"}})])
    assert parsed.cancel_requested
    assert parsed.lines[0].cancel_requested


def test_a_cancellation_that_was_carried_out_is_no_open_wish() -> None:
    """Once executed, the request is history: the units are cancelled and nobody has to decide."""
    executed = {"cancellationRequest": {"requester": "BUYER"}, "cancellationExecution": {"cancelledBy": "MERCHANT"}}
    parsed = read(orderItems=[item(unfulfilled=0, cancellation=executed)])
    assert not parsed.cancel_requested
    assert parsed.lines[0].cancelled == 2


@pytest.mark.parametrize(
    ("fields", "duty"),
    [
        ({"programs": ["TRANSPARENCY"]}, "transparency_code"),
        ({"fulfillment": {"packing": {"serialNumberRequirement": {"requirementType": "REQUIRED"}}}}, "serial_number"),
        ({"fulfillment": {"shipping": {"internationalShipping": {"iossNumber": "IM1"}}}}, "ioss"),
        ({"product": {"customization": {"customizedUrl": "https://example.com/1"}}}, "customization"),
        *(
            ({"fulfillment": {"shipping": {"shippingConstraints": {name: "MANDATORY"}}}}, duty)
            for name, duty in [
                ("palletDelivery", "pallet"),
                ("cashOnDelivery", "cash_on_delivery"),
                ("signatureConfirmation", "signature"),
                ("recipientIdentityVerification", "identity_check"),
                ("recipientAgeVerification", "age_check"),
            ]
        ),
    ],
)
def test_each_duty_is_kept(fields: dict[str, Any], duty: str) -> None:
    """What the carrier must be able to do is on the line (domain rule 7)."""
    assert line(**fields).duties == (duty,)


def test_a_pickup_point_is_a_duty_of_every_line() -> None:
    """A carrier must say that it serves pick-up points (domain rule 13)."""
    address = ADDRESS | {"addressType": "PICKUP_POINT"}
    parsed = read(recipient={"deliveryAddress": address})
    assert parsed.lines[0].duties == ("pickup_point",)
    assert parsed.personal.recipient is not None
    assert parsed.personal.recipient.pickup_point


def test_the_deadlines_are_the_ends_of_the_windows() -> None:
    """Ship by and deliver by are the latest times; a label may not be printed before its window (rules 7 and 22)."""
    parsed = read(
        fulfillment=fulfillment(
            shipByWindow={"earliestDateTime": "2026-11-20T00:00:00Z", "latestDateTime": "2026-11-23T22:59:59Z"},
            deliverByWindow={"latestDateTime": "2026-11-30T23:59:59+01:00"},
            labelPrintingWindow={"earliestDateTime": "2026-11-21T17:00:00.5Z"},
        )
    )
    assert parsed.ship_by == datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC)
    assert parsed.deliver_by == datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC)
    assert parsed.label_not_before == datetime(2026, 11, 21, 17, 0, 0, 500_000, tzinfo=UTC)


def test_money_keeps_its_currencys_decimals() -> None:
    """Yen have none; an amount finer than its currency is left out rather than rounded (domain rule 21)."""
    yen = {"grandTotal": {"amount": "19940", "currencyCode": "JPY"}}
    assert read(proceeds=yen).total == Money(19940, "JPY")
    assert read(proceeds={"grandTotal": euros("1.234")}).total is None


def test_a_record_that_meets_a_bug_is_parked_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """It never fails its page; of the error only the class is told, for what it says may be personal."""

    def stumbles(record: Any, raw: bytes) -> MarketplaceOrder:
        raise KeyError("Ada Martin")

    monkeypatch.setattr(parse, "_order", stumbles)
    parsed = parse_record(order())
    assert isinstance(parsed, UnreadableOrder)
    assert (parsed.id, parsed.reason) == ("902-1106328-1059050", "unexpected KeyError")
