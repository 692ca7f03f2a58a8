"""Parcels that share transactions: whose fault it is, who waits for whom, and what is left undone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import pytest

from services.labels.usecases.groups import REST_SECONDS, Groups, in_groups, in_rounds
from services.labels.usecases.ports import DueLabel, Store
from shared.kernel.errors import DatabaseUnavailable
from shared.kernel.ports import Lease


class Bug(Exception):
    """Nobody foresaw this."""


def row(order: int, parcel: int = 0) -> DueLabel:
    return DueLabel(UUID(int=order), UUID(int=100 * order + parcel), UUID(int=1), 0)


@dataclass
class Held:
    """A lease nobody takes away; `rested`: what was made due later, by how many seconds."""

    kind: str = "label"
    rested: list[tuple[UUID, float]] = field(default_factory=list)

    async def settle_write(self, work: Callable[[Any], Awaitable[None]]) -> None:
        await work(self)


async def rest(store: Any, shipment_id: UUID, seconds: float) -> None:
    store.rested.append((shipment_id, seconds))


def groups(lease: Held) -> Groups[DueLabel]:
    return Groups(cast(Lease[Store], lease), rest)


Rows = Sequence[tuple[DueLabel, Any]]


def calls(slow: asyncio.Event) -> Callable[[DueLabel, int], Awaitable[int]]:
    """The first call ends in a bug, the third waits for `slow`."""

    async def call(_: DueLabel, number: int) -> int:
        if number == 1:
            raise Bug
        if number == 3:
            await slow.wait()
        return number

    return call


def test_the_parcels_of_one_order_are_in_rounds_of_their_own() -> None:
    """The longest due of each order first; a round never has two of one order."""
    due = [row(1), row(2), row(1, 1), row(3), row(1, 2), row(2, 1)]
    assert list(in_rounds(due)) == [[row(1), row(2), row(3)], [row(1, 1), row(2, 1)], [row(1, 2)]]
    assert list(in_rounds([])) == []


def test_a_group_is_as_large_as_is_allowed_when_its_turn_comes() -> None:
    """And has one row at least: whose budget is used up waits, and is not left out."""
    allowed = iter([3, 0, 2])
    rows = [row(number) for number in range(6)]
    assert [len(one) for one in in_groups(rows, lambda: next(allowed))] == [3, 1, 2]


async def test_what_meets_a_bug_together_is_done_apart_and_only_the_bad_row_rests() -> None:
    """Seen red with a group that rests whole."""
    lease, tried = Held(), []

    async def work(rows: Rows) -> Rows:
        tried.append(len(rows))
        if any(one == row(2) for one, _ in rows):
            raise Bug
        return rows

    made = await groups(lease).at_once([(row(number), number) for number in (1, 2, 3)], work)
    assert (made, tried) == ([(row(1), 1), (row(3), 3)], [3, 1, 1, 1])
    assert lease.rested == [(row(2).shipment_id, REST_SECONDS)]


async def test_what_is_foreseen_concerns_all_of_them() -> None:
    """It is raised at once; nobody rests for it."""
    lease, tried = Held(), []

    async def work(rows: Rows) -> Rows:
        tried.append(len(rows))
        raise DatabaseUnavailable("away")

    with pytest.raises(DatabaseUnavailable):
        await groups(lease).at_once([(row(1), None), (row(2), None)], work)
    assert (tried, lease.rested) == ([2], [])


async def test_nobody_waits_for_a_slow_neighbour() -> None:
    """What came is kept together while one call is still out. Seen red with one transaction after the last call."""
    kept: list[list[int]] = []
    slow = asyncio.Event()

    async def call(_: DueLabel, number: int) -> int:
        if number == 3:
            await slow.wait()
        return number

    async def keep(came: Rows) -> None:
        kept.append(sorted(number for _, number in came))
        slow.set()

    async with asyncio.timeout(5):
        made = await groups(Held()).side_by_side([(row(number), number) for number in (1, 2, 3, 4)], call, keep)
    assert (kept, sorted(made)) == ([[1, 2, 4], [3]], [1, 2, 3, 4])


async def test_what_was_begun_is_ended_and_kept_whatever_becomes_of_the_others() -> None:
    """One's call meets a bug, the first keeping a database that is away: the last is kept all the same."""
    lease, kept, slow = Held(), list[int](), asyncio.Event()

    async def keep(came: Rows) -> None:
        slow.set()
        if len(kept) == 0:
            kept.append(0)
            raise DatabaseUnavailable("away")
        kept.extend(number for _, number in came)

    async with asyncio.timeout(5):
        with pytest.raises(DatabaseUnavailable):
            await groups(lease).side_by_side([(row(number), number) for number in (1, 2, 3)], calls(slow), keep)
    assert (kept, lease.rested) == ([0, 3], [(row(1).shipment_id, REST_SECONDS)])


async def test_a_row_that_cannot_even_rest_costs_no_other_its_outcome() -> None:
    """The database goes away between the two: what came is kept before, what is out is waited for."""

    class Away(Held):
        async def settle_write(self, work: Callable[[Any], Awaitable[None]]) -> None:
            raise DatabaseUnavailable("away")

    kept: list[int] = []
    slow = asyncio.Event()

    async def keep(came: Rows) -> None:
        slow.set()
        kept.extend(number for _, number in came)

    async with asyncio.timeout(5):
        with pytest.raises(DatabaseUnavailable):
            await groups(Away()).side_by_side([(row(number), number) for number in (1, 2, 3)], calls(slow), keep)
    assert sorted(kept) == [2, 3]
