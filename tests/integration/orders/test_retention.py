"""The laws of how long orders are kept: 18 months after their last change, then gone for good; on a real PostgreSQL."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select, text, update

from services.orders import bootstrap
from services.orders.adapters import tables
from services.orders.usecases import delete_old
from services.orders.usecases.delete_old import delete_old_orders
from shared.db.retention import delete_all
from shared.db.unit_of_work import transaction
from shared.kernel.clock import SystemClock
from shared.kernel.retention import LEAST_DAYS
from shared.marketplaces.models import OrderStatus
from shared.messaging.inbox import Inbox
from tests.integration.orders.browsers import BASE, HTML, client
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import NOW, ORGANISATION, order, page, waiting
from tests.unit.orders.events import reservation, shipment

KEEP = timedelta(days=540)
TODAY = SystemClock().now()
OLD = TODAY - KEEP - timedelta(hours=1)
YOUNG = TODAY - KEEP + timedelta(hours=1)
HANGING = ("marketplace_order", "order_line", "timeline", "reservation", "shipments", "acceptance", "inbox")


class Killed(Exception):
    pass


async def delete_due(orders: OrdersService) -> None:
    """As the worker does each hour."""
    await delete_all(bootstrap.retention_on(orders.engine, {"amazon": KEEP}), asyncio.Event())


async def read_then(orders: OrdersService, *told: Any) -> None:
    """Read when they were changed: nothing of them was old."""
    for one in told:
        orders.clock.at = one.updated_at
        await orders.receive(page(one))
    orders.clock.at = TODAY


def old(number: int = 1, **changes: Any) -> Any:
    return order(number, **{"placed_at": OLD - timedelta(days=2), "updated_at": OLD} | changes)


async def count(orders: OrdersService, name: str) -> int:
    return len(await orders.rows(name))


async def test_an_order_goes_with_all_that_hangs_on_it(orders: OrdersService) -> None:
    """Lines, timeline, answer, others' words, their numbers. Seen red without each of the deletions."""
    await read_then(orders, waiting(1, placed_at=OLD, updated_at=OLD))
    (told,) = await orders.events()
    await orders.answer(told.order_id, accept=True)
    for event in (reservation(told), shipment(told)):
        await orders.apply(event)
        async with transaction(orders.engine) as connection:
            await Inbox(connection, "orders").accept(event.body.TOPIC, [event])
    assert {name: bool(await count(orders, name)) for name in HANGING} == dict.fromkeys(HANGING, True)
    await delete_due(orders)
    assert {name: await count(orders, name) for name in HANGING} == dict.fromkeys(HANGING, 0)
    assert await count(orders, "outbox") == 1, "nobody is told"


@pytest.mark.parametrize("status", [OrderStatus.SHIPPED, OrderStatus.OPEN])
async def test_its_time_begins_with_its_last_change(orders: OrdersService, status: OrderStatus) -> None:
    """However long ago it was placed, open or not. Seen red with `placed_at`, and with open orders left out."""
    await read_then(orders, old(1, status=status), old(2, status=status, updated_at=YOUNG))
    await delete_due(orders)
    assert (await orders.one("marketplace_order")).marketplace_order_id == order(2).id


@pytest.mark.parametrize("erased", [False, True])
async def test_a_time_that_lies_ahead_keeps_nothing_longer(orders: OrdersService, *, erased: bool) -> None:
    """
    Its last change was when that was first read; read again and again, it is no news. Nor is its buyer kept: delivered
    in 2099 is delivered. Seen red with each of the two times as told.
    """
    ahead = old(updated_at=TODAY.replace(year=2099), delivered_at=TODAY.replace(year=2099))
    orders.clock.at = OLD
    await orders.connect()
    await orders.receive(page(ahead))
    (told,) = await orders.events()
    assert (told.updated_at, told.erase_after) == (OLD, OLD + timedelta(days=30))
    orders.clock.at = TODAY
    if erased:
        await orders.erase()
    await orders.receive(page(ahead))
    assert len(await orders.events()) == 1 + erased
    await delete_due(orders)
    assert await count(orders, "marketplace_order") == 0


