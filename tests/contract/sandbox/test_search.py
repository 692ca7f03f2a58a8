"""searchOrders: the window's rules, page tokens, and lists that run behind the truth."""

import pytest

from tests.contract.sandbox.far import SELLER, Far
from tests.sandbox.clock import iso
from tests.sandbox.world import Options


@pytest.mark.parametrize(
    "query",
    [
        "",
        "createdAfter=2026-01-01T00:00:00Z&lastUpdatedAfter=2026-01-01T00:00:00Z",
        "createdAfter=2026-01-01T00:00:00Z&lastUpdatedBefore=2026-02-01T00:00:00Z",
        "lastUpdatedAfter=2026-01-01T00:00:00Z&createdBefore=2026-02-01T00:00:00Z",
        "lastUpdatedAfter=2026-02-01T00:00:00Z&lastUpdatedBefore=2026-01-01T00:00:00Z",
        "lastUpdatedAfter=2026-01-01T00:00:00",
        "lastUpdatedAfter=2026-01-01T00:00:00+02:00",
        "lastUpdatedAfter=2026-01-01T00:00:00Z&fulfillmentStatuses=Unshipped",
        "lastUpdatedAfter=2026-01-01T00:00:00Z&fulfilledBy=MFN",
        "lastUpdatedAfter=2026-01-01T00:00:00Z&includedData=EVERYTHING",
        "lastUpdatedAfter=2026-01-01T00:00:00Z&maxResultsPerPage=101",
        "lastUpdatedAfter=2026-01-01T00:00:00Z&maxResultsPerPage=0",
        "lastUpdatedAfter=2026-01-01T00:00:00Z&paginationToken=invented",
        "lastUpdatedAfter=2026-01-01T00:00:00Z&marketplaceIds=" + ",".join(["A13V1IB3VIYZZH"] * 51),
    ],
)
async def test_a_wrong_question_is_400_with_empty_details(far: Far, query: str) -> None:
    """None, both or mixed dates, no zone, a raw `+` (which is a space), unknown values, more than 50 ids."""
    answer = await far.http.get(f"/amazon/eu/orders/2026-01-01/orders?{query}", headers=far.headers())
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["code"], error["details"]) == ("InvalidInput", "")


async def test_an_escaped_offset_is_understood(far: Far) -> None:
    """`%2B02:00` is an offset; it is noted because Amazon asks for UTC."""
    assert (await far.search(lastUpdatedAfter="2026-01-01T00:00:00+02:00")).status_code == 200
    [note] = (await far.control.calls())["deviations"]
    assert note["deviation"] == "lastUpdatedAfter is not UTC with Z"


async def test_before_is_at_least_two_minutes_ago(far: Far) -> None:
    """119 seconds ago is refused, 120 is not; left out it is two minutes ago, and echoed."""
    assert (await far.search(lastUpdatedBefore=iso(far.now - 119))).status_code == 400
    exact = await far.search(lastUpdatedBefore=iso(far.now - 120))
    assert exact.json()["lastUpdatedBefore"] == iso(far.now - 120)
    assert (await far.search()).json()["lastUpdatedBefore"] == iso(far.now - 120)
    created = (await far.search(createdAfter="2026-01-01T00:00:00Z")).json()
    assert created["createdBefore"] == iso(far.now - 120)
    assert "lastUpdatedBefore" not in created


async def test_a_store_of_another_region_is_403(far: Far) -> None:
    """Marketplace ids are checked against the region."""
    answer = await far.search(marketplaceIds="ATVPDKIKX0DER")
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["details"] == "The marketplaces you provided are not valid for region."


async def test_filters(far: Far) -> None:
    """Statuses, marketplaces and fulfilledBy narrow the list; values are comma-joined."""
    german = await far.planted(marketplace_id="DE")
    pending = await far.planted(status="PENDING")
    amazons = await far.planted(fulfilled_by="AMAZON")
    await far.planted()
    assert set(await far.listed(marketplaceIds="A1PA6795UKMFR9,APJ6JRA9NG5V4")) == {german["order_id"]}
    assert set(await far.listed(fulfillmentStatuses="PENDING,CANCELLED")) == {pending["order_id"]}
    assert set(await far.listed(fulfilledBy="AMAZON")) == {amazons["order_id"]}
    assert len(await far.listed()) == 4


async def test_paging_shows_every_order_once(far: Far) -> None:
    """All pages but the last have a token; together they are all orders, and the window's end stays as it was."""
    planted = await far.control.orders(SELLER, 25)
    first = (await far.search(maxResultsPerPage="10")).json()
    far.now += 5
    token = {"paginationToken": first["pagination"]["nextToken"]}
    second = (await far.search(maxResultsPerPage="10", includedData="FULFILLMENT", **token)).json()
    third = (await far.search(maxResultsPerPage="10", paginationToken=second["pagination"]["nextToken"])).json()
    assert "pagination" not in third
    ids = [order["orderId"] for page in (first, second, third) for order in page["orders"]]
    assert sorted(ids) == sorted(planted)
    assert {page["lastUpdatedBefore"] for page in (first, second, third)} == {first["lastUpdatedBefore"]}


