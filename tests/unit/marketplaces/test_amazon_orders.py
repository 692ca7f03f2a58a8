"""searchOrders and getOrder: what is asked, and what a refusal of a page means."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from shared.http.messages import Answer
from shared.kernel.errors import FarSideError, Refused, RoleMissing, Unavailable
from shared.marketplaces.amazon.orders import AmazonOrders
from shared.marketplaces.amazon.wire import Spapi
from shared.marketplaces.models import OrderPage, OrdersQuery
from shared.marketplaces.ports import DataRefused, PageTokenRefused
from tests.unit.marketplaces.far_side import (
    ACCOUNT,
    API_URLS,
    FRANCE,
    NOW,
    TOKEN,
    ScriptedOutward,
    StoppedClock,
    answer,
    budgets,
    denial,
    order,
)

EMPTY = {"orders": [], "lastUpdatedBefore": "2026-11-22T11:57:57Z"}
ALL = AmazonOrders(Spapi(ScriptedOutward(), API_URLS, StoppedClock()), StoppedClock()).data_sets
QUERY = OrdersQuery(
    channel_ids=(FRANCE, "A1PA6795UKMFR9"),
    updated_after=NOW - timedelta(minutes=10),
    updated_before=NOW - timedelta(seconds=123),
    data=ALL[0],
)
DENIED = denial(403, "Unauthorized", "Access to requested resource is denied.")
OTHER_REGION = denial(403, "Unauthorized", "", "The marketplaces you provided are not valid for region.")


def client(*answers: Answer) -> tuple[AmazonOrders, ScriptedOutward]:
    outward, clock = ScriptedOutward(*answers), StoppedClock()
    return AmazonOrders(Spapi(outward, API_URLS, clock), clock), outward


async def read(query: OrdersQuery, *answers: Answer) -> OrderPage:
    return await client(*answers)[0].read_page(ACCOUNT, query, TOKEN, budgets())


async def test_a_page_is_asked_for_in_amazons_words() -> None:
    """Lists are joined by commas, times are UTC with Z, a hundred per page; nothing is sent that was not asked."""
    orders, outward = client(answer(200, EMPTY))
    await orders.read_page(ACCOUNT, QUERY, TOKEN, budgets())
    (request,) = outward.requests
    assert request.url == "https://eu.example/orders/2026-01-01/orders"
    assert dict(request.params) == {
        "lastUpdatedAfter": "2026-11-22T11:50:00.000Z",
        "lastUpdatedBefore": "2026-11-22T11:57:57.000Z",
        "marketplaceIds": "A13V1IB3VIYZZH,A1PA6795UKMFR9",
        "includedData": "FULFILLMENT,CANCELLATION,PACKAGES,PROCEEDS,RECIPIENT,BUYER",
        "maxResultsPerPage": "100",
    }


async def test_a_filter_is_repeated_with_the_page_token() -> None:
    """With a token all other parameters go along unchanged (domain rule 17)."""
    orders, outward = client(answer(200, EMPTY))
    query = OrdersQuery(
        channel_ids=(FRANCE,),
        placed_after=NOW - timedelta(days=30),
        placed_before=NOW - timedelta(hours=1),
        statuses=("UNSHIPPED", "PARTIALLY_SHIPPED"),
        fulfilled_by=("seller",),
        page_token="t+/=",
    )
    await orders.read_page(ACCOUNT, query, TOKEN, budgets())
    params = dict(outward.requests[0].params)
    assert params["createdAfter"] == "2026-10-23T12:00:00.000Z"
    assert params["createdBefore"] == "2026-11-22T11:00:00.000Z"
    assert params["fulfillmentStatuses"] == "UNSHIPPED,PARTIALLY_SHIPPED"
    assert params["fulfilledBy"] == "MERCHANT"
    assert params["paginationToken"] == "t+/="
    assert "lastUpdatedAfter" not in params
    assert "paginationToken=t%2B%2F%3D" in outward.requests[0].full_url


@pytest.mark.parametrize("query", [QUERY, replace(QUERY, updated_after=None)], ids=["both", "none"])
async def test_a_query_has_exactly_one_beginning(query: OrdersQuery) -> None:
    """Mixing the two pairs of dates is our mistake, found before anything is sent."""
    both = replace(query, placed_after=NOW if query.updated_after else None)
    with pytest.raises(ValueError, match="exactly one"):
        await read(both)


async def test_a_page_is_read() -> None:
    """Orders, the next page's token and the echoed end of the window."""
    body = EMPTY | {"orders": [order()], "pagination": {"nextToken": "t"}}
    page = await read(QUERY, answer(200, body))
    assert (len(page.orders), page.next_token) == (1, "t")
    assert page.covered_until == NOW - timedelta(seconds=123)


