"""The laws of the dashboard, on a real PostgreSQL: each card counts what it says, of one organisation alone."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.orders.domain.acceptance import Mode
from shared.marketplaces.models import Channel, OrderStatus
from tests.integration.orders.browsers import BASE, HTML
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import FRANCE, NOW, connection, line, order, page, waiting
from tests.unit.orders.events import LABELLED, reservation, shipment

TOKYO = Channel("A1VC38T7YXB528", "Tokyo shop", "JP", "JPY", "Asia/Tokyo")
NEVER = {"acceptance": 0, "cancellation": 0, "decision": 0, "stock_short": 0, "write_back": 0, "parcel": 0}

# Parcels of orders by their number: the first three need a person.
STEPS: dict[int, dict[str, Any]] = {
    4: LABELLED | {"write_back": "refused"},
    5: LABELLED | {"state": "outdated", "write_back": "confirmed"},
    6: {"state": "needs_person", "reason": "weight_missing"},
    7: {},
    8: LABELLED | {"write_back": "sent"},
}


async def dashboard(browser: httpx.AsyncClient) -> dict[str, Any]:
    answer = await browser.get(f"{BASE}/dashboard")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def events_of(orders: OrdersService) -> dict[str, Any]:
    return {event.marketplace_order_id: event for event in await orders.events()}


async def test_each_need_is_counted_once_and_says_why(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """The first to be shipped on top, with the sentence of its own page; what goes on by itself is not there."""
    await orders.connect()
    asks = line(cancel_requested=True)
    told = [order(number, ship_by=NOW + timedelta(hours=number)) for number in range(3, 9)]
    await orders.receive(
        page(
            waiting(1, ship_by=NOW + timedelta(hours=1)),
            order(2, lines=(line(sku=None),), ship_by=NOW + timedelta(hours=2)),
            *told,
            order(9, lines=(asks,), cancel_requested=True, ship_by=NOW + timedelta(hours=9)),
        )
    )
    events = await events_of(orders)
    for number, step in STEPS.items():
        await orders.apply(reservation(events[order(number).id]))
        await orders.apply(shipment(events[order(number).id], **step))
    await orders.apply(reservation(events[order(3).id], short=1))
    found = (await dashboard(ours))["needs_person"]
    assert found["needs"] == {
        "acceptance": 1, "cancellation": 1, "decision": 1, "stock_short": 1, "write_back": 1, "parcel": 2,
    }  # fmt: skip
    assert found["count"] == 7
    assert [(one["marketplace_order_id"], one["reason"]["code"]) for one in found["urgent"]] == [
        (waiting(1).id, "acceptance.by_hand"),
        (order(2).id, "decision.sku_missing"),
        (order(3).id, "waits.stock_short"),
        (order(4).id, "write_back.refused"),
        (order(5).id, "shipment.outdated"),
        (order(6).id, "shipment.needs_person"),
        (order(9).id, "decision.cancellation_requested"),
    ]
    text = (await ours.get("/dashboard", headers=HTML)).text
    for part in (f'href="/orders/{events[order(4).id].order_id}"', 'href="/stock/short"', "Waits for stock"):
        assert part in text


async def test_an_answer_given_no_longer_needs_a_person(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """By hand once it is owed; automatically while stock has not answered, but then it does where stock is short."""
    one = await orders.connect()
    await orders.receive(page(waiting(1), waiting(2)))
    events = await events_of(orders)
    await orders.answer(events[waiting(1).id].order_id, accept=True)
    assert (await dashboard(ours))["needs_person"]["needs"] == NEVER | {"acceptance": 1}
    await orders.choose(one, Mode.AUTOMATIC)
    assert (await dashboard(ours))["needs_person"]["count"] == 0
    await orders.apply(reservation(events[waiting(2).id], short=1))
    assert (await dashboard(ours))["needs_person"]["needs"] == NEVER | {"acceptance": 1}


async def test_short_of_an_older_version_does_not_count(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """Stock has not answered the newest state yet."""
    await orders.connect()
    await orders.receive(page(order(1)))
    (event,) = await orders.events()
    await orders.apply(reservation(event, short=1))
    assert (await dashboard(ours))["needs_person"]["count"] == 1
    await orders.receive(page(order(1, updated_at=NOW, ship_by=NOW)))
    assert (await dashboard(ours))["needs_person"]["count"] == 0


async def test_ship_by_and_days_are_those_of_the_channel(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """Tokyo's midnight comes first; only the last fourteen days are shown, and what has no name is known by its id."""
    await orders.connect(connection(channels=(FRANCE, TOKYO)))
    at = NOW.replace(hour=16, minute=30)  # today in Paris, tomorrow in Tokyo
    evening = NOW - timedelta(hours=17)  # 18 o'clock of the day before in Paris, 1 o'clock of this day in Tokyo
    await orders.receive(
        page(
            order(1, ship_by=at, placed_at=evening),
            order(2, ship_by=at, channel_id=TOKYO.id, placed_at=evening),
            order(3, ship_by=NOW - timedelta(hours=1), placed_at=NOW - timedelta(days=13)),
            order(4, ship_by=NOW - timedelta(days=1), status=OrderStatus.SHIPPED, placed_at=NOW - timedelta(days=14)),
        )
    )
    found = await dashboard(ours)
    assert found["ship_by"] == {"overdue": 1, "today": 2, "tomorrow": 1}, "as the list: an hour ago is still today"
    sold = {one["channel_name"]: {day: count for day, count in one["days"].items() if count} for one in found["sold"]}
    assert sold == {"Amazon.fr": {"2026-09-13": 1, "2026-09-01": 1}, "Tokyo shop": {"2026-09-14": 1}}
    assert [len(one["days"]) for one in found["sold"]] == [14, 14]


