"""Reading what a seller offers in a store of Amazon's: what a listing tells, and how all of them are reached."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import pytest

from shared.http.messages import Answer
from shared.kernel.errors import Refused, RoleMissing, Throttled, Unreadable
from shared.marketplaces.amazon.listings import AmazonListings
from shared.marketplaces.amazon.operations import OPERATIONS, READ_STOCK, SEARCH_LISTINGS
from shared.marketplaces.amazon.wire import Spapi
from shared.marketplaces.listings import Listing, ListingPage
from shared.marketplaces.ports import PageTokenRefused
from tests.unit.marketplaces.far_side import (
    ACCOUNT,
    API_URLS,
    FRANCE,
    TOKEN,
    ScriptedOutward,
    StoppedClock,
    answer,
    budgets,
    denial,
)

GERMANY = "A1PA6795UKMFR9"


def summary(**fields: Any) -> dict[str, Any]:
    return {
        "marketplaceId": FRANCE,
        "productType": "LUGGAGE",
        "status": ["BUYABLE", "DISCOVERABLE"],
        "itemName": "A suitcase",
        "createdDate": "2026-01-02T03:04:05Z",
        "lastUpdatedDate": "2026-02-03T04:05:06Z",
    } | fields


def record(sku: str = "SKU-001", quantity: int | None = 7, code: str = "DEFAULT", **fields: Any) -> dict[str, Any]:
    available = {"fulfillmentChannelCode": code} | ({} if quantity is None else {"quantity": quantity})
    return {"sku": sku, "summaries": [summary()], "fulfillmentAvailability": [available]} | fields


def results(*records: Any, token: str | None = None) -> Answer:
    pagination = {"pagination": {"nextToken": token}} if token else {}
    return answer(200, {"numberOfResults": len(records), "items": list(records)} | pagination)


class Reading:
    """One after the other, the pages of France as they are scripted."""

    def __init__(self, *answers: Answer) -> None:
        self.outward = ScriptedOutward(*answers)
        self.port = AmazonListings(Spapi(self.outward, API_URLS, StoppedClock()))
        self.budgets = budgets()
        self.token: str | None = None

    async def page(self, *, weights: bool = False) -> ListingPage:
        self.budgets = budgets()
        page = await self.port.read_page(ACCOUNT, FRANCE, self.token, TOKEN, self.budgets, weights=weights)
        self.token = page.next_token
        return page

    @property
    def asked(self) -> Mapping[str, str]:
        """The parameters of the last call."""
        return dict(self.outward.requests[-1].params)


async def read(*records: Any) -> ListingPage:
    return await Reading(results(*records)).page()


async def test_a_listing_in_our_words() -> None:
    """SKU, title, whether it is shown, the quantity of the seller's own warehouse, and what telling it needs."""
    page = await read(record())
    assert page.listings == (Listing("SKU-001", "A suitcase", True, False, 7, {"product_type": "LUGGAGE"}),)
    assert (page.unreadable, page.next_token) == ((), None)


@pytest.mark.parametrize(
    ("status", "active"), [(["BUYABLE"], True), (["DISCOVERABLE"], True), ([], False), (["SUSPENDED"], False)]
)
async def test_what_shoppers_see_is_active(status: list[str], active: bool) -> None:
    """Sold out it can no longer be bought, but is still shown."""
    (listing,) = (await read(record(summaries=[summary(status=status)]))).listings
    assert listing.active is active


@pytest.mark.parametrize("code", ["AMAZON_EU", "AMAZON_NA", "AMAZON_JP"])
async def test_amazons_warehouses_fill_it(code: str) -> None:
    """A listing with a quantity in one of them is never ours to tell, also where it has one of the seller's beside."""
    own = {"fulfillmentChannelCode": "DEFAULT", "quantity": 3}
    both = record(fulfillmentAvailability=[{"fulfillmentChannelCode": code, "quantity": 9}, own])
    page = await read(record(code=code), both)
    assert [(one.marketplace_fulfilled, one.quantity) for one in page.listings] == [(True, None), (True, 3)]


async def test_a_listing_tells_what_it_tells() -> None:
    """Nothing but the SKU is needed, and another store's summary is not this one's."""
    elsewhere = record("B", quantity=None, summaries=[summary(marketplaceId=GERMANY)])
    page = await read({"sku": "A"}, elsewhere)
    assert page.listings == (Listing("A", None, False, False, None), Listing("B", None, False, False, None))


async def test_one_bad_record_never_spoils_its_page() -> None:
    """What cannot be read is left out with a reason that holds nothing of it."""
    page = await read(record("A"), {"summaries": []}, "unavailable", record("B"))
    assert [listing.sku for listing in page.listings] == ["A", "B"]
    assert page.unreadable == ("sku is missing or not a text",) * 2


