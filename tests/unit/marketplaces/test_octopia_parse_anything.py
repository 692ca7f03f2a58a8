"""The parser against whatever may come: hypothesis breaks orders; the examples of the description must be read."""

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.marketplaces.fields import as_bytes, load
from shared.marketplaces.models import MarketplaceOrder, OrderStatus, UnreadableOrder
from shared.marketplaces.octopia.carriers import label_of, read_carriers
from shared.marketplaces.octopia.listings import parse_offers
from shared.marketplaces.octopia.oauth import subscribed
from shared.marketplaces.octopia.parse import parse_record, parse_records
from shared.marketplaces.octopia.results import outcomes_of
from tests.unit.marketplaces.far_side import answer
from tests.unit.marketplaces.octopia_side import line, order

_SPECS = Path(os.environ.get("PASSERELLE_SPECS") or Path(__file__).resolve().parents[4] / "shared" / "specs")
_OCTOPIA = _SPECS / "octopia"

PARCEL = {"parcelNumber": "6A1", "carrierName": "Colissimo"}
WHOLE = order(businessOrder=True, lines=[line(1, parcels=[PARCEL]), line(2, "Fulfillment")])
ROW = {"sales_channel_id": "X", "status": "Active", "salesChannel": {"id": "X"}, "seller_payment_currency": "EUR"}
OFFER = {"sellerExternalReference": "SKU", "offerState": "Active", "quantity": 1, "product": {"title": "A lamp"}}
RESULT = {"sellerExternalReference": "SKU", "integrationStatus": "Rejected", "results": [{"resultCode": "1"}]}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


def broken(whole: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The same with this value in that place, as it comes out of an answer."""
    record = copy.deepcopy([whole])
    holder: Any = record
    *way, last = (0, *place)
    for key in way:
        holder = holder[key]
    holder[last] = value
    return load(json.dumps(record).encode())[0]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(places(WHOLE)), value=ANYTHING)
def test_any_value_in_any_place_is_read_or_named(place: tuple[Any, ...], value: Any) -> None:
    """Whatever stands in one place of an order, it is read or set aside, storable as it is, and never raises."""
    parsed = parse_record(broken(WHOLE, place, value))
    assert isinstance(parsed, MarketplaceOrder | UnreadableOrder)
    if isinstance(parsed, MarketplaceOrder):
        assert all(0 <= one.cancelled + one.fulfilled <= one.ordered < 2**31 for one in parsed.lines)
        assert all(0 <= one.destination <= len(parsed.personal.others) for one in parsed.lines)
        assert all("\x00" not in text for text in (parsed.id, parsed.channel_id or "", parsed.lines[0].sku or ""))
        repr(parsed).encode()


@settings(max_examples=100, deadline=None)
@given(place=st.sampled_from(places(ROW)), value=ANYTHING)
def test_any_subscription_is_read_or_left_out(place: tuple[Any, ...], value: Any) -> None:
    """A channel has an id and a name, whatever stands around it."""
    channels = subscribed(answer(200, as_bytes([broken(ROW, place, value)])))
    assert all(channel.id and channel.name for channel in channels)


@settings(max_examples=100, deadline=None)
@given(place=st.sampled_from(places(OFFER)), value=ANYTHING)
def test_any_offer_is_read_or_named(place: tuple[Any, ...], value: Any) -> None:
    """One record is one listing or one reason."""
    listings, unreadable = parse_offers(as_bytes({"items": [broken(OFFER, place, value)]}))
    assert len(listings) + len(unreadable) == 1
    assert all(one.sku for one in listings)


@settings(max_examples=100, deadline=None)
@given(place=st.sampled_from(places(RESULT)[1:]), value=ANYTHING)
def test_any_result_is_read_or_left_out(place: tuple[Any, ...], value: Any) -> None:
    """A result tells of a line that was asked for, with a reason, or of none."""
    outcomes = outcomes_of([broken(RESULT, place, value)], {"SKU": 1})
    assert all(one.sku == "SKU" and bool(one.reason) != (one.shown is not None) for one in outcomes)


def _example(name: str) -> Any:
    if not _OCTOPIA.exists():
        pytest.skip("the reconstructed description (PASSERELLE_SPECS) is not here")
    return json.loads((_OCTOPIA / name).read_text())


def test_the_documented_page_is_read() -> None:
    """The example of listOrders loses nothing."""
    ((known_by, one),) = parse_records(json.dumps(_example("examples/order_page.json")).encode())
    assert isinstance(one, MarketplaceOrder)
    assert (known_by, one.status, len(one.lines)) == (one.id, OrderStatus.OPEN, 1)
    assert one.total is not None
    assert one.personal.recipient is not None


def test_the_documented_results_are_read() -> None:
    """The example of offer-requests-results: one taken, one refused for an unknown product."""
    items = _example("examples/stock_update.json")["5_results"]["response"]["items"]
    taken, refused = outcomes_of(items, {"SKU-1": 12, "SKU-2": 0})
    assert (taken.sku, taken.shown, taken.reason) == ("SKU-1", 12, None)
    assert (refused.sku, refused.shown, refused.reason) == ("SKU-2", None, "product_unknown")
    assert refused.detail == "4001: Unknown product"


def test_the_measured_carriers_are_known_by_their_labels() -> None:
    """Sixty-six carriers with codes that repeat: every label names itself, what is not listed is `autre`."""
    told = _example("carriers_2026-09-02.json")["carriers"]
    rows = read_carriers(json.dumps([{"code": code, "label": label} for code, label in told]).encode())
    assert len(rows) == 66
    assert all(label_of(label, rows) == label for _, label in told)
    assert label_of("Passerelle Express", rows) == "autre"
