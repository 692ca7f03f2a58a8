"""The laws of how long inventory keeps what it heard: 18 months; the ledger sums to the level all the same."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError

from services.inventory import bootstrap
from services.inventory.adapters import tables
from services.inventory.domain.sku import StockRow
from services.inventory.usecases import delete_old
from services.inventory.usecases.delete_old import delete_old_orders, fold_ledger
from shared.db.unit_of_work import transaction
from shared.events.auth import ConnectionDisconnectedV1
from shared.kernel.clock import SystemClock
from shared.messaging.inbox import Inbox
from tests.integration.inventory.ageing import (
    KEEP,
    OLD,
    TODAY,
    YOUNG,
    count,
    counted,
    delete_due,
    entries,
    set_all,
    told,
)
from tests.integration.inventory.browser import BASE
from tests.integration.inventory.channels import Shop
from tests.integration.inventory.conftest import Inventory
from tests.integration.inventory.test_stock import check_sequences, check_sums, level
from tests.unit.inventory.builders import ORGANISATION, order, order_line, shipment
from tests.unit.inventory.far_sides import offer

HTML = {"accept": "text/html"}


class Killed(Exception):
    pass


async def test_an_order_goes_with_its_lines_and_leaves_the_level(inventory: Inventory) -> None:
    """Shipped long ago: nothing of the stock changes, nobody is told. Seen red without each of the deletions."""
    await inventory.set(StockRow("mug", counted=5))
    gone, kept = told(order([order_line("mug", 2)]), OLD), told(order([order_line("mug", 1)]), YOUNG)
    sent = shipment(gone.subject, [{gone.body.lines[0].line_id: 2}])
    await inventory.apply(gone, kept)
    await inventory.apply(sent)
    async with transaction(inventory.engine) as connection:
        for event in (gone, kept, sent):
            await Inbox(connection, "inventory").accept(event.body.TOPIC, [event])
    before, events = await level(inventory, "mug"), await count(inventory, tables.outbox)
    await delete_due(inventory)
    assert [row.order_id for row in await inventory.rows("reservation")] == [kept.subject]
    assert [row.order_id for row in await inventory.rows("reservation_line")] == [kept.subject]
    assert await count(inventory, tables.inbox) == 1
    assert (await level(inventory, "mug"), await count(inventory, tables.outbox)) == (before, events)
    await check_sums(inventory)


async def test_what_an_order_still_held_is_let_go(inventory: Inventory) -> None:
    """
    Never shipped: its units go to who waits, which is told with the level; of the order itself nothing is.

    Seen red with its lines just deleted: the SKU's sums were no longer those of its lines.
    """
    await inventory.set(StockRow("mug", counted=3))
    gone = told(order([order_line("mug", 2), order_line("new", 4)]), OLD)
    short = order([order_line("mug", 3)])
    await inventory.apply(gone)
    await inventory.apply(short)
    assert (await level(inventory, "mug"), await level(inventory, "new")) == ((3, 3, 2), (0, 4, 0))
    events = await count(inventory, tables.outbox)
    await delete_due(inventory)
    assert (await level(inventory, "mug"), await level(inventory, "new")) == ((3, 3, 0), (0, 0, 0))
    subjects = [row.subject for row in sorted(await inventory.rows("outbox"), key=lambda row: row.id)][events:]
    assert sorted(subjects) == sorted([short.subject, *(row.id for row in await inventory.rows("sku"))])
    await check_sums(inventory)
    await check_sequences(inventory)


async def test_units_of_a_deleted_order_never_leave_again(inventory: Inventory) -> None:
    """
    Whatever orders and labels say of it later. Of an order as old that is here it is heard.

    Seen red with orders of any age taken in: the level fell twice.
    """
    await inventory.set(StockRow("mug", counted=9))
    gone, here = order([order_line("mug", 2)]), order([order_line("mug", 1)])
    sent = shipment(gone.subject, [{gone.body.lines[0].line_id: 2}])
    await inventory.apply(told(gone, OLD), told(here, YOUNG))
    await inventory.apply(sent)
    assert await level(inventory, "mug") == (7, 1, 0)
    await delete_due(inventory)
    line = gone.body.lines[0].model_copy(update={"fulfilled": 2, "fulfilled_before": 0})
    again = told(gone, TODAY, placed_at=OLD, order_version=2, lines=(line,))
    for event in (sent, again, sent):
        await inventory.apply(event)
    assert await level(inventory, "mug") == (7, 1, 0)
    more = here.body.lines[0].model_copy(update={"ordered": 2})
    await inventory.apply(told(here, TODAY, placed_at=OLD, order_version=2, lines=(more,)))
    assert await level(inventory, "mug") == (7, 2, 0)
    await check_sums(inventory)


async def test_labels_word_of_an_order_that_is_gone_goes_in_its_time(inventory: Inventory) -> None:
    """Orders never speaks of it: 18 months after we heard of it. Seen red with orders' own only."""
    sent = shipment(UUID(int=7), [{UUID(int=8): 1}])
    await inventory.apply(sent)
    await delete_due(inventory)
    assert await count(inventory, tables.reservation) == 1
    await set_all(inventory, tables.reservation, updated_at=OLD)
    await delete_due(inventory)
    assert (await count(inventory, tables.reservation), await count(inventory, tables.reservation_line)) == (0, 0)


