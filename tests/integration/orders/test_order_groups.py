"""The laws of lists and counts by groups, on a real PostgreSQL: of one sorted whole, without work for history."""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import event, text

from services.orders.domain.deadlines import Deadline
from services.orders.domain.order import Decision
from services.orders.domain.stage import Stage
from services.orders.usecases.views import MOST_COUNTED, OrderRow, OrdersAsked, Sort
from shared.db.unit_of_work import transaction
from shared.kernel.ids import ConnectionId
from shared.marketplaces.models import MarketplaceOrder, OrderStatus, ShippedBy
from tests.integration.orders.browsers import BASE, HTML
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import CONNECTION_ID, FRANCE, NOW, ORGANISATION, OTHER_ORGANISATION, connection, order
from tests.unit.orders.builders import page as page_of

OTHER = connection(id=ConnectionId(uuid4()), marketplace="elsewhere")
_HISTORY = 30_000
# What a number begins with is counted so far, and what there is in each state; the pages of the groups are less.
_READ_AT_MOST = 12_000
_STORED = """
    insert into marketplace_order select made.* from marketplace_order one,
        generate_series(1, :more) n, jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(),
            'marketplace_order_id', '9' || lpad(n::text, 7, '0'), 'status', 'shipped', 'decision', 'not_ours',
            'stage', 'confirmed', 'placed_at', one.placed_at - n * interval '1 minute',
            'ship_by', one.placed_at - n * interval '1 minute')) made
    where one.marketplace_order_id like '402-0000000-%'
"""
_QUESTIONS = (
    OrdersAsked(),
    OrdersAsked(stage=Stage.CONFIRMED, status=OrderStatus.SHIPPED),
    OrdersAsked(decision=Decision.SHIP),
    OrdersAsked(status=OrderStatus.UNKNOWN),
    OrdersAsked(status=OrderStatus.SHIPPED, stage=Stage.RECEIVED),
    OrdersAsked(connection=OTHER.id),
    OrdersAsked(channel="unheard", marketplace="amazon"),
    OrdersAsked(deadline=Deadline.THIS_WEEK),
    OrdersAsked(deadline=Deadline.OVERDUE, channel=FRANCE.id),
    OrdersAsked(search="90000777"),
    OrdersAsked(search="8"),
    OrdersAsked(search="9"),
    OrdersAsked(search="9", decision=Decision.SHIP),
    OrdersAsked(decision=Decision.SHIP, after=(NOW - timedelta(days=1), UUID(int=0))),
    OrdersAsked(decision=Decision.SHIP, sort=Sort.DEADLINE, after=(NOW + timedelta(days=9), UUID(int=0))),
    OrdersAsked(sort=Sort.DEADLINE, after=(None, UUID(int=2**127))),
)


async def test_a_list_is_a_piece_of_one_sorted_whole(orders: OrdersService) -> None:
    """Whatever is asked for, page by page: what fits, each once, as if all of it were sorted."""
    chance = random.Random(7)
    for each in (connection(), OTHER):
        await orders.connect(each)
        await orders.receive(page_of(*(_any_order(chance, number) for number in range(60))), each)
    await orders.receive(page_of(order(1)), connection(id=ConnectionId(uuid4()), organisation_id=OTHER_ORGANISATION))
    async with transaction(orders.engine) as opened:
        await opened.execute(text("update marketplace_order set stage = 'labelled' where id::text < '8'"))
    whole = await orders.parts.views.orders(ORGANISATION, OrdersAsked(limit=500))
    assert len(whole) == 120
    assert any(row.order.channel_id is None for row in whole)
    for _ in range(50):
        wanted = _any_question(chance)
        expected = sorted((row for row in whole if _fits(row, wanted)), key=lambda row: _key(row, wanted.sort))
        found = [row.order.id async for row in _paged(orders, wanted)]
        assert found == [row.order.id for row in expected], wanted


async def test_no_list_reads_more_because_more_is_stored(orders: OrdersService) -> None:
    """A page of each group; of numbers that begin alike, so many as are soon sorted."""
    await _store(orders)
    for question in _QUESTIONS:
        for sort in {question.sort, *([] if question.after else Sort)}:
            asked = replace(question, sort=sort)
            read = await _rows_read(orders, partial(orders.parts.views.orders, ORGANISATION, asked))
            assert read < _READ_AT_MOST, asked