async def test_what_was_deleted_never_comes_back(orders: OrdersService) -> None:
    """Read again as it was, or changed, by a late page or a sweep. Seen red with orders of any age taken in."""
    await read_then(orders, old())
    await delete_due(orders)
    for again in (old(), old(updated_at=TODAY, status=OrderStatus.SHIPPED)):
        received = await orders.receive(page(again))
        assert (received.new, received.changed, received.unchanged) == (0, 0, 0)
    assert await count(orders, "marketplace_order") == 0
    assert await count(orders, "outbox") == 1


async def test_whatever_a_sweep_finds_is_taken_in(orders: OrdersService) -> None:
    """It looks a year back, and nothing that is kept for the shortest time may be younger than that."""
    orders.clock.at = TODAY
    found, gone = TODAY - timedelta(days=366), TODAY - timedelta(days=LEAST_DAYS)
    await orders.receive(page(order(1, placed_at=found), order(2, placed_at=gone)))
    assert (await orders.one("marketplace_order")).marketplace_order_id == order(1).id


async def test_a_page_that_waited_for_the_deletion_brings_nothing_back(orders: OrdersService) -> None:
    """It asked for the order's row while that was being deleted. Seen red with orders of any age taken in."""
    await read_then(orders, old())
    async with orders.parts.uow() as store:
        gone = await delete_old_orders(store, marketplace="amazon", keep=KEEP)
        late = asyncio.create_task(orders.receive(page(old(updated_at=TODAY))))
        await _until_somebody_waits(orders)
    assert gone == {"order": 1}
    assert (await late).new == 0
    assert await count(orders, "marketplace_order") == 0


async def test_what_others_hold_is_left_out_and_waited_for_by_nobody(orders: OrdersService) -> None:
    """The rest goes at once, that one an hour later. Seen red (it waits for ever) without `skip locked`."""
    await read_then(orders, old(1), old(2))
    table = tables.order
    async with transaction(orders.engine) as connection:
        held = select(table.c.id).where(table.c.marketplace_order_id == order(1).id)
        await connection.execute(held.with_for_update())
        await asyncio.wait_for(delete_due(orders), 5)
        assert (await orders.one("marketplace_order")).marketplace_order_id == order(1).id
    await delete_due(orders)
    assert await count(orders, "marketplace_order") == 0