async def test_the_oldest_parcel_not_confirmed_is_named(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """With its state and since when; those voided, confirmed, without a label or still here are none."""
    await orders.connect()
    await orders.receive(page(*(order(number) for number in range(1, 8))))
    events = await events_of(orders)
    steps: dict[int, dict[str, Any]] = {
        1: LABELLED | {"write_back": "owed"},
        2: LABELLED | {"write_back": "sent", "label_created_at": NOW - timedelta(days=1)},
        3: LABELLED | {"write_back": "confirmed", "label_created_at": NOW - timedelta(days=2)},
        4: LABELLED | {"write_back": "owed", "state": "voided", "label_created_at": NOW - timedelta(days=3)},
        5: {},
        6: LABELLED | {"write_back": "refused"},
        7: LABELLED | {"write_back": "to_hand_over", "label_created_at": NOW - timedelta(days=4)},
    }
    for number, step in steps.items():
        await orders.apply(shipment(events[order(number).id], **step))
    found = (await dashboard(ours))["write_backs"]
    assert (found["to_hand_over"], found["owed"], found["sent"], found["troubled"]) == (1, 1, 1, 1)
    assert '<a href="/shipments?state=to_hand_over">1</a>' in (await ours.get("/dashboard", headers=HTML)).text
    assert (found["oldest"]["marketplace_order_id"], found["oldest"]["write_back"]) == (order(2).id, "sent")
    assert found["oldest"]["since"] == (NOW - timedelta(days=1)).isoformat().replace("+00:00", "Z")


async def test_reading_says_what_it_waits_for(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """Each connection, in the reader's language."""
    one = await orders.connect()
    await orders.receive(page(order(1)))
    async with orders.parts.uow() as store:
        await store.polls.waits(one.id, "throttled", NOW)
    assert (await dashboard(ours))["polling"][0]["waits_for"] == "throttled"
    assert "demande de ralentir" in (await ours.get("/dashboard?language=fr", headers=HTML)).text


async def test_another_organisations_numbers_never_count(
    orders: OrdersService, ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    """Whatever card: theirs stays empty, and says what to do first."""
    await orders.connect()
    await orders.receive(page(waiting(1), order(2, lines=(line(sku=None),)), order(3, ship_by=NOW), order(4)))
    events = await events_of(orders)
    await orders.apply(reservation(events[order(3).id], short=1))
    await orders.apply(shipment(events[order(4).id], **LABELLED | {"write_back": "refused"}))
    assert (await dashboard(ours))["needs_person"]["count"] == 4
    found = await dashboard(theirs)
    assert found == {
        "needs_person": {"count": 0, "needs": NEVER, "urgent": []},
        "ship_by": {"overdue": 0, "today": 0, "tomorrow": 0},
        "write_backs": {"to_hand_over": 0, "owed": 0, "sent": 0, "troubled": 0, "oldest": None},
        "polling": [],
        "sold": [],
    }
    text = (await theirs.get("/dashboard", headers=HTML)).text
    assert all(f'href="{to}"' in text for to in ("/connections", "/stock/import", "/shipments/settings"))
    assert order(2).id not in text


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_chart_stands_beside_its_numbers(
    orders: OrdersService, ours: httpx.AsyncClient, language: str
) -> None:
    """One picture with a label, a legend, and a table of the same; more channels than colours end in one series."""
    await orders.connect()
    await orders.receive(page(*(order(number, channel_id=f"C{number}") for number in range(10))))
    text = (await ours.get(f"/dashboard?language={language}", headers=HTML)).text
    assert text.count('role="img" aria-label="') == 1
    assert text.count('class="series-7"') == 2
    assert "series-8" not in text
    assert ("Autres canaux" if language == "fr" else "Other channels") in text
    assert text.split("<details>")[1].count("<tr>") == 15
