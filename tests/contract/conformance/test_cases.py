"""
Cases of our own: what must pass, what must fail and say why, and what counts by its answer only.

Seen red with our client broken on purpose, a line at a time: what it asks for (a list joined by semicolons, a date that
is another's, `replace` for `merge`, a raw `/` of a SKU, a body without its tracking number), what it drops (a phone, a
total, a page token, an issue), and which error it takes a refusal for.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from shared.marketplaces.amazon.operations import OPERATIONS as CALLED
from tests.conformance.__main__ import main
from tests.conformance.cases import Misshapen, load
from tests.conformance.operations import OPERATIONS
from tests.conformance.run import Result, run
from tests.contract.conformance.made import (
    BRAZIL,
    FRANCE,
    ORDERS,
    Json,
    account,
    at_pickup_point,
    confirm,
    demanding,
    error,
    get_listing,
    get_order,
    invalid,
    line,
    listing,
    listings,
    order,
    parcel,
    patch,
    quantity,
    row,
    search,
    store,
    stores,
    write,
)
from tests.contract.sandbox.far import GERMANY

JAPAN = "A1VC38T7YXB528"


async def result(tmp_path: Path, case: Json) -> Result:
    """What became of one case."""
    [one] = await run(load(write(tmp_path / "cases.jsonl", case)))
    return one


PASSING = {
    "orders": search(order(), order(orderId="900-0000001-0000002")),
    "orders in smaller sets of data": search(order(), includedData=["FULFILLMENT", "RECIPIENT"]),
    "the last page": search(answer={"orders": [], "createdBefore": "2026-01-04T00:00:00Z"}),
    "a time in another spelling": search(order(), createdAfter="2026-01-01T01:00:00+01:00"),
    "an order that asks for much": get_order(order(orderItems=[line(), demanding()], recipient=at_pickup_point())),
    "an order that Amazon ships": get_order(
        order(fulfillment={"fulfillmentStatus": "SHIPPED", "fulfilledBy": "AMAZON"}, recipient={}, buyer={})
    ),
    "an order with unknown words": get_order(
        order(fulfillment={"fulfillmentStatus": "ON_THE_MOON", "fulfilledBy": "ALICE"}, programs=["MADE_UP"], new={})
    ),
    "orders of a kind": search(
        order(),
        createdAfter=None,
        lastUpdatedAfter="2026-01-01T00:00:00Z",
        lastUpdatedBefore="2026-01-09T00:00:00Z",
        fulfillmentStatuses=["UNSHIPPED", "PARTIALLY_SHIPPED"],
        fulfilledBy=["MERCHANT"],
        paginationToken="a token",
    ),
    "orders of any time": row("searchOrders", "GET", ORDERS, {"orders": []}),
    "an order in other stores": get_order(order(salesChannel={"channelName": "AMAZON", "marketplaceId": BRAZIL})),
    "no such order": get_order(answer=error("NotFound"), status=404),
    "another's order": get_order(answer=error("Unauthorized"), status=403),
    "a parcel": confirm(),
    "a parcel of a carrier by name": confirm(parcel(carrierCode="Other", carrierName="Made")),
    "a parcel that is known": confirm(answer=error(message="Already fulfilled."), status=400),
    "a parcel, and no answer": confirm(answer=error(), status=503),
    "a token": confirm(answer=error("Unauthorized", details="The access token you provided has expired."), status=403),
    "our secret": stores(
        answer=error("Unauthorized", details="The LWA secret token you provided has expired."), status=403
    ),
    "stores": stores(
        store(FRANCE, "EUR"), store(BRAZIL, "BRL"), store("A0NOSTORE", "USD"), store(JAPAN, "JPY", takes_part=False)
    ),
    "a selling plan": account("INDIVIDUAL"),
    "listings": listings(listing(), listing("SKU 2", fulfillmentAvailability=[]), pageSize=2),
    "listings in the order they were made": listings(
        listing(), identifiersType=None, identifiers=None, sortBy="createdDate", sortOrder="ASC", pageToken="it"
    ),
    "listings of two stores": listings(listing(), marketplaceIds=[FRANCE, GERMANY]),
    "listings refused": listings(answer=error(), status=400),
    "a listing": get_listing(marketplaceIds=[FRANCE], includedData=["summaries"]),
    "a listing Amazon fills": get_listing(
        listing(fulfillmentAvailability=[{"fulfillmentChannelCode": "AMAZON_EU", "quantity": 1}])
    ),
    "no such listing": get_listing(error("NotFound"), status=404),
    "a quantity": patch(),
    "a quantity of any listing": patch(sku=None, marketplaceIds=None, body=None),
    "an invalid quantity": patch(invalid("90000900", "4711")),
    "a quantity refused": patch(error(), status=400),
    "a quantity without the role": patch(error("Unauthorized"), status=403),
    "refused": search(answer=error(), status=400),
    "no role": search(answer=error("Unauthorized", "Access is denied."), status=403),
    "slower": search(answer=error("QuotaExceeded"), status=429),
    "down": search(answer=error("InternalFailure"), status=500),
}
FAILING: dict[str, tuple[Json, str]] = {
    "a record nobody can read": (search(order(createdTime="yesterday")), r"orders\[0\].unreadable"),
    "a line that is none": (search(order(orderItems=["x"])), "unreadable"),
    "an amount that is none": (
        search(order(proceeds={"grandTotal": {"amount": "much", "currencyCode": "EUR"}})),
        "proceeds.grandTotal",
    ),
    "no list of orders": (search(answer={"payload": {}}), "Unreadable"),
    "a package lost": (get_order(order(packages=["x"])), "packages"),
    "a quantity of units that is none": (
        get_order(order(orderItems=[line(quantityOrdered=-1)])),
        "cannot be read",
    ),
    "a listing without a SKU": (listings(listing(sku=None)), "items"),
    "stores that are none": (stores(answer={"payload": "none"}), "Unreadable"),
    "a store in other money": (stores(store(FRANCE, "USD")), "defaultCurrencyCode"),
    "a selling plan nobody knows": (account("ANOTHER"), "payload.sellingPlan"),
    "another path": ({**search(order()), "spec": "orders_2026-01-01.json", "path": "/orders/2027/orders"}, "asks GET"),
}
ANSWER_ONLY = {
    "a date that is none": (search(order(), createdAfter="SOME_CASE"), "`createdAfter` is no time"),
    "two After dates": (search(order(), lastUpdatedAfter="2026-01-01T00:00:00Z"), "second After date"),
    "another size of page": (search(order(), maxResultsPerPage=7), "`maxResultsPerPage` is nothing our client says"),
    "a reference that is a number": (confirm(parcel(packageReferenceId=77)), "tells of no parcel"),
    "a reference that is no number": (confirm(parcel(packageReferenceId="A7")), "reference_not_numeric"),
    "a method of shipping": (confirm(parcel(shippingMethod="By hand")), "packageDetail.shippingMethod"),
    "a carrier Amazon does not list": (confirm(parcel(carrierCode="MADE", carrierName="Made")), "does not list"),
    "a carrier under another name": (confirm(parcel(carrierName="D.P.D.")), "otherwise than by its code"),
    "a preview": (patch(mode="VALIDATION_PREVIEW"), "`mode` is nothing our client says"),
    "a price": (patch(body=quantity(path="/attributes/purchasable_offer")), "`body` is not the quantity"),
    "listings since no date": (listings(listing(), createdAfter="SOME_CASE"), "`createdAfter` is no time"),
    "listings by another id": (listings(listing(), identifiersType="ASIN"), "`identifiersType`"),
    "a page that names itself": (search(order(), paginationToken="next"), "comes back as the next"),
}


@pytest.mark.parametrize("case", PASSING.values(), ids=PASSING)
async def test_a_case_passes(tmp_path: Path, case: Json) -> None:
    """The request is compared in full, and nothing of the answer is lost."""
    one = await result(tmp_path, case)
    assert (one.differences, one.unsaid) == ((), ())


@pytest.mark.parametrize(("case", "says"), FAILING.values(), ids=FAILING)
async def test_a_case_fails(tmp_path: Path, case: Json, says: str) -> None:
    """And says what differs."""
    one = await result(tmp_path, case)
    assert re.search(says, " ".join(one.differences))


@pytest.mark.parametrize(("case", "why"), ANSWER_ONLY.values(), ids=ANSWER_ONLY)
async def test_a_case_counts_by_its_answer_only(tmp_path: Path, case: Json, why: str) -> None:
    """No request of ours says it: the reason is told, and the answer is read all the same."""
    one = await result(tmp_path, case)
    assert one.differences == ()
    assert why in " ".join(one.unsaid)


def test_every_operation_of_our_client_has_cases_here() -> None:
    """What our client can call, cases can be run for; two kinds of work may call the same."""
    called = {operation.name.split(".")[1] for operation in CALLED}
    assert {operation.name for operation in OPERATIONS} == called


def test_the_last_line_is_the_total(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An operation our client does not have is not used, also where one of ours has its name."""
    other = {**search(), "path": "/orders/v0/orders", "operationId": "getOrders"}
    file = write(tmp_path / "cases.jsonl", search(order()), other)
    assert main(file, None) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 of 1 cases of used operations pass, 1 not used"