async def test_counts_end_where_they_say(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """Exact below; there, the page shows a plus, and no more is counted."""
    await _store(orders)
    assert await _rows_read(orders, lambda: orders.parts.views.counts(ORGANISATION)) < _READ_AT_MOST
    counts = (await ours.get(f"{BASE}/counts")).json()
    assert counts["most"] == MOST_COUNTED
    assert counts["decisions"] == {"ship": 3, "wait": 0, "not_ours": MOST_COUNTED, "needs_person": 0}
    assert (counts["stages"]["received"], counts["stages"]["confirmed"]) == (3, MOST_COUNTED)
    shown = (await ours.get("/orders?language=en", headers=HTML)).text
    assert shown.count('<span class="count">1,000+</span>') == 2, "all of them, and those that are done"
    assert '<span class="count">3</span>' in shown


def _any_order(chance: random.Random, number: int) -> MarketplaceOrder:
    hours = chance.randrange(-100, 100)
    return order(
        number,
        channel_id=chance.choice((FRANCE.id, "unheard", None)),
        status=chance.choice((OrderStatus.OPEN, OrderStatus.PENDING, OrderStatus.SHIPPED, OrderStatus.CANCELLED)),
        shipped_by=chance.choice((ShippedBy.SELLER, ShippedBy.SELLER, ShippedBy.MARKETPLACE)),
        placed_at=NOW - timedelta(hours=chance.randrange(40)),
        ship_by=chance.choice((None, NOW + timedelta(hours=hours))),
    )


def _any_question(chance: random.Random) -> OrdersAsked:
    possible: Mapping[str, tuple[Any, ...]] = {
        "status": (OrderStatus.OPEN, OrderStatus.SHIPPED),
        "decision": (Decision.SHIP, Decision.NOT_OURS, Decision.NEEDS_PERSON),
        "stage": (Stage.RECEIVED, Stage.LABELLED),
        "channel": (FRANCE.id, "unheard"),
        "connection": (CONNECTION_ID, OTHER.id),
        "marketplace": ("amazon", "elsewhere"),
        "search": ("402-000000", "402-0000007", "402-0000012-0000001", "403"),
    }
    chosen = {name: chance.choice(values) for name, values in possible.items() if chance.random() < 0.25}
    return OrdersAsked(**chosen, sort=chance.choice(tuple(Sort)), limit=chance.choice((5, 20, 50)))


def _fits(row: OrderRow, asked: OrdersAsked) -> bool:
    order = row.order
    told = {"stage": row.stage, "channel": order.channel_id, "connection": order.connection_id}
    told |= {name: getattr(order, name) for name in ("status", "decision", "marketplace")}
    alike = all(getattr(asked, name) in (None, value) for name, value in told.items())
    return alike and order.marketplace_order_id.startswith(asked.search or "")


def _key(row: OrderRow, sort: Sort) -> tuple[Any, ...]:
    at, row_id = row.place(sort)
    if sort is Sort.PLACED:
        assert at is not None
        return -at.timestamp(), -row_id.int
    return at is None, at or NOW, row_id


async def _paged(orders: OrdersService, asked: OrdersAsked) -> AsyncIterator[OrderRow]:
    more = True
    while more:
        rows = await orders.parts.views.orders(ORGANISATION, asked)
        for row in rows[: asked.limit]:
            yield row
        more = len(rows) > asked.limit
        asked = replace(asked, after=rows[asked.limit - 1].place(asked.sort)) if more else asked


async def _store(orders: OrdersService) -> None:
    """Three orders under way and a long history."""
    await orders.connect()
    await orders.receive(page_of(*(order(number) for number in range(3))))
    async with transaction(orders.engine) as opened:
        await opened.execute(text(_STORED), {"more": _HISTORY})
        await opened.execute(text("analyze marketplace_order"))


async def _rows_read(orders: OrdersService, ask: Callable[[], Awaitable[Any]]) -> int:
    """By the one of its statements that reads most, as PostgreSQL explains it when it is done again."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(orders.engine.sync_engine, "before_cursor_execute", note)
    await ask()
    event.remove(orders.engine.sync_engine, "before_cursor_execute", note)
    async with transaction(orders.engine) as opened:
        done = [await opened.exec_driver_sql(f"explain (analyze, format json) {one}", values) for one, values in asked]
    return max(sum(_scanned(each["Plan"])) for told in done for each in _json(told.scalar_one()))


def _json(told: Any) -> Any:
    return json.loads(told) if isinstance(told, str) else told


def _scanned(node: Mapping[str, Any]) -> Iterator[int]:
    if "Relation Name" in node:
        rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        yield int(rows * node["Actual Loops"])
    for each in node.get("Plans", ()):
        yield from _scanned(each)
