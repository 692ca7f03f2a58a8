"""Telling Amazon about a parcel: the frozen body, the carriers' names, and what a refusal means."""

import json
import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.http.messages import Answer
from shared.kernel.errors import AlreadyDone, FarSideError, OutcomeUnknown, Refused, RoleMissing
from shared.kernel.ports import Intent, TooLate
from shared.marketplaces.amazon.tracking import AmazonTracking
from shared.marketplaces.amazon.wire import Spapi
from shared.marketplaces.models import ParcelToTell
from tests.unit.marketplaces.far_side import (
    ACCOUNT,
    API_URLS,
    FRANCE,
    INDIA,
    NOW,
    TOKEN,
    ScriptedOutward,
    StoppedClock,
    answer,
    budgets,
    denial,
    order,
)

_SPECS = Path(os.environ.get("PASSERELLE_SPECS") or Path(__file__).resolve().parents[4] / "shared" / "specs")
_MODEL = _SPECS / "amazon" / "ordersV0.json"
PARCEL = ParcelToTell(
    marketplace_order_id="902-1106328-1059050",
    channel_id=FRANCE,
    reference="123456789",
    carrier="chronopost",
    tracking_number=" XY123 ",
    tracking_url="https://example.com/XY123",
    shipped_at=NOW - timedelta(hours=1),
    lines=(("79039765272157", 2),),
)


def client(*answers: Answer | Exception) -> tuple[AmazonTracking, ScriptedOutward]:
    outward, clock = ScriptedOutward(*answers), StoppedClock()
    return AmazonTracking(Spapi(outward, API_URLS, clock), clock), outward


def freeze(**fields: Any) -> dict[str, Any]:
    return client()[0].freeze(replace(PARCEL, **fields))


async def send(*answers: Answer | Exception) -> ScriptedOutward:
    tracking, outward = client(*answers)
    intent = Intent(tracking.freeze(PARCEL), NOW + timedelta(seconds=20), 1234.5)
    await tracking.send(ACCOUNT, "902-1106328-1059050", intent, TOKEN, budgets())
    return outward


def test_the_body_says_whose_store_which_parcel_and_what_is_in_it() -> None:
    """The store is the order's, the reference is a text, units are per line; no tracking URL (domain rule 24)."""
    assert freeze() == {
        "marketplaceId": FRANCE,
        "packageDetail": {
            "packageReferenceId": "123456789",
            "carrierCode": "Chronopost",
            "carrierName": "Chronopost",
            "trackingNumber": "XY123",
            "shipDate": "2026-11-22T11:00:00Z",
            "orderItems": [{"orderItemId": "79039765272157", "quantity": 2}],
        },
    }


@pytest.mark.parametrize("fields", [{}, {"carrier": "Our own van"}])
def test_the_body_is_what_amazons_model_asks_for(fields: dict[str, Any]) -> None:
    """Validated against the official model, required fields and types."""
    if not _MODEL.exists():
        pytest.skip("the official models (PASSERELLE_SPECS) are not here")
    model = json.loads(_MODEL.read_text())
    schema = {"$ref": "#/definitions/ConfirmShipmentRequest", "definitions": model["definitions"]}
    jsonschema.Draft4Validator(schema).validate(freeze(**fields))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"reference": "P-1"}, "reference_not_numeric"),
        ({"reference": "000"}, "reference_not_numeric"),
        ({"reference": "١٢٣"}, "reference_not_numeric"),
        ({"tracking_number": " "}, "tracking_number_missing"),
        ({"lines": ()}, "parcel_empty"),
        ({"lines": (("1", 0),)}, "parcel_empty"),
        ({"carrier": " "}, "carrier_missing"),
        ({"carrier": "Our own van", "channel_id": INDIA}, "carrier_not_accepted"),
    ],
)
def test_what_cannot_be_told_is_refused_before_it_is_sent(fields: dict[str, Any], code: str) -> None:
    """A parcel Amazon would refuse never becomes an intent."""
    with pytest.raises(Refused) as caught:
        freeze(**fields)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("carrier", "store", "told"),
    [
        ("UPS", FRANCE, {"carrierCode": "UPS", "carrierName": "UPS"}),
        ("royal mail", FRANCE, {"carrierCode": "Royal Mail", "carrierName": "Royal Mail"}),
        ("Our own van", FRANCE, {"carrierCode": "Other", "carrierName": "Our own van"}),
        ("xpressbees", INDIA, {"carrierCode": "Xpressbees", "carrierName": "Xpressbees"}),
        ("Xpressbees", FRANCE, {"carrierCode": "Other", "carrierName": "Xpressbees"}),
    ],
)
def test_carriers_are_named_as_the_store_writes_them(carrier: str, store: str, told: dict[str, str]) -> None:
    """Codes are exact and per store; what a store does not list is Other with a name, where it takes that."""
    detail = freeze(carrier=carrier, channel_id=store)["packageDetail"]
    assert {name: detail[name] for name in told} == told


