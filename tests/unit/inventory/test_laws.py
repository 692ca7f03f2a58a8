"""Whatever arrives, in whatever order and grouping: the laws of stock hold at every step, and the totals agree."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.inventory.usecases.ship_orders import confirmed_units
from shared.events.base import Event
from shared.events.inventory import ReservationChangedV1
from shared.events.orders import OrderLineV1
from shared.kernel.ids import LineId, SkuId
from tests.unit.inventory.builders import order, order_line, ship_by, shipment
from tests.unit.inventory.fakes import Warehouse

CODES = ("mug", "cup")


@dataclass(frozen=True)
class History:
    """What one publisher says of one order, from first to last."""

    topic: str
    events: tuple[Event[Any], ...]


@st.composite
def order_histories(draw: st.DrawFn) -> list[History]:
    """One order: its versions by orders, its confirmed parcels by labels."""
    lines = draw(
        st.lists(st.tuples(st.sampled_from(CODES), st.integers(1, 4), st.integers(0, 2)), min_size=1, max_size=3)
    )
    told = [order_line(code, units, fulfilled=gone, fulfilled_before=gone) for code, units, gone in lines]
    first = order(told, ship_by=draw(st.sampled_from([None, ship_by(1), ship_by(2)])))
    versions = [first]
    for version in range(2, draw(st.integers(1, 4)) + 1):
        told = [line.model_copy(update=draw(changes(line))) for line in told]
        versions.append(order(told, order_id=first.subject, version=version))
    return [History("orders", tuple(versions)), History("labels", tuple(draw(parcels(first))))]


@st.composite
def changes(draw: st.DrawFn, line: OrderLineV1) -> dict[str, Any]:
    """More shipped, more or less cancelled, held or finished."""
    held = draw(st.booleans())
    return {
        "fulfilled": line.fulfilled + draw(st.integers(0, 2)),
        "cancelled": draw(st.integers(0, line.ordered)),
        "reserve": held,
        "decision": "ship" if held else "not_ours",
        "code": "ready" if held else draw(st.sampled_from(["already_shipped", "cancelled"])),
    }


@st.composite
def parcels(draw: st.DrawFn, received: Event[Any]) -> list[Event[Any]]:
    units: dict[UUID, int] = {line.line_id: 0 for line in received.body.lines}
    events = []
    for sequence in range(1, draw(st.integers(0, 2)) + 1):
        units = {line: so_far + draw(st.integers(0, 2)) for line, so_far in units.items()}
        events.append(shipment(received.subject, [units], sequence=sequence))
    return events


@st.composite
def arrivals(draw: st.DrawFn, histories: Sequence[History]) -> list[tuple[str, list[Event[Any]]]]:
    """
    One way all this may arrive: topics interleaved, in batches, only the newest of a subject in each.

    A subject's events come in order; some are never seen because a newer one came in the same batch.
    """
    waiting = [list(history.events) for history in histories]
    steps = []
    while any(waiting):
        mine = draw(st.sampled_from([index for index, events in enumerate(waiting) if events]))
        taken = draw(st.integers(1, len(waiting[mine])))
        steps.append((histories[mine].topic, waiting[mine][taken - 1]))
        del waiting[mine][:taken]
    return _batches(steps, draw(st.integers(1, 4)))


def _batches(steps: Sequence[tuple[str, Event[Any]]], size: int) -> list[tuple[str, list[Event[Any]]]]:
    """Neighbours of one topic together, each subject once."""
    batches: list[tuple[str, list[Event[Any]]]] = []
    for topic, run in groupby(steps, lambda step: step[0]):
        for _, event in run:
            last = batches[-1] if batches else None
            fits = last and last[0] == topic and len(last[1]) < size
            if last and fits and event.subject not in {one.subject for one in last[1]}:
                last[1].append(event)
            else:
                batches.append((topic, [event]))
    return batches


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_in_any_arrival_order_the_laws_hold_and_the_totals_agree(data: st.DataObject) -> None:
    """
    Never negative, entries sum to the level, work-conserving, one reservation per order; who is short may differ.

    The totals follow from the counts and from the last word of each side alone.
    """
    histories = [one for drawn in data.draw(st.lists(order_histories(), min_size=1, max_size=4)) for one in drawn]
    counts = {code: data.draw(st.one_of(st.none(), st.integers(0, 12))) for code in CODES}
    one_way, other_way = data.draw(arrivals(histories)), data.draw(arrivals(histories))
    expected = totals_by_hand(counts, histories)
    assert asyncio.run(totals(counts, one_way)) == expected
    assert asyncio.run(totals(counts, other_way)) == expected


def totals_by_hand(counts: dict[str, int | None], histories: Sequence[History]) -> dict[str, tuple[int, int, int, int]]:
    """On hand, reserved, available and short by SKU: the rules of stock, said again in the plainest way."""
    confirmed = {
        line: units
        for history in histories
        if history.topic == "labels" and history.events
        for line, units in confirmed_units(history.events[-1].body).items()
    }
    gone, wanted = dict.fromkeys(CODES, 0), dict.fromkeys(CODES, 0)
    seen = {code for code, counted in counts.items() if counted is not None}
    for history in histories:
        for line in history.events[-1].body.lines if history.topic == "orders" else ():
            mine = confirmed.get(LineId(line.line_id), 0)
            seen.add(line.sku)
            gone[line.sku] += max(mine, line.fulfilled - line.fulfilled_before)
            left = line.ordered - line.cancelled - max(mine, line.fulfilled)
            wanted[line.sku] += max(0, left) if line.reserve else 0
    return {code: _level(counts[code], gone[code], wanted[code]) for code in seen}


def _level(counted: int | None, gone: int, wanted: int) -> tuple[int, int, int, int]:
    if counted is None:
        return 0, wanted, 0, 0
    on_hand = max(0, counted - gone)
    reserved = min(on_hand, wanted)
    return on_hand, reserved, on_hand - reserved, wanted - reserved


async def totals(
    counts: dict[str, int | None], batches: Sequence[tuple[str, list[Event[Any]]]]
) -> dict[str, tuple[int, int, int, int]]:
    warehouse = Warehouse()
    for code, counted in counts.items():
        if counted is not None:
            await warehouse.count(code, counted)
    for topic, events in batches:
        await (warehouse.order(*events) if topic == "orders" else warehouse.shipment(*events))
        check_laws(warehouse)
    return {sku.code: warehouse.levels(sku.code) for sku in warehouse.skus.rows.values()}


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_counts_at_any_moment_keep_the_laws(data: st.DataObject) -> None:
    """Whenever somebody counts, whatever they find, everything adds up afterwards."""
    histories = [one for drawn in data.draw(st.lists(order_histories(), min_size=1, max_size=3)) for one in drawn]
    batches = data.draw(arrivals(histories))
    counts = data.draw(
        st.dictionaries(st.integers(0, len(batches)), st.tuples(st.sampled_from(CODES), st.integers(0, 9)))
    )

    async def run() -> None:
        warehouse = Warehouse()
        for step, (topic, events) in enumerate(batches):
            if step in counts:
                await warehouse.count(*counts[step])
                check_laws(warehouse)
            await (warehouse.order(*events) if topic == "orders" else warehouse.shipment(*events))
            check_laws(warehouse)

    asyncio.run(run())


def check_laws(warehouse: Warehouse) -> None:
    check_levels(warehouse)
    check_events(warehouse)


def check_levels(warehouse: Warehouse) -> None:
    """Sums, limits and the ledger of every SKU."""
    written: defaultdict[SkuId, int] = defaultdict(int)
    for entry in warehouse.ledger.entries:
        written[entry.sku_id] += entry.change
        assert entry.level >= 0
    for sku in warehouse.skus.rows.values():
        lines = [line for line in warehouse.lines.rows.values() if line.sku_id == sku.id]
        wanted = sum(line.wanted for line in lines)
        assert all(0 <= line.reserved <= line.wanted for line in lines)
        assert (sku.reserved, sku.short) == (sum(line.reserved for line in lines), wanted - sku.reserved)
        assert sku.on_hand == written[sku.id] >= 0
        assert sku.reserved == (min(sku.on_hand, wanted) if sku.tracked else wanted)


def check_events(warehouse: Warehouse) -> None:
    """Numbered without holes, and the newest says what is stored."""
    by_subject: defaultdict[UUID, list[Event[Any]]] = defaultdict(list)
    for event in warehouse.outbox.events:
        by_subject[event.subject].append(event)
    for events in by_subject.values():
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        newest = events[-1].body
        if isinstance(newest, ReservationChangedV1):
            stored = {line.line_id: warehouse.lines.rows[LineId(line.line_id)] for line in newest.lines}
            assert all((line.wanted, line.reserved, line.short) == _held(stored[line.line_id]) for line in newest.lines)
        else:
            assert (newest.on_hand, newest.reserved, newest.available, newest.short) == warehouse.levels(newest.sku)


def _held(line: Any) -> tuple[int, int, int]:
    return line.wanted, line.reserved, line.short