def test_a_failing_case_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By its line, with what differs; the exit status is 1, and the others count."""
    file = write(tmp_path / "cases.jsonl", search(order()), search(order(createdTime=None)))
    assert main(file, None) == 1
    said = capsys.readouterr().out.splitlines()
    assert any(line.startswith("case 2, searchOrders 200: lost orders[0].unreadable") for line in said)
    assert said[-1] == "1 of 2 cases of used operations pass, 0 not used"


def test_the_page_holds_no_value_of_a_case(tmp_path: Path) -> None:
    """Neither what was asked for nor what was answered, and no path of this machine."""
    page = tmp_path / "page.md"
    case = search(order(), createdAfter="SOME_CASE")
    main(write(tmp_path / "cases.jsonl", case), page)
    told = page.read_text()
    assert "1 of 1 cases" in told
    assert not [value for value in _texts([case["request"], case["response"]]) if value in told]
    assert str(tmp_path) not in told


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """With the line that is no case."""
    with pytest.raises(Misshapen, match="line 2"):
        load(write(tmp_path / "cases.jsonl", search(order()), {"not": "a case"}))
    with pytest.raises(Misshapen, match="cannot be read"):
        load(tmp_path / "absent")


def _texts(of: Any) -> list[str]:
    if isinstance(of, str):
        return [of] if len(of) > 3 else []  # a short one is in every text
    parts = list(of.values()) if isinstance(of, dict) else of if isinstance(of, list) else []
    return [text for part in parts for text in _texts(part)]