@pytest.mark.parametrize(
    ("shipped_at", "placed_at", "told"),
    [
        (NOW - timedelta(hours=1), NOW - timedelta(days=1), "2026-11-22T11:00:00Z"),
        (NOW - timedelta(hours=1), NOW - timedelta(minutes=5), "2026-11-22T11:55:00Z"),
        (NOW + timedelta(hours=1), None, "2026-11-22T12:00:00Z"),
    ],
)
def test_a_parcel_leaves_after_its_order_and_not_in_the_future(
    shipped_at: datetime, placed_at: datetime | None, told: str
) -> None:
    """The date of dispatch is kept between the order and now."""
    assert freeze(shipped_at=shipped_at, placed_at=placed_at)["packageDetail"]["shipDate"] == told


def test_a_reference_is_nine_digits_and_new() -> None:
    """A reference in use would edit that parcel: it is drawn again."""
    drawn = iter([5, 5, 899_999_999])
    clock = StoppedClock()
    tracking = AmazonTracking(Spapi(ScriptedOutward(), API_URLS, clock), clock, random_below=lambda _: next(drawn))
    assert tracking.new_reference(frozenset()) == "100000005"
    assert tracking.new_reference(frozenset({"100000005"})) == "999999999"
    many = {client()[0].new_reference(frozenset()) for _ in range(50)}
    assert len(many) == 50
    assert all(len(one) == 9 and one.isdecimal() for one in many)


async def test_the_frozen_body_is_sent_as_it_is() -> None:
    """What was committed is what leaves, fenced by the intent's moment; 204 is accepted."""
    outward = await send(answer(204))
    (request,) = outward.requests
    assert request.url == "https://eu.example/orders/v0/orders/902-1106328-1059050/shipmentConfirmation"
    assert (request.method, request.effect, request.content_type) == ("POST", "write", "application/json")
    assert request.send_before_monotonic == 1234.5
    assert request.body is not None
    assert json.loads(request.body) == client()[0].freeze(PARCEL)


@pytest.mark.parametrize(
    ("scripted", "error", "code"),
    [
        (
            denial(
                400,
                message="Failed to create package due to not finding a matching package or order already fulfilled. "
                "ErrorMessage(errorMetric=PackageToUpdateNotFound)",
            ),
            AlreadyDone,
            "already_fulfilled",
        ),
        (denial(400, message="PackageReferenceId: is invalid, must be a positive"), Refused, "reference_refused"),
        (denial(400, message="OrderItemId is invalid, please obtain the value"), Refused, "line_refused"),
        (denial(400, message="The quantity of order item 1 is too much"), Refused, "quantity_refused"),
        (denial(400, message="carrierName is required"), Refused, "carrier_name_missing"),
        (denial(400, message="Not supported for Ship+ orders."), Refused, "program_ships"),
        (denial(400, message="The order is fulfilled by Amazon."), Refused, "marketplace_ships"),
        (denial(400, message="it is CANCELLED"), Refused, "order_cancelled"),
        (denial(400, message="it is PENDING"), Refused, "order_pending"),
        (denial(400, message="Ada Martin"), Refused, "parcel_refused"),
        (answer(400, b"<html>"), Refused, "parcel_refused"),
        (denial(404), Refused, "order_unknown"),
        (denial(403), RoleMissing, "access_denied"),
        (answer(503), OutcomeUnknown, "server_error"),
        (OutcomeUnknown("no answer in time"), OutcomeUnknown, "outcome_unknown"),
    ],
)
async def test_what_a_refused_parcel_means(scripted: Answer | Exception, error: type[FarSideError], code: str) -> None:
    """Each refusal has a stable code and a sentence of ours; Amazon's own words never go on."""
    with pytest.raises(error) as caught:
        await send(scripted)
    assert (type(caught.value), caught.value.code) == (error, code)
    assert "Ada Martin" not in str(caught.value)


async def test_an_unknown_refusal_keeps_amazons_code() -> None:
    """A code is shown where it looks like one; a sentence in its place is not."""
    with pytest.raises(Refused, match="InvalidInput"):
        await send(denial(400, message="something new"))
    with pytest.raises(Refused, match="no code"):
        await send(denial(400, code="Ada Martin, 1 rue Haute; 69001 Lyon", message="something new"))


async def test_too_late_is_too_late() -> None:
    """The fence of the intent is the caller's to see."""
    with pytest.raises(TooLate):
        await send(TooLate())


async def test_reading_back_asks_for_packages_only() -> None:
    """The parcels of one order, without asking for personal data."""
    package = {"packageReferenceId": "123456789", "trackingNumber": "XY123", "packageStatus": {"status": "SHIPPED"}}
    tracking, outward = client(answer(200, {"order": order(packages=[package])}))
    (found,) = await tracking.read_packages(ACCOUNT, "902-1", TOKEN, budgets())
    assert (found.reference, found.tracking_number) == ("123456789", "XY123")
    assert dict(outward.requests[0].params) == {"includedData": "PACKAGES"}


async def test_reading_back_an_order_that_is_not_there() -> None:
    """No order is a refusal, not an order without parcels."""
    with pytest.raises(Refused) as caught:
        await client(denial(404))[0].read_packages(ACCOUNT, "902-1", TOKEN, budgets())
    assert caught.value.code == "order_unknown"


def test_what_may_be_offered() -> None:
    """Repeated by its key, several parcels per order, seen after two minutes."""
    capabilities = client()[0].capabilities
    assert (capabilities.write, capabilities.read_lag_seconds) == ("keyed", 120)
    assert capabilities.splits_orders("A13V1IB3VIYZZH")
    assert capabilities.splits_lines
