"""
The static mode: Amazon's answers are those of a file of cases.

Seen red without each of its rules: what is required, the case that names most, the region, moments, types.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.conformance.made import FRANCE, LISTINGS, ORDERS, Json, get_listing, order, row, search, write
from tests.contract.sandbox.far import SELLER, Far
from tests.sandbox.world import Options

GENERAL, SPECIAL = search(order()), search(order(orderId="900-0000001-0000002"), fulfilledBy=["MERCHANT"])
ASKED = {"createdAfter": "2026-01-01T00:00:00Z", "marketplaceIds": FRANCE}
LISTING = f"{LISTINGS.format(sellerId=SELLER)}/SKU%2F1"
OTHER = row("getOrders", "GET", "/orders/v0/orders", {"payload": {"Orders": []}}, CreatedAfter="SOME_CASE", Size=2)
BODY = row("createThing", "POST", "/things/v1/{thing}", {"made": 1}, status=202, thing="a/b", body={"x": [{"y": 1}]})


@pytest.fixture
async def far(tmp_path: Path) -> AsyncIterator[Far]:
    """A sandbox that plays these cases and nothing else at Amazon."""
    file = write(tmp_path / "cases.jsonl", GENERAL, SPECIAL, OTHER, BODY, get_listing())
    made = await Far(Options(static_cases=file, quota_scale=100)).ready()
    yield made
    await made.close()


async def post(far: Far, path: str, body: Any) -> httpx.Response:
    return await far.http.post(f"/amazon/eu{path}", json=body, headers=far.headers())


async def test_what_fits_no_case_is_refused(far: Far) -> None:
    """In Amazon's words: another value, a parameter that is missing, an operation without cases."""
    no_match: Json = {"errors": [{"code": "InvalidInput", "message": "Could not match input arguments", "details": ""}]}
    asked: list[tuple[str, dict[str, str]]] = [
        (ORDERS, ASKED | {"createdAfter": "2026-01-02T00:00:00Z"}),
        (ORDERS, {"marketplaceIds": FRANCE}),
        (f"{ORDERS}/900-0000001-0000001", {}),
        (LISTINGS.format(sellerId=SELLER), {"marketplaceIds": FRANCE}),
        (LISTING, {"includedData": "summaries"}),
        ("/orders/v0/orders", {"CreatedAfter": "SOME_CASE"}),
    ]
    for path, params in asked:
        answer = await far.get(path, **params)
        assert (answer.status_code, answer.json()) == (400, no_match), path


async def test_the_case_that_names_most_answers(far: Far) -> None:
    """What a case leaves free may be said, or not; a list is joined by commas."""
    general = await far.get(ORDERS, **ASKED, maxResultsPerPage="7")
    special = await far.get(ORDERS, **ASKED, fulfilledBy="MERCHANT")
    assert (general.json(), special.json()) == (GENERAL["response"], SPECIAL["response"])


async def test_the_same_moment_fits(far: Far) -> None:
    """However it is spelled; and so does a request with all that the operation requires."""
    spelled = await far.get(ORDERS, **ASKED | {"createdAfter": "2026-01-01T01:00:00.000+01:00"})
    listed = await far.get(LISTING, marketplaceIds=FRANCE)
    assert (spelled.json(), listed.json()["sku"]) == (GENERAL["response"], "SKU/1")


async def test_any_operation_of_the_file_is_played(far: Far) -> None:
    """Also those our client does not have: with numbers, encoded paths, bodies, and the case's status."""
    listed = await far.get("/orders/v0/orders", CreatedAfter="SOME_CASE", Size="2")
    made = await post(far, "/things/v1/a%2Fb", {"x": [{"y": 1, "z": 2}]})
    other = await post(far, "/things/v1/a%2Fb", {"x": [{"y": True}]})
    assert (listed.status_code, listed.json()) == (200, OTHER["response"])
    assert (made.status_code, made.json(), other.status_code) == (202, {"made": 1}, 400)


async def test_a_store_of_another_region_is_denied(far: Far) -> None:
    """As at Amazon, before any case is looked for; and so is a path nobody knows, and a token nobody has."""
    elsewhere = await far.get(ORDERS, **ASKED | {"marketplaceIds": "A1VC38T7YXB528"})
    assert elsewhere.json()["errors"][0]["details"] == "The marketplaces you provided are not valid for region."
    far_away, nowhere = await far.get(ORDERS, "fe", **ASKED), await far.get("/nowhere")
    far.token = "nobody's"
    nobody = await far.get(ORDERS, **ASKED)
    assert [answer.status_code for answer in (elsewhere, far_away, nowhere, nobody)] == [403, 403, 403, 403]
