"""
A machine that does to inventory whatever the outside may do, and compares it with the model after every step.

Events are made as orders and labels make them, numbered; they arrive in any order, again, together, or never.
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from shared.events.base import Event
from shared.events.inventory import ReservationChangedV1, StockLevelChangedV1
from shared.events.orders import OrderLineV1
from shared.kernel.ids import OrganisationId
from tests.unit.inventory.builders import order, order_line, ship_by, shipment
from tests.unit.inventory.stock_model import House, Level, Model, Shown

CODES = ("mug", "cup")
_NUMBERS = count(1)
# Lines (SKU, ordered, shipped before it was seen) and days until it must be shipped.
_SOLD = st.tuples(
    st.lists(st.tuples(st.sampled_from([*CODES, ""]), st.integers(1, 4), st.integers(0, 2)), min_size=1, max_size=3),
    st.sampled_from([None, 1.0, 2.0]),
)


def _id() -> UUID:
    """Never the same in a run of the tests, and rising."""
    return UUID(int=0x018F << 112 | 0x7 << 76 | 0x8 << 60 | next(_NUMBERS))


class Stock(RuleBasedStateMachine):
    """One organisation's stock; `orders` and `parcels` are what was said of each order so far, delivered or not."""

    def __init__(self, house: House, runner: asyncio.Runner) -> None:
        super().__init__()
        self.house = house
        self.runner = runner
        self.organisation_id = OrganisationId(_id())
        self.model = Model()
        self.orders: list[list[Event[Any]]] = []
        self.parcels: list[list[Event[Any]]] = []
        self.before = self._run(house.shown(self.organisation_id))

    which = st.integers(0, 99)

    @initialize(counted=st.lists(st.none() | st.integers(2, 8), min_size=2, max_size=2), sold=_SOLD)
    def begins(self, counted: list[int | None], sold: tuple[list[tuple[str, int, int]], float | None]) -> None:
        for code, units in zip(CODES, counted, strict=True):
            if units is not None:
                self.is_counted(code, units)
        self.is_sold(sold)

    @precondition(lambda self: len(self.orders) < 4)
    @rule(sold=_SOLD)
    def is_sold(self, sold: tuple[list[tuple[str, int, int]], float | None]) -> None:
        told = [
            order_line(code, units, line_id=_id(), fulfilled=gone, fulfilled_before=gone)
            for code, units, gone in sold[0]
        ]
        when = None if sold[1] is None else ship_by(sold[1])
        made = order(told, order_id=_id(), ship_by=when, organisation_id=self.organisation_id)
        self.orders.append([made])
        self.parcels.append([])
        self._deliver("orders.order.v1", [made])

    @precondition(lambda self: self.orders)
    @rule(which=which, data=st.data(), at_once=st.booleans())
    def order_changes(self, which: int, data: st.DataObject, at_once: bool) -> None:
        """Units cancelled or given back, shipped or taken back, a line held, finished, named or gone."""
        history = self.orders[which % len(self.orders)]
        newest = history[-1]
        lines = [line.model_copy(update=data.draw(_changes(line))) for line in newest.body.lines]
        lines = lines[: data.draw(st.sampled_from([len(lines), len(lines), len(lines), len(lines) - 1]))]
        days = data.draw(st.sampled_from([None, 1.0, 3.0]))
        history.append(
            order(
                lines,
                order_id=newest.subject,
                version=newest.body.order_version + 1,
                ship_by=None if days is None else ship_by(days),
                organisation_id=self.organisation_id,
            )
        )
        if at_once:
            self._deliver("orders.order.v1", [history[-1]])

    @precondition(lambda self: self.orders)
    @rule(which=which, units=st.lists(st.integers(0, 3), min_size=3, max_size=3), at_once=st.booleans())
    def parcels_leave(self, which: int, units: list[int], at_once: bool) -> None:
        """Labels' newest word of an order's parcels, also of lines that orders has not told of yet."""
        number = which % len(self.orders)
        lines = dict(zip((line.line_id for line in self.orders[number][0].body.lines), units, strict=False))
        subject, history = self.orders[number][0].subject, self.parcels[number]
        history.append(shipment(subject, [lines], sequence=len(history) + 1, organisation_id=self.organisation_id))
        if at_once:
            self._deliver("labels.shipment.v1", [history[-1]])

    @precondition(lambda self: self.orders)
    @rule(picks=st.lists(st.tuples(which, which), min_size=1, max_size=4))
    def orders_arrive(self, picks: list[tuple[int, int]]) -> None:
        """Any that were said, new or old, again, several of one order in a batch."""
        self._deliver("orders.order.v1", _picked(self.orders, picks))

    @precondition(lambda self: any(self.parcels))
    @rule(picks=st.lists(st.tuples(which, which), min_size=1, max_size=4))
    def parcels_arrive(self, picks: list[tuple[int, int]]) -> None:
        self._deliver("labels.shipment.v1", _picked([one for one in self.parcels if one], picks))

    @rule(code=st.sampled_from(CODES), units=st.integers(0, 9))
    def is_counted(self, code: str, units: int) -> None:
        """The first count makes it tracked; the next ones are corrections."""
        self._run(self.house.count(self.organisation_id, code, units))
        self.model.count(code, units)
        self._check()

    @precondition(lambda self: any(self.before.entries.values()))
    @rule(oldest=st.integers(1, 6))
    def ledger_is_folded(self, oldest: int) -> None:
        """Of each SKU the first entries become the level they led to; the others stay as they are."""
        earlier = self.before.entries
        self._run(self.house.fold(self.organisation_id, oldest))
        shown = self._run(self.house.shown(self.organisation_id))
        assert shown.entries.keys() == earlier.keys()
        for code, entries in shown.entries.items():
            _check_folded(earlier[code], entries)
        left = sum(map(len, earlier.values())) - oldest
        assert sum(map(len, shown.entries.values())) <= max(left, 0) + len(earlier)
        self.before = replace(self.before, entries=shown.entries)
        self._check()

    def _deliver(self, topic: str, events: Sequence[Event[Any]]) -> None:
        self._run(self.house.deliver(topic, events))
        self.model.deliver(topic, events)
        self._check()

    def _check(self) -> None:
        shown = self._run(self.house.shown(self.organisation_id))
        self._levels(shown)
        self._ledger(shown)
        self._turns(shown)
        self._events(shown)
        self.before = shown

    def _levels(self, shown: Shown) -> None:
        """Every level and every line is what was told says; nothing is below zero."""
        assert shown.levels == {code: self.model.level(code) for code in self.model.levels}
        assert {line_id: one.wanted for line_id, one in shown.lines.items()} == {
            line_id: self.model.wanted(line_id) for line_id in self.model.words
        }
        assert all(0 <= one.reserved <= one.wanted for one in shown.lines.values())
        for code, level in shown.levels.items():
            assert level.reserved == sum(one.reserved for one in shown.lines.values() if one.sku == code)

    def _ledger(self, shown: Shown) -> None:
        """Entries sum to the level, each leads to the level it says, and none that was written changes."""
        for code, entries in shown.entries.items():
            level = 0
            for change, after in entries:
                level += change
                assert level == after >= 0
            assert level == shown.levels[code].on_hand
            earlier = self.before.entries.get(code, [])
            assert entries[: len(earlier)] == earlier

    def _turns(self, shown: Shown) -> None:
        """
        Stock that comes goes to the most urgent short lines, stock that lacks is taken from the least urgent.

        Never both at once: who holds units keeps them when an earlier ship-by comes later.
        """
        for code in (code for code, level in shown.levels.items() if level.tracked):
            mine = {line_id: one for line_id, one in shown.lines.items() if one.sku == code}
            kept = {line_id: min(self._held_before(line_id, code), one.wanted) for line_id, one in mine.items()}
            served = [one.urgency(line_id) for line_id, one in mine.items() if one.reserved > kept[line_id]]
            robbed = [one.urgency(line_id) for line_id, one in mine.items() if one.reserved < kept[line_id]]
            assert not (served and robbed)
            for line_id, one in mine.items():
                if one.reserved < one.wanted:
                    assert all(turn <= one.urgency(line_id) for turn in served)
                if one.reserved > 0:
                    assert all(turn >= one.urgency(line_id) for turn in robbed)

    def _held_before(self, line_id: UUID, code: str) -> int:
        before = self.before.lines.get(line_id)
        return before.reserved if before is not None and before.sku == code else 0

    def _events(self, shown: Shown) -> None:
        """
        One reservation per order, told for each of its versions that came; numbered without holes; the last of each
        subject is what is kept.
        """
        by_subject: defaultdict[UUID, list[Event[Any]]] = defaultdict(list)
        for event in shown.events:
            by_subject[event.subject].append(event)
        for events in by_subject.values():
            assert [event.sequence for event in events] == list(range(1, len(events) + 1))
            newest = events[-1].body
            if isinstance(newest, StockLevelChangedV1):
                level = shown.levels[newest.sku]
                told = Level(newest.tracked, newest.on_hand, newest.reserved, newest.short)
                assert (told, newest.available) == (level, level.on_hand - level.reserved if level.tracked else 0)
            elif isinstance(newest, ReservationChangedV1):
                for line in newest.lines:
                    held = shown.lines[line.line_id]
                    assert (line.wanted, line.reserved) == (held.wanted, held.reserved)
        for order_id, version in shown.versions.items():
            told_versions = [event.body.order_version for event in by_subject[order_id]]
            assert set(told_versions) == self.model.versions[order_id]
            assert told_versions == sorted(told_versions)
            assert version == max(self.model.versions[order_id], default=None)
        assert set(shown.versions) == {word["order"] for word in self.model.words.values()}

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)


@st.composite
def _changes(draw: st.DrawFn, line: OrderLineV1) -> dict[str, Any]:
    held = draw(st.sampled_from([True, True, False]))
    return {
        "sku": line.sku or draw(st.sampled_from([*CODES, ""])),
        "fulfilled": max(0, line.fulfilled + draw(st.sampled_from([0, 1, 2, -1, -2]))),
        "cancelled": draw(st.integers(0, line.ordered)),
        "reserve": held,
        "decision": "ship" if held else "not_ours",
        "code": "ready" if held else draw(st.sampled_from(["already_shipped", "cancelled", "unfulfillable"])),
    }


def _check_folded(earlier: list[tuple[int, int]], entries: list[tuple[int, int]]) -> None:
    """The first entry stands for those that are not here any more; none of the others has changed."""
    level = earlier[len(earlier) - len(entries)][1]
    opened = [(level, level), *earlier[len(earlier) - len(entries) + 1 :]]
    assert entries in (earlier, opened)


def _picked(histories: Sequence[Sequence[Event[Any]]], picks: Sequence[tuple[int, int]]) -> list[Event[Any]]:
    found = [histories[which % len(histories)] for which, _ in picks]
    return [history[step % len(history)] for history, (_, step) in zip(found, picks, strict=True)]
