"""The laws of the list of orders, on a real PostgreSQL: filters, deadlines, counts, sorting, what its page offers."""

import importlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from services.orders.adapters.store import bind
from services.orders.domain.stage import stage_of
from shared.db.unit_of_work import transaction
from shared.kernel.ids import ConnectionId, OrderId
from shared.marketplaces.models import Channel, OrderStatus, ShippedBy
from tests.integration.orders.browsers import BASE, HTML
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import FRANCE, NOW, ORGANISATION, connection, line, order, page, waiting
from tests.unit.orders.events import LABELLED, reservation, shipment

TOKYO = Channel("A1VC38T7YXB528", "Tokyo shop", "JP", "JPY", "Asia/Tokyo")
OTHER = ConnectionId(uuid4())


async def numbers(browser: httpx.AsyncClient, query: str) -> list[str]:
    answer = await browser.get(f"{BASE}/orders?{query}")
    assert answer.status_code == 200, answer.text
    return [item["marketplace_order_id"] for item in answer.json()["items"]]


def named(*wanted: int) -> list[str]:
    return [order(number).id for number in wanted]


async def test_stage_connection_and_marketplace_narrow_the_list(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """The stage is the same word the row shows, whoever spoke last."""
    await orders.connect()
    other = connection(id=OTHER, marketplace="elsewhere", channels=(TOKYO,))
    await orders.connect(other)
    await orders.receive(page(order(1), order(2), order(3)))
    await orders.receive(page(order(4, channel_id=TOKYO.id)), other)
    events = {event.marketplace_order_id: event for event in await orders.events()}
    first, second = (events[number] for number in named(1, 2))
    await orders.apply(reservation(first))
    await orders.apply(reservation(second))
    await orders.apply(shipment(second, **LABELLED))
    assert await numbers(ours, "stage=reserved") == named(1)
    assert await numbers(ours, "stage=labelled") == named(2)
    assert await numbers(ours, f"connection={OTHER}") == await numbers(ours, "marketplace=elsewhere") == named(4)
    assert await numbers(ours, f"stage=received&channel={FRANCE.id}") == named(3)
    await orders.receive(page(order(1, updated_at=NOW, ship_by=NOW)))
    assert await numbers(ours, "stage=reserved") == [], "the reservation is of an older version now"
    counts = (await ours.get(f"{BASE}/counts")).json()
    assert (counts["stages"]["labelled"], counts["stages"]["received"], counts["decisions"]["ship"]) == (1, 3, 4)
    assert counts["statuses"] == dict.fromkeys((one.value for one in OrderStatus), 0) | {"open": 4}


@pytest.mark.parametrize("name", ["search", "channel", "marketplace"])
async def test_what_cannot_be_shown_is_not_looked_for(
    orders: OrdersService, ours: httpx.AsyncClient, name: str
) -> None:
    """A NUL in an address is nobody's mistake to be answered with."""
    await orders.connect()
    await orders.receive(page(order(1)))
    assert await numbers(ours, f"{name}=%00") == named(1)
    shown = await ours.get(f"/orders?{name}=%00")
    assert (shown.status_code, order(1).id in shown.text) == (200, True)


async def test_days_are_those_of_the_orders_channel(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """NOW is Monday, 11 o'clock in Paris, 18 o'clock in Tokyo: midnight comes there seven hours earlier."""
    await orders.connect(connection(channels=(FRANCE, TOKYO)))
    at = NOW.replace(hour=16, minute=30)  # today in Paris, tomorrow in Tokyo
    await orders.receive(
        page(
            order(1, ship_by=at),
            order(2, ship_by=at, channel_id=TOKYO.id),
            order(3, ship_by=at, channel_id="unheard"),
            order(4, ship_by=NOW - timedelta(hours=1)),
            order(5, ship_by=NOW - timedelta(days=1), status=OrderStatus.SHIPPED),
            order(6, ship_by=NOW + timedelta(days=6)),
            order(7, ship_by=NOW + timedelta(days=7)),
            order(8, ship_by=None),
        )
    )
    assert sorted(await numbers(ours, "deadline=today")) == named(1, 3, 4)
    assert await numbers(ours, "deadline=tomorrow") == named(2)
    assert sorted(await numbers(ours, "deadline=this_week")) == named(1, 2, 3, 4, 6)
    assert await numbers(ours, "deadline=overdue") == named(4), "what is shipped is not overdue"


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
async def test_sorted_by_deadline_what_is_done_comes_last(
    orders: OrdersService, ours: httpx.AsyncClient, limit: int
) -> None:
    """Over pages of any length each order once; those without a deadline at the end."""
    told = [order(number, ship_by=NOW + timedelta(hours=5 - number // 2)) for number in range(6)]
    done = order(6, ship_by=NOW - timedelta(days=9), status=OrderStatus.SHIPPED)
    await orders.receive(page(*told, done, order(7, ship_by=None)))
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = f"sort=deadline&limit={limit}" + (f"&cursor={cursor}" if cursor else "")
        answer = (await ours.get(f"{BASE}/orders?{query}")).json()
        seen += [item["marketplace_order_id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
    assert seen[:2] in (named(4, 5), named(5, 4))
    assert sorted(seen[-2:]) == named(6, 7)
    assert sorted(seen) == named(*range(8))


async def test_a_row_says_why_its_order_waits(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """What a person must do comes before what goes on by itself; nothing, where nothing is left."""
    await orders.connect()
    whole = (
        order(1, placed_at=NOW - timedelta(hours=1)),
        order(2, lines=(line(1), line(2, sku=None)), placed_at=NOW - timedelta(hours=2)),
        waiting(3, placed_at=NOW - timedelta(hours=3)),
        order(4, status=OrderStatus.CANCELLED, placed_at=NOW - timedelta(hours=4)),
    )
    await orders.receive(page(*whole))
    items = (await ours.get(f"{BASE}/orders")).json()["items"]
    assert [item["waits_for"] and item["waits_for"]["code"] for item in items] == [
        "waits.reservation", "decision.sku_missing", "acceptance.by_hand", None,
    ]  # fmt: skip
    for language, sentence in (("en", "Waits for the stock"), ("fr", "La place de marché attend votre réponse")):
        assert sentence in (await ours.get(f"/orders?language={language}", headers=HTML)).text


async def test_channels_are_called_as_their_connection_calls_them(
    orders: OrdersService, ours: httpx.AsyncClient
) -> None:
    """In list and page, also where the marketplace's own list does not know them; else by what we know, else the id."""
    await orders.connect(connection(channels=(TOKYO, replace(FRANCE, name="Ma boutique"))))
    await orders.receive(page(order(1), order(2, channel_id=TOKYO.id), order(3, channel_id="ATVPDKIKX0DER")))
    items = (await ours.get(f"{BASE}/orders?sort=deadline")).json()["items"]
    names = {item["marketplace_order_id"]: (item["channel_name"], item["time_zone"]) for item in items}
    assert [names[number] for number in named(1, 2)] == [("Ma boutique", "Europe/Paris"), ("Tokyo shop", "Asia/Tokyo")]
    assert names[order(3).id][0].startswith("Amazon")
    event = (await orders.events())[0]
    for path in ("/orders", f"/orders/{event.order_id}"):
        assert "Ma boutique" in (await ours.get(path, headers=HTML)).text


async def test_what_can_be_labelled_can_be_ticked(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """One form to labels' batches; all on the page by a link that ticks them, without a script."""
    await orders.receive(
        page(order(1), order(2), order(3, shipped_by=ShippedBy.MARKETPLACE), order(4, status=OrderStatus.PENDING))
    )
    second = next(event for event in await orders.events() if event.marketplace_order_id == order(2).id)
    await orders.apply(shipment(second, **LABELLED))
    text_of = (await ours.get("/orders?decision=ship&sort=deadline", headers=HTML)).text
    assert 'action="/shipments/batches"' in text_of
    assert text_of.count('name="order_id"') == 1
    assert " checked" not in text_of
    assert 'name="csrf_token" value="genuine"' in text_of
    ticked = (await ours.get("/orders?decision=ship&sort=deadline&tick=all", headers=HTML)).text
    assert ticked.count(" checked") == 1
    assert "Create labels" not in (await ours.get("/orders?decision=not_ours", headers=HTML)).text


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_page_keeps_what_was_chosen(orders: OrdersService, ours: httpx.AsyncClient, language: str) -> None:
    """Filters with their counts, both orders, and the way on carry each other; nonsense is not asked."""
    await orders.connect()
    await orders.connect(connection(id=OTHER, name="Second shop"))
    await orders.receive(page(*(order(number) for number in range(60))))
    query = "stage=received&deadline=this_week&sort=deadline&decision=ship"
    shown = (await ours.get(f"/orders?{query}&language={language}", headers=HTML)).text
    way_on = shown.split('class="pager"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert all(part in way_on for part in query.split("&"))
    assert 'aria-sort="ascending"' in shown
    assert "Second shop" in shown
    assert '<span class="count">60</span>' in shown
    second = (await ours.get(way_on, headers=HTML)).text
    assert second.count('<th scope="row">') == 10
    nonsense = "stage=x&deadline=x&sort=x&decision=x&connection=x&cursor=x"
    assert (await ours.get(f"/orders?{nonsense}", headers=HTML)).status_code == 200


async def test_stages_stored_before_are_what_the_words_say(orders: OrdersService) -> None:
    """The migration's own joining of the three words agrees with the rule."""
    await orders.receive(page(*(order(number) for number in range(8))))
    events = await orders.events()
    for event in events[1:]:
        await orders.apply(reservation(event, short=1 if event is events[1] else 0))
    steps: Sequence[dict[str, Any]] = (
        {},
        LABELLED,
        LABELLED | {"write_back": "sent"},
        LABELLED | {"write_back": "confirmed"},
        LABELLED | {"state": "voided"},
    )
    for event, step in zip(events[3:], steps, strict=True):
        await orders.apply(shipment(event, **step))
    kept = {row.id: row.stage for row in await orders.rows("marketplace_order")}
    assert len(set(kept.values())) == 5
    backfill = importlib.import_module("services.orders.migrations.versions.0004_order_list").BACKFILL
    async with transaction(orders.engine) as session:
        await session.execute(text("update marketplace_order set stage = 'received'"))
        await session.execute(text(backfill))
        copies = bind(session).copies
        ids = [OrderId(event.order_id) for event in events]
        reservations, shipments = await copies.reservations(ids), await copies.shipments(ids)
    assert {row.id: row.stage for row in await orders.rows("marketplace_order")} == kept
    assert kept == {one: stage_of(1, reservations.get(one), shipments.get(one)).value for one in ids}


async def test_how_a_number_begins_is_found_in_an_index(orders: OrdersService) -> None:
    """Whatever the database's collation."""
    await orders.receive(page(*(order(number) for number in range(300))))
    found = (
        "select id from marketplace_order where organisation_id = :mine and marketplace_order_id like '402-0000007%'"
    )
    async with transaction(orders.engine) as session:
        await session.execute(text("analyze marketplace_order"))
        await session.execute(text("set local enable_seqscan = off"))
        told = "\n".join((await session.execute(text(f"explain {found}"), {"mine": ORGANISATION})).scalars())
    assert "marketplace_order_id ~>=~ '402-0000007'" in told, told
