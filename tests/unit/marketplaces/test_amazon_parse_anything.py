"""The parser against whatever may come: hypothesis breaks orders, Amazon's own cases must be read."""

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.marketplaces.amazon.parse import parse_order, parse_page, parse_record
from shared.marketplaces.models import MarketplaceOrder, OrderStatus, ShippedBy, UnreadableOrder
from tests.unit.marketplaces.far_side import fulfillment, item, order

_SPECS = Path(os.environ.get("PASSERELLE_SPECS") or Path(__file__).resolve().parents[4] / "shared" / "specs")
_CASES = _SPECS / "amazon" / "derived" / "sandbox_cases.jsonl"

WHOLE = order(
    programs=["PRIME"],
    associatedOrders=[{"orderId": "1", "associationType": "EXCHANGE_ORIGINAL_ID"}],
    buyer={"buyerName": "Ada", "buyerEmail": "a@example.com"},
    recipient={"deliveryAddress": {"name": "Ada", "addressLine1": "1 rue", "extendedFields": {}}},
    proceeds={"grandTotal": {"amount": "1.00", "currencyCode": "EUR"}},
    fulfillment=fulfillment(shipByWindow={"latestDateTime": "2026-11-23T22:59:59Z"}),
    orderItems=[item(programs=["TRANSPARENCY"], cancellation={"cancellationRequest": {"requester": "BUYER"}})],
    packages=[{"packageReferenceId": "1", "packageItems": [{"orderItemId": "1", "quantity": 1}]}],
)
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in _places(part, (*path, key)))]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(_places(WHOLE)[1:]), value=_ANYTHING)
def test_any_value_in_any_place_is_read_or_named(place: tuple[Any, ...], value: Any) -> None:
    """Whatever stands in one place of an order, it is read or set aside, storable as it is, and never raises."""
    record = copy.deepcopy(WHOLE)
    holder: Any = record
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    parsed = parse_record(json.loads(json.dumps(record)))
    assert isinstance(parsed, MarketplaceOrder | UnreadableOrder)
    if isinstance(parsed, MarketplaceOrder):
        assert all(0 <= one.cancelled + one.fulfilled <= one.ordered < 2**31 for one in parsed.lines)
        assert all("\x00" not in text for text in (parsed.id, parsed.channel_id or "", parsed.lines[0].sku or ""))
        repr(parsed).encode()


def _official(operation: str) -> list[dict[str, Any]]:
    if not _CASES.exists():
        pytest.skip("the official sandbox cases (PASSERELLE_SPECS) are not here")
    cases = (json.loads(line) for line in _CASES.read_text().splitlines())
    return [
        case
        for case in cases
        if case["spec"] == "orders_2026-01-01.json" and case["operationId"] == operation and case["status"] == 200
    ]


def test_amazons_own_lists_are_read() -> None:
    """The static sandbox cases of searchOrders lose no order and no line."""
    for case in _official("searchOrders"):
        page = parse_page(json.dumps(case["response"]).encode())
        assert page.unreadable == ()
        assert [len(one.lines) for one in page.orders] == [len(o["orderItems"]) for o in case["response"]["orders"]]
        assert page.covered_until is not None


def test_amazons_own_orders_are_read() -> None:
    """The static sandbox cases of getOrder: a Prime order of Brazil and an order for a store's counter are held."""
    orders = [parse_order(json.dumps(case["response"]).encode()) for case in _official("getOrder")]
    assert {one.program for one in orders} == {"PRIME", "IN_STORE_PICK_UP"}
    assert all(one.status is OrderStatus.OPEN and one.shipped_by is ShippedBy.PROGRAM for one in orders)
    assert all(one.total is not None and one.personal.recipient is not None for one in orders)
