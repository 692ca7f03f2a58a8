"""Whom Amazon's orders are for, which parcels they have, and what happens to records that cannot be read."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.kernel.errors import Unreadable
from shared.marketplaces.amazon.parse import parse_order, parse_page, parse_record
from shared.marketplaces.models import MarketplaceOrder, UnreadableOrder
from tests.unit.marketplaces.far_side import fulfillment, item, order

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
