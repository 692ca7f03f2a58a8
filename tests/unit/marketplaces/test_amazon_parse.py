"""Amazon's orders in our words: one law of the trade per test."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.kernel.errors import Unreadable
from shared.kernel.money import Money
from shared.marketplaces.amazon.parse import parse_order, parse_page, parse_record
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


def test_the_recipient_is_complete() -> None:
    """Street lines without empty ones, company, instructions, and the buyer's anonymous address."""
    preference = {"addressInstruction": "Code 12", "dropOffLocation": "Behind the door"}
    recipient = read(
        recipient={"deliveryAddress": ADDRESS, "deliveryPreference": preference},
        buyer={"buyerName": "Ada", "buyerEmail": "x@marketplace.amazon.fr", "buyerPurchaseOrderNumber": "PO-1"},
    ).personal.recipient
    assert recipient is not None
    assert (recipient.name, recipient.company, recipient.lines) == ("Ada Martin", "Martin SARL", ("1 rue Haute",))
    assert (recipient.postal_code, recipient.city, recipient.country) == ("69001", "Lyon", "FR")
    assert recipient.email == "x@marketplace.amazon.fr"
    assert recipient.instructions == "Code 12\nBehind the door"


def test_a_brazilian_address_names_its_neighbourhood() -> None:
    """Without the bairro a parcel is not delivered in Brazil."""
    address = ADDRESS | {"extendedFields": {"streetName": "Rua", "neighborhood": "Vila Madalena"}}
    recipient = read(recipient={"deliveryAddress": address}).personal.recipient
    assert recipient is not None
    assert recipient.lines == ("1 rue Haute", "Vila Madalena")


@pytest.mark.parametrize("recipient", [None, {}, {"deliveryAddress": {"city": "Lyon", "countryCode": "FR"}}])
def test_no_address_is_normal(recipient: Any) -> None:
    """Pending orders and missing roles leave no name and no street: there is no recipient, and no error (rule 23)."""
    assert read(recipient=recipient).personal.recipient is None


def test_the_buyers_words_are_personal_data() -> None:
    """Gift message, customisation address, company and order number go with the person, not with the line."""
    gift = {"packing": {"giftOption": {"giftMessage": "Bon anniversaire", "giftWrapLevel": "STANDARD"}}}
    customized = {"sellerSku": "SKU-001", "customization": {"customizedUrl": "https://example.com/1"}}
    parsed = read(
        orderItems=[item(fulfillment=gift, product=customized)],
        buyer={"buyerName": "Ada", "buyerCompanyName": "Martin SARL"},
    )
    assert parsed.personal.buyer == {
        "name": "Ada",
        "company": "Martin SARL",
        "gift_messages": {"79039765272157": "Bon anniversaire"},
        "customized_urls": {"79039765272157": "https://example.com/1"},
    }
    assert parsed.business


def test_packages_are_read_with_their_units() -> None:
    """A parcel Amazon knows has our reference, its number and units per line; a cancelled one is none."""
    package = {
        "packageReferenceId": "123456789",
        "packageStatus": {"status": "SHIPPED"},
        "carrier": "UPS",
        "trackingNumber": "1Z",
        "shipTime": "2026-11-21T10:00:00Z",
        "packageItems": [{"orderItemId": "79039765272157", "quantity": 2}],
    }
    cancelled = {"packageReferenceId": "5", "packageStatus": {"status": "CANCELLED"}}
    (parsed,) = read(packages=[package, cancelled]).packages
    assert (parsed.reference, parsed.carrier, parsed.tracking_number) == ("123456789", "UPS", "1Z")
    assert (parsed.status, parsed.lines) == ("SHIPPED", (("79039765272157", 2),))
    assert parsed.shipped_at == datetime(2026, 11, 21, 10, tzinfo=UTC)


def test_delivered_when_every_parcel_is() -> None:
    """Delivered at the latest when the order was last touched, and only once all parcels are."""
    arrived = {"packageReferenceId": "1", "packageStatus": {"status": "DELIVERED"}}
    under_way = {"packageReferenceId": "2", "packageStatus": {"status": "IN_TRANSIT"}}
    shipped = fulfillment("SHIPPED")
    assert read(packages=[arrived], fulfillment=shipped).delivered_at == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert read(packages=[arrived, under_way], fulfillment=shipped).delivered_at is None
    assert read(packages=[], fulfillment=shipped).delivered_at is None


def test_the_raw_record_goes_along() -> None:
    """What was read can be read again later: the record is kept as JSON, to be sealed."""
    assert json.loads(read().raw) == order()


def test_one_bad_record_never_spoils_its_page() -> None:
    """The readable orders of a page are read; the others carry their id, a reason and their bytes."""
    bad = order(orderId="902-0000000-0000002", orderItems=[{"quantityOrdered": "Ada Martin"}])
    body = json.dumps({"orders": [order(), bad, "nonsense"], "lastUpdatedBefore": "2026-11-22T11:58:00Z"}).encode()
    page = parse_page(body)
    assert [parsed.id for parsed in page.orders] == ["902-1106328-1059050"]
    assert [(one.id, one.reason) for one in page.unreadable] == [
        ("902-0000000-0000002", "quantityOrdered is missing or not a whole number"),
        (None, "the record is not an object"),
    ]
    assert "Ada Martin" not in page.unreadable[0].reason
    assert b"Ada Martin" in page.unreadable[0].raw


@pytest.mark.parametrize("missing", ["orderId", "createdTime", "lastUpdatedTime", "orderItems"])
def test_what_must_be_there_is_named_when_it_is_not(missing: str) -> None:
    """An order without a required field cannot be stored; the reason names the field."""
    parsed = parse_record({name: value for name, value in order().items() if name != missing})
    assert isinstance(parsed, UnreadableOrder)
    assert missing in parsed.reason


def test_the_last_page_has_no_next_token() -> None:
    """Without `pagination` the window ends; what Amazon echoes is the next cursor (domain rule 17)."""
    last = parse_page(json.dumps({"orders": [], "lastUpdatedBefore": "2026-11-22T11:58:00Z"}).encode())
    assert (last.next_token, last.covered_until) == (None, datetime(2026, 11, 22, 11, 58, tzinfo=UTC))
    first = parse_page(json.dumps({"orders": [], "pagination": {"nextToken": "t"}, "createdBefore": "x"}).encode())
    assert (first.next_token, first.covered_until) == ("t", None)


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"{}", b'{"orders": {}}', b"[" * 100_000])
def test_a_yes_in_words_we_cannot_read_is_unreadable(body: bytes) -> None:
    """A success without a list of orders is parked with its bytes, never taken for an empty page."""
    with pytest.raises(Unreadable) as caught:
        parse_page(body)
    assert caught.value.raw == body


def test_an_unreadable_single_order_is_unreadable() -> None:
    """The answer of getOrder is one order or nothing we can use."""
    with pytest.raises(Unreadable):
        parse_order(json.dumps({"order": {"orderId": "1"}}).encode())
    assert parse_order(json.dumps({"order": order()}).encode()).id == "902-1106328-1059050"