async def test_a_time_that_lies_ahead_keeps_nothing_longer(inventory: Inventory) -> None:
    """It was changed at the latest when we heard of it. Seen red with the time as told."""
    await inventory.apply(told(order([order_line("mug", 1)]), TODAY.replace(year=2099)))
    async with transaction(inventory.engine) as connection:
        updated_at = (await connection.execute(select(tables.reservation.c.updated_at))).scalar_one()
    assert abs(updated_at - TODAY) < timedelta(hours=1)


async def test_the_oldest_entries_become_the_level_they_led_to(inventory: Inventory, ours: httpx.AsyncClient) -> None:
    """Entries sum to the level, page and API say what the first one is. Seen red with entries just deleted."""
    await counted(inventory, {OLD - timedelta(days=9): 7, OLD: 4, YOUNG: 9, TODAY: 8})
    await delete_due(inventory)
    assert await entries(inventory) == [("opening", 4, 4), ("counted", 5, 9), ("counted", -1, 8)]
    await check_sums(inventory)
    oldest = (await ours.get(f"{BASE}/skus/mug/ledger")).json()["items"][-1]
    assert (oldest["reason"], oldest["level"], oldest["user_id"]) == ("opening", 4, None)
    page = await ours.get("/stock/sku/mug?language=fr", headers=HTML)
    assert "Report\u00a0: les mouvements antérieurs ne sont plus conservés" in page.text


async def test_what_was_folded_is_folded_again_and_then_rests(inventory: Inventory) -> None:
    """An opening entry goes into the next one; alone it is not due. Seen red with openings due like the rest."""
    await counted(inventory, {OLD - timedelta(days=9): 7, OLD - timedelta(days=8): 4, OLD - timedelta(days=7): 6})
    async with inventory.held.uow() as store:
        assert await store.old.fold_ledger(KEEP, 2) == 2
    assert await entries(inventory) == [("opening", 4, 4), ("counted", 2, 6)]
    async with inventory.held.uow() as store:
        assert await store.old.fold_ledger(KEEP, 2) == 2
        assert await store.old.fold_ledger(KEEP, 2) == 0
    assert await entries(inventory) == [("opening", 6, 6)]
    await inventory.set(StockRow("mug", counted=1))
    assert await entries(inventory) == [("opening", 6, 6), ("counted", -5, 1)]


async def test_the_database_itself_keeps_a_year_of_the_ledger(inventory: Inventory) -> None:
    """Whatever a setting or a bug says; nothing that was written is changed. Seen red with any deletion let through."""
    await counted(inventory, {TODAY - timedelta(days=364): 7, TODAY: 4})
    with pytest.raises(DBAPIError, match="append-only"):
        async with inventory.held.uow() as store:
            await store.old.fold_ledger(timedelta(days=363), 10)
    for statement in ("update ledger_entry set level = 9", "delete from ledger_entry"):
        with pytest.raises(DBAPIError, match="append-only"):
            await inventory.execute(statement)


async def test_a_sku_that_is_held_is_folded_another_time(inventory: Inventory) -> None:
    """Nobody waits, the others are folded. Seen red (it waits for ever) without `skip locked`."""
    await counted(inventory, {OLD: 7})
    await counted(inventory, {OLD: 5}, "cup")
    async with transaction(inventory.engine) as connection:
        held = select(tables.sku.c.id).where(tables.sku.c.code == "mug").with_for_update()
        await connection.execute(held)
        await asyncio.wait_for(delete_due(inventory), 5)
        assert (await entries(inventory), await entries(inventory, "cup")) == (
            [("counted", 7, 7)], [("opening", 5, 5)],
        )  # fmt: skip
    await delete_due(inventory)
    assert await entries(inventory) == [("opening", 7, 7)]