async def test_a_page_token_is_bound_to_the_other_parameters(far: Far) -> None:
    """Another filter, another date or another seller with the same token is refused."""
    await far.control.orders(SELLER, 3)
    token = (await far.search(maxResultsPerPage="2")).json()["pagination"]["nextToken"]
    assert (await far.search(paginationToken=token, fulfilledBy="MERCHANT")).status_code == 400
    assert (await far.search(paginationToken=token, lastUpdatedAfter="2026-01-01T00:00:00Z")).status_code == 400
    assert (await far.search(paginationToken=token)).status_code == 200
    far.token = await far.access_token((await far.control.seller("A2"))["refresh_token"])
    assert (await far.search(paginationToken=token)).status_code == 400


async def test_a_page_token_lives_a_day(far: Far) -> None:
    """24 hours and a second later it is refused."""
    await far.control.orders(SELLER, 3)
    seller = await far.control.seller(SELLER)
    token = (await far.search(maxResultsPerPage="2")).json()["pagination"]["nextToken"]
    far.now += 86_401
    far.token = await far.access_token(seller["refresh_token"])
    assert (await far.search(paginationToken=token)).status_code == 400


async def test_lists_run_two_minutes_behind(far: Far) -> None:
    """A new order is readable by id at once; lists show it after their lag (and some rows a little later still)."""
    ids = await far.control.orders(SELLER, 40, age_seconds=0)
    assert (await far.order(ids[0]))["orderId"] == ids[0]
    assert await far.listed() == {}
    far.now += 121
    soon = set(await far.listed())
    assert len(ids) * 0.8 < len(soon) < len(ids)
    far.now += 240
    assert set(await far.listed()) == set(ids)


async def test_an_overlap_of_ten_minutes_finds_late_rows(far: Far) -> None:
    """A reader that starts each window ten minutes before the last one's end misses nothing."""
    planted: set[str] = set()
    found: set[str] = set()
    after = far.now - 600
    for _ in range(8):
        planted |= set(await far.control.orders(SELLER, 30, age_seconds=0))
        far.now += 300
        found |= set(await far.listed(lastUpdatedAfter=iso(after)))
        after = far.now - 120 - 600
    assert len(found) > 150
    far.now += 300
    assert found | set(await far.listed(lastUpdatedAfter=iso(after))) == planted


async def test_a_write_brings_the_order_again(far: Far) -> None:
    """A confirmation raises lastUpdatedTime: reads by id show it seconds later, lists when their lag has passed."""
    order = await far.planted()
    before = (await far.order(order["order_id"]))["lastUpdatedTime"]
    await far.confirm(order)
    assert (await far.order(order["order_id"]))["lastUpdatedTime"] == before
    written = far.now
    far.now += 3
    assert (await far.order(order["order_id"]))["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    assert (await far.listed())[order["order_id"]]["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    far.now += 600
    again = await far.listed(lastUpdatedAfter=iso(written))
    assert again[order["order_id"]]["packages"][0]["trackingNumber"] == "TRACK1"
    assert await far.listed(lastUpdatedBefore=iso(written - 1)) == {}


async def test_the_lag_is_an_option() -> None:
    """A demo may shorten it: the rule about Before shrinks with it."""
    far = await Far(Options(list_lag_seconds=2)).ready()
    await far.control.orders(SELLER, age_seconds=10)
    assert (await far.search(lastUpdatedBefore=iso(far.now - 2))).status_code == 200
    assert len(await far.listed()) == 1
    await far.close()


async def test_created_windows_are_by_creation(far: Far) -> None:
    """createdAfter leaves out an order created before, whenever it changed."""
    old = await far.planted(age_seconds=7200)
    young = await far.planted(age_seconds=1800)
    await far.control.patch_order(old["order_id"], buyer_cancel=True)
    far.now += 600
    assert set(await far.listed(createdAfter=iso(far.now - 4000))) == {young["order_id"]}
    assert set(await far.listed(lastUpdatedAfter=iso(far.now - 700))) == {old["order_id"]}


async def test_rows_come_out_of_order(far: Far) -> None:
    """Some pages run backwards: a client must not take a page's last row for its newest."""
    await far.control.orders(SELLER, 60)
    pages: list[list[str]] = []
    token: dict[str, str] = {}
    while not pages or token:
        answer = (await far.search(maxResultsPerPage="5", **token)).json()
        pages.append([order["lastUpdatedTime"] for order in answer["orders"]])
        token = {"paginationToken": answer["pagination"]["nextToken"]} if "pagination" in answer else {}
    assert {page == sorted(page) for page in pages} == {True, False}
