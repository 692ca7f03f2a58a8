"""listOrders, countOrders and getOrder: what is asked, page after page, and what a refusal means."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.http.messages import Answer
from shared.kernel.errors import FarSideError, Refused, Unreadable
from shared.marketplaces.models import OrderPage, OrdersQuery
from shared.marketplaces.octopia.orders import OctopiaOrders
from shared.marketplaces.ports import PageTokenRefused
from tests.unit.marketplaces.far_side import NOW, ScriptedOutward, answer
from tests.unit.marketplaces.octopia_side import ACCOUNT, TOKEN, api, budgets, line, order, problem

QUERY = OrdersQuery(
    channel_ids=("CDISFR",), updated_after=NOW - timedelta(days=3), updated_before=NOW - timedelta(minutes=1)
)
OPEN = OrdersQuery(
    channel_ids=("CDISFR", "RAKUTFR"),
    placed_after=NOW - timedelta(days=365),
    placed_before=NOW,
    statuses=("WaitingAcceptance", "InPreparation"),
)


def client(*answers: Answer | Exception) -> tuple[OctopiaOrders, ScriptedOutward]:
    octopia, outward = api(*answers)
    return OctopiaOrders(octopia), outward


def listed(*orders: dict[str, Any]) -> Answer:
    return answer(200, {"itemsPerPage": 100, "items": list(orders)})


async def read(query: OrdersQuery, *answers: Answer | Exception) -> tuple[OrderPage, ScriptedOutward]:
    orders, outward = client(*answers)
    return await orders.read_page(ACCOUNT, query, TOKEN, budgets()), outward


async def test_a_pass_counts_first() -> None:
    """The same filters for the count and the list, UTC with Z, the upper bound fixed; nothing is sent unasked."""
    page, outward = await read(QUERY, answer(200, 1), listed(order()))
    count, rows = outward.requests
    filters = {
        "updatedAtMin": "2026-11-19T12:00:00.000Z",
        "updatedAtMax": "2026-11-22T11:59:00.000Z",
        "salesChannelId": "CDISFR",
    }
    assert (count.url.rpartition("/v2")[2], dict(count.params)) == ("/orders/count", filters)
    assert (rows.url.rpartition("/v2")[2], dict(rows.params)) == (
        "/orders",
        filters | {"pageIndex": "1", "pageSize": "100"},
    )
    assert (len(page.orders), page.next_token, page.covered_until) == (1, None, None)


async def test_the_last_page_comes_first() -> None:
    """What was counted tells where the list ends; the token leads downwards, and the filters are repeated."""
    page, outward = await read(QUERY, answer(200, 230), listed(order()))
    asked = dict(outward.requests[1].params)
    first_row = (int(asked["pageIndex"]) - 1) * int(asked["pageSize"])
    assert 0 < first_row < 230 < first_row + int(asked["pageSize"])
    assert page.next_token is not None
    _, outward = await read(replace(QUERY, page_token=page.next_token), listed(order()))
    (following,) = outward.requests
    lower = dict(following.params)
    assert (int(lower["pageIndex"]) - 1) * int(lower["pageSize"]) < first_row
    assert lower["updatedAtMax"] == "2026-11-22T11:59:00.000Z"


async def test_statuses_are_walked_one_after_another() -> None:
    """`status` takes one value; several channels are no filter of Octopia's."""
    page, outward = await read(OPEN, answer(200, 0), listed())
    assert [dict(request.params)["status"] for request in outward.requests] == ["WaitingAcceptance"] * 2
    assert {"createdAtMin", "createdAtMax"} < set(dict(outward.requests[0].params))
    assert "salesChannelId" not in dict(outward.requests[0].params)
    assert page.next_token is not None
    page, outward = await read(replace(OPEN, page_token=page.next_token), answer(200, 1), listed(order()))
    assert [dict(request.params)["status"] for request in outward.requests] == ["InPreparation"] * 2
    assert (len(page.orders), page.next_token) == (1, None)


async def test_rows_are_filtered_again_on_our_side() -> None:
    """By what each says: outside the window, of another channel, or shipped by Octopia where only ours were asked."""
    rows = (
        order(orderId="in"),
        order(orderId="old", updatedAt="2026-11-01T00:00:00Z"),
        order(orderId="new", updatedAt="2026-11-22T11:59:30Z"),
        order(orderId="elsewhere", salesChannel={"id": "WORTEN"}),
        order(orderId="nowhere", salesChannel=None),
        order(orderId="theirs", lines=[line(1, "Fulfillment")]),
        order(orderId="unknown", lines=[line(1, None)]),
        order(orderId="bad", lines=None),
    )
    page, _ = await read(replace(QUERY, fulfilled_by=("seller",)), answer(200, 8), listed(*rows))
    assert [one.id for one in page.orders] == ["in", "nowhere", "unknown"]
    assert [one.id for one in page.unreadable] == ["bad"]


@pytest.mark.parametrize("token", ["", "x", "2", "0.5", "1.5.zz", "9.9.", "t+/="])
async def test_a_token_that_is_not_ours(token: str) -> None:
    """A bookmark of another query, or none of ours, starts the window again; nothing is asked."""
    orders, outward = client(answer(200, 0), listed())
    with pytest.raises(PageTokenRefused):
        await orders.read_page(ACCOUNT, replace(OPEN, page_token=token), TOKEN, budgets())
    assert outward.requests == []


@pytest.mark.parametrize(
    ("answers", "query", "error"),
    [
        ([problem(400, status="not valid")], QUERY, Refused),
        ([answer(200, "unavailable")], QUERY, Unreadable),
        ([answer(200, 1), problem(404)], QUERY, Refused),
        ([answer(200, 1), answer(200, {})], QUERY, Unreadable),
        ([problem(404)], replace(QUERY, page_token="0.50."), PageTokenRefused),
        ([problem(400)], replace(QUERY, page_token="0.50."), PageTokenRefused),
        ([problem(422)], replace(QUERY, page_token="0.50."), Refused),
    ],
)
async def test_what_a_refused_page_means(answers: list[Answer], query: OrdersQuery, error: type[Exception]) -> None:
    """On a further page a 400 or 404 is the page's; a first one is a refusal."""
    with pytest.raises(error):
        await read(query, *answers)


async def test_one_order_is_read() -> None:
    """Its id is encoded into the path."""
    orders, outward = client(answer(200, order()))
    found = await orders.read_order(ACCOUNT, "26/1", TOKEN, budgets())
    assert found.id == "2611210930ABCDE"
    assert outward.requests[0].url.endswith("/orders/26%2F1")


@pytest.mark.parametrize(
    ("scripted", "error", "code"),
    [
        (problem(404), Refused, "order_unknown"),
        (problem(400), Refused, "http_400"),
        (answer(200, order(lines=None)), Unreadable, "order_unreadable"),
    ],
)
async def test_an_order_that_cannot_be_had(scripted: Answer, error: type[FarSideError], code: str) -> None:
    """Not found is final, unreadable is not the same."""
    with pytest.raises(error) as caught:
        await client(scripted)[0].read_order(ACCOUNT, "1", TOKEN, budgets())
    assert caught.value.code == code


def test_the_poller_is_told_what_it_needs() -> None:
    """Page size, one set of data, the words for open orders in the order of an order's life, whole seconds."""
    orders, _ = client()
    assert (orders.page_size, orders.data_sets) == (100, ((),))
    assert orders.open_statuses == ("WaitingAcceptance", "Accepted", "InPreparation")
    assert orders.latest_before(NOW + timedelta(microseconds=5)) == NOW
