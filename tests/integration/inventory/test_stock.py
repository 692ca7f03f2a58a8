"""The store of inventory on a real PostgreSQL: the same answers as in memory, and nothing lost side by side."""

import asyncio
import random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from services.inventory.domain.sku import StockRow
from shared.events.base import Event
from tests.integration.inventory.conftest import Inventory
from tests.unit.inventory.builders import order, order_line, ship_by, shipment

DEADLOCK = "40P01"


async def level(inventory: Inventory, code: str) -> tuple[int, int, int]:
    """on hand, reserved, short"""
    (row,) = [row for row in await inventory.rows("sku") if row.code == code]
    return row.on_hand, row.reserved, row.short


async def reserved(inventory: Inventory, event: Event[Any]) -> int:
    lines = [row for row in await inventory.rows("reservation_line") if row.order_id == event.subject]
    return sum(row.reserved for row in lines)


async def check_sums(inventory: Inventory) -> None:
    """Entries sum to the level; the SKU's sums are its lines'; what is there is given out."""
    entries, lines = await inventory.rows("ledger_entry"), await inventory.rows("reservation_line")
    for sku in await inventory.rows("sku"):
        mine = [line for line in lines if line.sku_id == sku.id]
        wanted = sum(line.wanted for line in mine)
        assert sku.on_hand == sum(entry.change for entry in entries if entry.sku_id == sku.id)
        assert (sku.reserved, sku.short) == (sum(line.reserved for line in mine), wanted - sku.reserved)
        assert sku.reserved == (min(sku.on_hand, wanted) if sku.tracked else wanted)


async def check_sequences(inventory: Inventory) -> None:
    """Every subject's events are numbered 1, 2, 3 in the order they were written."""
    by_subject: dict[UUID, list[int]] = {}
    for row in sorted(await inventory.rows("outbox"), key=lambda row: row.id):
        by_subject.setdefault(row.subject, []).append(row.sequence)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_subject.values())


async def test_an_order_is_reserved_shipped_and_gone(inventory: Inventory) -> None:
    """From a count over the reservation to the parcel: the tables say what the rules say."""
    await inventory.set(StockRow("mug", weight_grams=350, counted=5))
    received = order([order_line("mug", 2), order_line("", 1)])
    await inventory.apply(received)
    assert await level(inventory, "mug") == (5, 2, 0)
    await inventory.apply(shipment(received.subject, [{received.body.lines[0].line_id: 2}]))
    assert await level(inventory, "mug") == (3, 0, 0)
    await check_sums(inventory)
    await check_sequences(inventory)


async def test_stock_that_comes_goes_to_the_earliest_ship_by(inventory: Inventory) -> None:
    """Only as many lines as the units reach are read and changed; a falling count takes from the latest."""
    await inventory.set(StockRow("mug", counted=0))
    late, early, never = (order([order_line("mug", 2)], ship_by=when) for when in (ship_by(5), ship_by(1), None))
    await inventory.apply(never, late, early)
    await inventory.set(StockRow("mug", counted=3))
    assert [await reserved(inventory, one) for one in (early, late, never)] == [2, 1, 0]
    await inventory.set(StockRow("mug", counted=6))
    await inventory.set(StockRow("mug", counted=3))
    assert [await reserved(inventory, one) for one in (early, late, never)] == [2, 1, 0]
    await check_sums(inventory)
    await check_sequences(inventory)


async def test_a_cancelled_order_in_a_batch_serves_others_in_and_outside_of_it(inventory: Inventory) -> None:
    """Lines of the batch and lines that already wait are served by urgency together."""
    await inventory.set(StockRow("mug", counted=4))
    holder = order([order_line("mug", 4)])
    await inventory.apply(holder)
    waiting = order([order_line("mug", 2)], ship_by=ship_by(1))
    await inventory.apply(waiting)
    (line,) = holder.body.lines
    gone = order([line.model_copy(update={"reserve": False})], order_id=holder.subject, version=2)
    sooner, later = (order([order_line("mug", 1)], ship_by=ship_by(days)) for days in (0.5, 3))
    await inventory.apply(gone, sooner, later)
    assert [await reserved(inventory, one) for one in (holder, waiting, sooner, later)] == [0, 2, 1, 1]
    await check_sums(inventory)