async def test_a_page_that_names_itself_as_the_next_is_refused() -> None:
    """A repeated token would turn for ever: the window starts again."""
    body = EMPTY | {"pagination": {"nextToken": "t"}}
    with pytest.raises(PageTokenRefused):
        await read(replace(QUERY, page_token="t"), answer(200, body))


@pytest.mark.parametrize("data", ALL[:-1])
@pytest.mark.parametrize("refused", [denial(400), DENIED], ids=["400", "403"])
async def test_a_smaller_set_may_cure_a_refusal(data: tuple[str, ...], refused: Answer) -> None:
    """While there is less to ask for, a 400 or an empty 403 asks for less (domain rule 16)."""
    with pytest.raises(DataRefused):
        await read(replace(QUERY, data=data), refused)


@pytest.mark.parametrize(("refused", "error"), [(denial(400), Refused), (DENIED, RoleMissing)], ids=["400", "403"])
async def test_the_smallest_set_refused_is_final(refused: Answer, error: type[FarSideError]) -> None:
    """With the least we can work with, a 403 is a missing role and a 400 is a refusal."""
    with pytest.raises(error):
        await read(replace(QUERY, data=ALL[-1]), refused)


async def test_a_400_on_a_further_page_is_the_tokens() -> None:
    """Page one went through with the same data, so the token is what is no longer good."""
    with pytest.raises(PageTokenRefused):
        await read(replace(QUERY, page_token="t"), denial(400))
    with pytest.raises(DataRefused):
        await read(replace(QUERY, page_token="t"), denial(400, message="includedData is invalid"))


async def test_a_store_of_another_region_is_no_matter_of_data() -> None:
    """Asking for less would not bring the store into the region."""
    with pytest.raises(Refused) as caught:
        await read(QUERY, OTHER_REGION)
    assert caught.value.code == "store_of_another_region"


async def test_a_window_too_new_for_amazons_clock_waits() -> None:
    """A 400 for a window that is younger than two minutes over there is cured by time, and the clock is learnt."""
    slow = denial(400)
    slow = replace(slow, headers=dict(slow.headers) | {"date": "Sun, 22 Nov 2026 11:59:00 GMT"})
    orders, _ = client(slow)
    with pytest.raises(Unavailable) as caught:
        await orders.read_page(ACCOUNT, QUERY, TOKEN, budgets())
    assert caught.value.code == "window_too_new"
    assert caught.value.retry_after_seconds == 60
    assert orders.latest_before(NOW) == NOW - timedelta(seconds=183)


async def test_one_order_is_read_with_all_it_has() -> None:
    """getOrder asks for the richest set, then for less; its id is encoded into the path."""
    orders, outward = client(denial(400), answer(200, {"order": order()}))
    found = await orders.read_order(ACCOUNT, "902/1", TOKEN, budgets())
    assert found.id == "902-1106328-1059050"
    assert [dict(request.params)["includedData"] for request in outward.requests] == [
        ",".join(set_) for set_ in ALL[:2]
    ]
    assert outward.requests[0].url.endswith("/orders/902%2F1")


@pytest.mark.parametrize(
    ("answers", "error", "code"),
    [
        ([denial(404)], Refused, "order_unknown"),
        ([DENIED] * 4, RoleMissing, "access_denied"),
        ([denial(400)] * 4, Refused, "http_400"),
    ],
)
async def test_an_order_that_cannot_be_had(answers: list[Answer], error: type[FarSideError], code: str) -> None:
    """Not found is final; a refusal is final once the smallest set is refused."""
    with pytest.raises(error) as caught:
        await client(*answers)[0].read_order(ACCOUNT, "902-1", TOKEN, budgets())
    assert caught.value.code == code


def test_the_poller_is_told_what_it_needs() -> None:
    """Page size, the words for open orders, and sets of data that shrink but always tell status and cancellations."""
    orders, _ = client()
    assert orders.page_size == 100
    assert orders.open_statuses == ("PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED")
    assert all(set(less) < set(more) for more, less in pairwise(ALL))
    assert {"FULFILLMENT", "CANCELLATION", "PACKAGES"} == set(ALL[-1])