async def test_two_processes_share_the_work(orders: OrdersService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batch by batch, side by side, none twice and none left."""
    monkeypatch.setattr(delete_old, "BATCH", 2)
    await read_then(orders, *(old(number) for number in range(9)))
    await asyncio.gather(delete_due(orders), delete_due(orders))
    assert await count(orders, "marketplace_order") == 0


async def test_a_kill_in_the_middle_leaves_orders_whole(orders: OrdersService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a batch all is there, or nothing; the next process goes on."""
    monkeypatch.setattr(delete_old, "BATCH", 1)
    await read_then(orders, old(1), old(2))

    async def killed() -> None:
        async with orders.parts.uow() as store:
            assert await delete_old_orders(store, marketplace="amazon", keep=KEEP) == {"order": 1}
            raise Killed

    with pytest.raises(Killed):
        await killed()
    assert (await count(orders, "marketplace_order"), await count(orders, "order_line")) == (2, 2)
    await delete_due(orders)
    assert await count(orders, "marketplace_order") == 0


async def test_a_bug_with_one_kind_holds_up_no_other(orders: OrdersService) -> None:
    """It is logged; the process goes on, and the gauge tells. Seen red with the bug raised."""
    await read_then(orders, old())

    async def bug() -> dict[str, int]:
        raise KeyError

    await delete_all({"bug": bug} | dict(bootstrap.retention_on(orders.engine, {"amazon": KEEP})), asyncio.Event())
    assert await count(orders, "marketplace_order") == 0


async def test_labels_may_speak_of_an_order_that_is_gone(orders: OrdersService, app: Any) -> None:
    """
    A parcel that is still told, or voided, then: kept as a word about an order not here, asked for in vain, deleted in
    its time; the words about a living order stay. Seen red with words deleted whatever their order, and with none.
    """
    await read_then(orders, old(1), order(2, placed_at=TODAY - timedelta(days=1), updated_at=TODAY))
    first, second = await orders.events()
    await delete_due(orders)
    await orders.apply(shipment(first, at=TODAY))
    await orders.apply(reservation(second, at=OLD))
    await delete_due(orders)
    assert (await orders.one("shipments")).order_id == first.order_id
    async with client(app, token="labels") as labels:
        asked = {"asked": [{"order_id": str(first.order_id), "destination": 0}]}
        answer = await labels.post(f"/internal/v1/organisations/{ORGANISATION}/recipients", json=asked)
        assert [one["state"] for one in answer.json()["items"]] == ["unknown"]
    await _set(orders, tables.shipments, at=OLD)
    await delete_due(orders)
    assert await count(orders, "shipments") == 0
    assert {row.order_id for row in await orders.rows("timeline")} == {second.order_id}
    assert await count(orders, "reservation") == 1


async def test_a_deleted_order_is_not_there(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """Page and API answer as of one that never was; the list does not show it."""
    await read_then(orders, old())
    (told,) = await orders.events()
    paths = (f"/orders/{told.order_id}", f"{BASE}/orders/{told.order_id}")
    assert [(await ours.get(path, headers=HTML)).status_code for path in paths] == [200, 200]
    await delete_due(orders)
    assert [(await ours.get(path, headers=HTML)).status_code for path in paths] == [404, 404]
    assert (await ours.get(f"{BASE}/orders")).json()["items"] == []


async def test_looks_at_addresses_are_kept_for_their_own_time(orders: OrdersService) -> None:
    """They are an audit log, kept longer than a year, with or without their order. Seen red without either half."""
    await read_then(orders, old())
    (told,) = await orders.events()
    looks = [
        {"id": uuid4(), "organisation_id": ORGANISATION, "order_id": told.order_id, "at": at, "destination": 0}
        for at in (OLD, YOUNG)
    ]
    async with transaction(orders.engine) as connection:
        await connection.execute(tables.recipient_read.insert(), looks)
    await delete_due(orders)
    assert (await orders.one("recipient_read")).at == YOUNG


async def test_an_event_parked_for_so_long_is_dropped_and_its_number_kept(orders: OrdersService) -> None:
    """It holds what was read of an order; what was applied before it is not applied again. Seen red without it."""
    kept, gone = UUID(int=1), UUID(int=2)
    async with transaction(orders.engine) as connection:
        for subject in (kept, gone):
            inbox = Inbox(connection, "orders")
            await inbox.park("labels.shipment.v1", subject, 7, {"headers": [], "body": "{}"}, "a bug")
    async with transaction(orders.engine) as connection:
        its = tables.inbox
        await connection.execute(update(its).where(its.c.subject == gone).values(parked_since=OLD, sequence=6))
    await delete_due(orders)
    rows = {row.subject: (row.sequence, row.parked_sequence) for row in await orders.rows("inbox")}
    assert rows == {kept: (0, 7), gone: (6, None)}


async def test_what_is_overdue_is_counted(orders: OrdersService) -> None:
    """A day late, for the operators' gauge."""
    late = bootstrap.overdue_records_on(orders.engine, {"amazon": KEEP})
    await read_then(orders, old(1), old(2, updated_at=OLD - timedelta(days=1)))
    assert await late() == 1
    await delete_due(orders)
    assert await late() == 0


async def test_a_reading_that_changes_nothing_but_its_time_begins_it_anew(orders: OrdersService) -> None:
    """The marketplace changed the order: what is kept was read then."""
    await read_then(orders, old(updated_at=OLD - timedelta(days=1)))
    await orders.receive(page(old(updated_at=YOUNG)))
    await delete_due(orders)
    assert await count(orders, "marketplace_order") == 1
    assert await count(orders, "outbox") == 1, "which is no news for others"


async def test_events_tell_the_marketplaces_time(orders: OrdersService) -> None:
    """By which labels and inventory delete theirs. Seen red without it."""
    await orders.receive(page(order()))
    (told,) = await orders.events()
    assert told.updated_at == NOW - timedelta(hours=1)


async def _set(orders: OrdersService, table: Any, **values: Any) -> None:
    async with transaction(orders.engine) as connection:
        await connection.execute(update(table).values(**values))


async def _until_somebody_waits(orders: OrdersService) -> None:
    waiting_for = text(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )
    for _ in range(500):
        async with transaction(orders.engine) as connection:
            if (await connection.execute(waiting_for)).scalar_one():
                return
        await asyncio.sleep(0.01)
    raise TimeoutError("nobody waits")