async def test_a_kill_in_the_middle_leaves_sums_as_they_were(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders and ledger alike; two processes then share what is left."""
    monkeypatch.setattr(delete_old, "BATCH", 2)
    await counted(inventory, {OLD - timedelta(days=day): 20 + day for day in range(7, 0, -1)})
    for _ in range(5):
        await inventory.apply(told(order([order_line("mug", 2)]), OLD))
    for work in (partial(delete_old_orders, clock=SystemClock()), fold_ledger):
        with pytest.raises(Killed):
            await _killed_after(inventory, work)
    assert (await count(inventory, tables.reservation), len(await entries(inventory))) == (5, 7)
    await asyncio.gather(*(delete_due(inventory) for _ in range(3)))
    await delete_due(inventory)
    assert (await count(inventory, tables.reservation), len(await entries(inventory))) == (0, 1)
    assert await level(inventory, "mug") == (21, 0, 0)
    await check_sums(inventory)


async def test_orders_that_arrive_meanwhile_lose_nothing(inventory: Inventory) -> None:
    """Deleting and selling the same SKU side by side: sums hold, nothing is told twice under one number."""
    await inventory.set(StockRow("mug", counted=30))
    for _ in range(6):
        await inventory.apply(told(order([order_line("mug", 2)]), OLD))
    arriving = [inventory.apply(order([order_line("mug", 1)])) for _ in range(10)]
    await asyncio.gather(delete_due(inventory), *arriving, delete_due(inventory))
    await delete_due(inventory)
    assert await level(inventory, "mug") == (30, 10, 0)
    await check_sums(inventory)
    await check_sequences(inventory)


@pytest.mark.parametrize("why", ["gone", "unread"])
async def test_a_listing_that_nobody_sees_any_more_goes_with_what_was_told_for_it(
    inventory: Inventory, why: str
) -> None:
    """Of a connection that was ended, or is not read: targets and submissions too. Seen red without each of these."""
    shop = Shop(inventory)
    await inventory.set(StockRow("mug", counted=5), StockRow("cup", counted=5))
    await shop.connect("amazon", offer("mug"))
    await shop.connect("octopia", offer("cup"))
    if why == "gone":
        await inventory.apply(shop.state("amazon", ConnectionDisconnectedV1))
    its = shop.ids["amazon"]
    age = {"seen_at": OLD} | ({"gone_at": OLD} if why == "gone" else {})
    await set_all(inventory, tables.listing, tables.listing.c.connection_id == its, **age)
    await set_all(inventory, tables.listing, tables.listing.c.connection_id != its, gone_at=YOUNG)
    if why == "unread":
        await set_all(inventory, tables.discovery, tables.discovery.c.connection_id == its, read_at=OLD)
        await _begin_submission(inventory, its)
    await delete_due(inventory)
    for name in ("listing", "push_target"):
        assert [row.connection_id for row in await inventory.rows(name)] == [shop.ids["octopia"]]
    assert await inventory.rows("submission") == []


async def test_an_uploaded_table_is_kept_for_a_week(inventory: Inventory, ours: httpx.AsyncClient) -> None:
    """Whether its organisation uploads another one or not. Seen red without the deletion."""
    made = [
        {"id": UUID(int=days), "organisation_id": ORGANISATION, "rows": [], "bad": [],
         "made_at": TODAY - timedelta(days=days)}
        for days in (6, 8)
    ]  # fmt: skip
    async with transaction(inventory.engine) as connection:
        await connection.execute(insert(tables.stock_import), made)
    await delete_due(inventory)
    async with transaction(inventory.engine) as connection:
        assert (await connection.execute(select(tables.stock_import.c.id))).scalars().all() == [UUID(int=6)]


async def test_what_is_overdue_is_counted(inventory: Inventory) -> None:
    """A day late, for the operators' gauge: orders and entries of the ledger."""
    late = bootstrap.overdue_records_on(inventory.engine, KEEP)
    day = timedelta(days=1)
    await counted(inventory, {OLD - day: 7, OLD: 30})
    await inventory.apply(*(told(order([order_line("mug", 1)]), at) for at in (OLD, OLD - day)))
    assert await late() == 2
    await delete_due(inventory)
    assert await late() == 0


async def _killed_after(inventory: Inventory, work: Callable[..., Awaitable[Mapping[str, int]]]) -> None:
    async with inventory.held.uow() as store:
        assert list((await work(store, keep=KEEP)).values()) == [2]
        raise Killed


async def _begin_submission(inventory: Inventory, connection_id: UUID) -> None:
    """One that was begun before the connection was given up."""
    submission_id = UUID(int=5)
    begun = {
        "id": submission_id, "connection_id": connection_id, "channel_id": "FR", "lines": [], "state": {},
        "due_at": OLD, "begun_at": OLD, "urgent": False, "attempt": 1, "failures": 0,
    }  # fmt: skip
    async with transaction(inventory.engine) as connection:
        await connection.execute(insert(tables.submission), begun)
        its = tables.target
        sending = {"state": "sending", "submission_id": submission_id, "due_at": None}
        await connection.execute(update(its).where(its.c.connection_id == connection_id).values(**sending))
