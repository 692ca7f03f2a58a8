"""How long one subject is worked for before others get their turn."""

import asyncio
from datetime import UTC, datetime

import pytest

from shared.kernel.turns import TURN_SECONDS, in_lanes, within_a_turn


class Watch:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds


def test_a_turn_ends_between_two_rows() -> None:
    """
    Rows of four seconds: three begin within the ten of a turn, the rest waits for the next.

    Seen red without an end: all of them, for as long as that takes.
    """
    clock, worked = Watch(), []
    for row in within_a_turn(range(10), clock):
        worked.append(row)
        clock.seconds += 4
    assert worked == [0, 1, 2]


def test_a_turn_has_at_least_one_row() -> None:
    """However long it takes: otherwise nothing would ever be done of it."""
    clock, worked = Watch(), []
    for row in within_a_turn(range(10), clock):
        worked.append(row)
        clock.seconds += 3 * TURN_SECONDS
    assert worked == [0]


async def test_lanes_work_side_by_side_and_take_each_row_once() -> None:
    """
    As many rows as there are lanes are under way together, and each row is worked off once. Seen red with lanes that
    wait for each other.
    """
    under_way, most, seen = 0, 0, list[int]()

    async def work(row: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        seen.append(row)

    await in_lanes(iter(range(10)), work, lanes=3)
    assert (most, sorted(seen)) == (3, list(range(10)))


async def test_an_error_ends_all_lanes_after_the_row_each_is_at() -> None:
    """
    What another lane has begun goes on to its end, nothing new begins, and the error is raised. Seen red with lanes
    that are cancelled.
    """
    ended: list[int] = []

    async def work(row: int) -> None:
        if row == 0:
            raise ValueError("the first")
        await asyncio.sleep(0.01)
        ended.append(row)

    with pytest.raises(ValueError, match="the first"):
        await in_lanes(iter([1, 0, 2, 3]), work, lanes=2)
    assert ended == [1]