async def test_one_store_oldest_first_twenty_at_a_time() -> None:
    """One region's address, one store, in an order that does not move while we read."""
    reading = Reading(results(record()))
    await reading.page()
    (request,) = reading.outward.requests
    assert request.url == "https://eu.example/listings/2021-08-01/items/A1SELLER"
    assert reading.asked == {
        "marketplaceIds": FRANCE,
        "includedData": "summaries,fulfillmentAvailability",
        "sortBy": "createdDate",
        "sortOrder": "ASC",
        "pageSize": "20",
    }
    assert "summaries,fulfillmentAvailability" in unquote(request.full_url)


async def test_a_page_token_comes_with_everything_else_unchanged() -> None:
    """The second page is asked for with the first one's parameters."""
    reading = Reading(results(record("A"), token="T/2+"), results(record("B")))
    await reading.page()
    first = reading.asked
    last = await reading.page()
    assert reading.asked == {**first, "pageToken": "T/2+"}
    assert last.next_token is None


def thousand(*, day: int, pages: int = 50) -> list[Answer]:
    """Pages of twenty, each listing made a second after the one before, and a token even after the last."""
    return [
        results(
            *(record(f"{day}-{page}-{n}", summaries=[summary(createdDate=made(day, page, n))]) for n in range(20)),
            token=f"T{page}",
        )
        for page in range(pages)
    ]


def made(day: int, page: int, n: int) -> str:
    seconds = page * 20 + n
    return f"2026-01-{day:02d}T00:{seconds // 60:02d}:{seconds % 60:02d}Z"


async def test_more_than_a_thousand_are_reached() -> None:
    """Amazon shows the first 1,000: what was made since is asked for anew, from the newest seen on."""
    reading = Reading(*thousand(day=1), *thousand(day=2), results(record("LAST")))
    pages = [await reading.page() for _ in range(101)]
    assert [request.params for request in reading.outward.requests if ("pageToken", "T49") in request.params] == []
    starts = [dict(request.params) for request in reading.outward.requests if "pageToken" not in dict(request.params)]
    assert [one.get("createdAfter") for one in starts] == [None, "2026-01-01T00:16:39.000Z", "2026-01-02T00:16:39.000Z"]
    assert (pages[-1].listings[0].sku, pages[-1].next_token) == ("LAST", None)
    assert not any(page.unreadable for page in pages)


async def test_more_than_a_thousand_of_one_moment_are_told_of() -> None:
    """What Amazon cannot be asked for is left out with a reason, and the reading goes on behind it."""
    crowd = [results(*(record(f"{p}-{n}") for n in range(20)), token=f"T{p}") for p in range(50)]
    reading = Reading(*crowd, *crowd, results(record("LAST")))
    pages = [await reading.page() for _ in range(101)]
    assert [page.unreadable for page in pages if page.unreadable] == [
        ("Amazon shows no more than 1,000 listings of one moment",)
    ]
    assert reading.asked["createdAfter"] == "2026-01-02T03:04:06.000Z"
    undated = Reading(*[results(*({"sku": f"{p}-{n}"} for n in range(20)), token=f"T{p}") for p in range(50)])
    last = [await undated.page() for _ in range(50)][-1]
    assert (last.next_token, len(last.unreadable)) == (None, 1)


async def test_a_refused_page_token_starts_the_store_again() -> None:
    """A 400 on a further page is the token's, on the first one it is not; a page may not name itself as the next."""
    reading = Reading(results(token="T1"), denial(400))
    await reading.page()
    with pytest.raises(PageTokenRefused):
        await reading.page()
    with pytest.raises(Refused):
        await Reading(denial(400)).page()
    turning = Reading(results(token="T1"), results(token="T1"))
    await turning.page()
    with pytest.raises(PageTokenRefused):
        await turning.page()


@pytest.mark.parametrize("token", ["T1", "[null,null,0,null,null]", "7"])
async def test_a_token_that_is_not_ours_starts_the_store_again(token: str) -> None:
    """One kept from before an upgrade never holds a reading up."""
    reading = Reading()
    reading.token = token
    with pytest.raises(PageTokenRefused):
        await reading.page()


async def test_trouble_is_told_apart() -> None:
    """A missing role, a store of another region, too fast, and a yes that is no list."""
    for scripted, error, code in (
        (denial(403), RoleMissing, "access_denied"),
        (denial(403, details="The marketplaces you provided are not valid for region."), Refused, None),
        (denial(429), Throttled, "throttled"),
        (answer(200, {"items": "unavailable"}), Unreadable, "no_listings"),
        (answer(200, b"<html>"), Unreadable, "not_json"),
    ):
        with pytest.raises(error) as caught:
            await Reading(scripted).page()
        assert code in (None, caught.value.code)


async def test_two_kinds_of_work_share_what_amazon_grants() -> None:
    """Their fixed shares are Amazon's published rate together, and stay so when its header tells another one."""
    rates = {operation.name: operation.rate for operation in OPERATIONS}
    assert rates[SEARCH_LISTINGS].per_second + rates[READ_STOCK].per_second == 5
    assert rates[SEARCH_LISTINGS].burst + rates[READ_STOCK].burst == 5
    reading = Reading(answer(200, {"items": []}, x_amzn_ratelimit_limit="10.0"))
    await reading.page()
    assert reading.budgets.buckets[SEARCH_LISTINGS].rate.per_second == 4
