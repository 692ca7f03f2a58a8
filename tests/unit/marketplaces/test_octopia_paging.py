"""The law of passes: whatever comes into or leaves a list while it is read, no row that stays is missed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.http.messages import Answer, Request
from shared.marketplaces.models import OrdersQuery
from shared.marketplaces.octopia.orders import OctopiaOrders
from shared.marketplaces.octopia.paging import OVERLAP, PAGE_SIZE, Place, page_below, step
from shared.marketplaces.octopia.wire import OctopiaApi
from shared.marketplaces.ports import PageTokenRefused
from tests.unit.marketplaces.far_side import NOW, StoppedClock, answer
from tests.unit.marketplaces.octopia_side import ACCOUNT, API_URLS, TOKEN, budgets, order

QUERY = OrdersQuery(channel_ids=("CDISFR",), updated_after=NOW - timedelta(days=9), updated_before=NOW)
_MOST_RESTARTS = 60


@dataclass
class MovingList:
    """A far side whose list changes before every page: `move` is given the list and the number of the call."""

    rows: list[str]
    move: Callable[[list[str], int], None]
    calls: int = 0

    async def call(self, request: Request) -> Answer:
        if request.url.endswith("/count"):
            return answer(200, len(self.rows))
        self.move(self.rows, self.calls)
        self.calls += 1
        asked = dict(request.params)
        size = int(asked["pageSize"])
        first = (int(asked["pageIndex"]) - 1) * size
        return answer(200, {"items": [row(name) for name in self.rows[first : first + size]]})


def row(name: str) -> dict[str, Any]:
    """One in seven is a record that nobody can read."""
    return order(orderId=name) if int(name.rpartition("-")[2]) % 7 else {"orderId": name}


async def passes(far: MovingList) -> tuple[set[str], int]:
    """The ids a whole pass brought, starting again as often as it is told to; and how often that was."""
    orders, seen, query, restarts = OctopiaOrders(OctopiaApi(far, API_URLS, StoppedClock())), set[str](), QUERY, 0
    while True:
        try:
            page = await orders.read_page(ACCOUNT, query, TOKEN, budgets())
        except PageTokenRefused:
            query, restarts, seen = replace(query, page_token=None), restarts + 1, set()
            assert restarts < _MOST_RESTARTS, "it must come to an end"
            continue
        seen |= {one.id for one in page.orders} | {one.id or "" for one in page.unreadable}
        if page.next_token is None:
            return seen, restarts
        query = replace(query, page_token=page.next_token)


def names(count: int, kind: str = "stays") -> list[str]:
    return [f"{kind}-{number}" for number in range(count)]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), count=st.integers(0, 420))
def test_no_row_that_stays_is_missed(data: st.DataObject, count: int) -> None:
    """Rows leave and come in anywhere between two pages, few or many; those there all the while are all read."""
    moves = data.draw(
        st.lists(st.tuples(st.floats(0, 1), st.integers(-40, 40)), max_size=12), label="where, and how many come or go"
    )
    gone: set[str] = set()

    def move(rows: list[str], call: int) -> None:
        if call >= len(moves):
            return
        where, many = moves[call]
        at = int(where * len(rows))
        if many >= 0:
            rows[at:at] = names(many, f"came{call}")
        else:
            gone.update(rows[at : at - many])
            del rows[at : at - many]

    far = MovingList(names(count), move)
    seen, _ = asyncio.run(passes(far))
    assert set(names(count)) - gone <= seen


async def test_what_leaves_costs_nothing() -> None:
    """Orders that change during a pass leave the window: rows come twice, and nothing starts again."""

    def move(rows: list[str], _call: int) -> None:
        rows.pop(0)

    far = MovingList(names(500), move)
    seen, restarts = await passes(far)
    assert len(seen) >= 500 - far.calls
    assert restarts == 0


async def test_a_few_that_come_in_late_cost_nothing() -> None:
    """Fewer than a page reaches over: no row slips by, and nothing starts again."""
    late = iter(range(10_000))
    far = MovingList(names(500), lambda rows, _call: rows.insert(0, f"late-{next(late)}"))
    seen, restarts = await passes(far)
    assert set(names(500)) <= seen
    assert restarts == 0


async def test_many_that_come_in_start_the_pass_again() -> None:
    """Rows may have slipped by: the pass is not trusted."""

    def move(rows: list[str], call: int) -> None:
        if call == 1:
            rows[0:0] = names(PAGE_SIZE, "flood")

    seen, restarts = await passes(MovingList(names(300), move))
    assert set(names(300)) <= seen
    assert restarts == 1


async def test_a_usual_window_is_two_calls() -> None:
    """One count and one page, for up to ninety rows."""
    far = MovingList(names(PAGE_SIZE - OVERLAP), lambda _rows, _call: None)
    await passes(far)
    assert far.calls == 1


@settings(max_examples=500)
@given(below=st.integers(0, 10**6))
def test_every_page_goes_down_and_reaches_over(below: int) -> None:
    """A page reads at least one row below, and shows at least the overlap from there upwards."""
    page = page_below(below)
    assert 1 <= page.size <= PAGE_SIZE
    assert page.first + page.size >= below + OVERLAP
    assert page.first < below or page.first == 0


def test_a_thousand_rows_are_thirteen_pages() -> None:
    """The overlap costs a third more calls, not a multiple."""
    below, pages = 1000, 0
    while pages == 0 or below > 0:
        below, pages = page_below(below).first, pages + 1
    assert pages == 13


def test_a_bookmark_is_read_as_it_was_written() -> None:
    """And it gets smaller with each page, so that no page names an earlier one."""
    place, page = Place(1, 250), page_below(250)
    following = step(place, page, names(20), statuses=3)
    assert following is not None
    assert Place.read(str(following), 3) == following
    assert following.below is not None
    assert following.below < 250
    assert Place.read(str(Place(2)), 3) == Place(2)


@pytest.mark.parametrize("statuses", [0, 1])
def test_the_last_status_ends_the_pass(statuses: int) -> None:
    """With no status or one there is nothing after it."""
    assert step(Place(0, 5), page_below(5), names(5), statuses) is None