async def test_entries_of_one_batch_keep_their_order(inventory: Inventory) -> None:
    """Each entry's level is what the one before it led to, also within one transaction."""
    await inventory.set(StockRow("mug", counted=50))
    orders = [order([order_line("mug", 1)]) for _ in range(20)]
    await inventory.apply(*orders)
    await inventory.apply(*(shipment(one.subject, [{one.body.lines[0].line_id: 1}]) for one in orders))
    entries = sorted(await inventory.rows("ledger_entry"), key=lambda entry: entry.id)
    assert [entry.level for entry in entries] == list(range(50, 29, -1))


async def test_the_ledger_cannot_be_changed(inventory: Inventory) -> None:
    """Append-only is kept by the database itself."""
    await inventory.set(StockRow("mug", counted=5))
    for statement in ("update ledger_entry set change = 6", "delete from ledger_entry"):
        with pytest.raises(DBAPIError, match="append-only"):
            await inventory.execute(statement)


async def test_a_thousand_skus_are_set_at_once(inventory: Inventory) -> None:
    """Bulk is one transaction of a handful of statements, new and known SKUs mixed."""
    await inventory.set(*(StockRow(f"sku-{number}", counted=1) for number in range(0, 1000, 2)))
    await inventory.set(*(StockRow(f"sku-{number}", counted=number, weight_grams=9) for number in range(1000)))
    rows = {row.code: row for row in await inventory.rows("sku")}
    assert all(rows[f"sku-{number}"].on_hand == number for number in range(1000))
    assert {row.weight_grams for row in rows.values()} == {9}
    await check_sums(inventory)
    await check_sequences(inventory)


async def test_orders_parcels_and_counts_side_by_side_agree(inventory: Inventory) -> None:
    """Many transactions over the same few SKUs at once: there is no deadlock, no unit is lost or made."""
    chance = random.Random(7)
    codes = [f"sku-{number}" for number in range(6)]
    await inventory.set(*(StockRow(code, counted=30) for code in codes[:4]))
    orders = [order([order_line(chance.choice(codes), chance.randint(1, 4)) for _ in range(3)]) for _ in range(60)]
    steps: list[Any] = []
    for start in range(0, 60, 10):
        batch = orders[start : start + 10]
        steps += [batch, [shipment(one.subject, [{one.body.lines[0].line_id: 1}]) for one in chance.sample(batch, 5)]]
    steps += [StockRow(chance.choice(codes), counted=chance.randint(0, 40)) for _ in range(30)]
    chance.shuffle(steps)
    await asyncio.gather(*(_take(inventory, step) for step in steps))
    assert DEADLOCK not in inventory.conflicts
    await check_sums(inventory)
    await check_sequences(inventory)
    heads = await inventory.rows("reservation")
    assert len(heads) == len(orders)
    assert all(head.order_version == 1 for head in heads)


async def test_the_same_orders_and_their_parcels_at_once_agree(inventory: Inventory) -> None:
    """Both halves of an order never heard of, from two workers at the same moment: neither is lost."""
    await inventory.set(StockRow("mug", counted=100))
    orders = [order([order_line("mug", 3), order_line("cup", 1)]) for _ in range(20)]
    parcels = [shipment(one.subject, [{one.body.lines[0].line_id: 2}]) for one in orders]
    await asyncio.gather(*(_take(inventory, [event]) for pair in zip(orders, parcels, strict=True) for event in pair))
    assert await level(inventory, "mug") == (60, 20, 0)
    assert await level(inventory, "cup") == (0, 20, 0)
    await check_sums(inventory)
    await check_sequences(inventory)


async def _take(inventory: Inventory, step: Any) -> None:
    await (inventory.set(step) if isinstance(step, StockRow) else inventory.apply(*step))
