"""How long one subject may be worked for before others get their turn, and how much of it at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

from shared.kernel.clock import Clock

T = TypeVar("T")

TURN_SECONDS = 10.0


def within_a_turn(rows: Sequence[T], clock: Clock) -> Iterator[T]:
    """The first, and the next ones as long as the turn lasts; the rest stays due."""
    until = clock.monotonic() + TURN_SECONDS
    for row in rows:
        yield row
        if clock.monotonic() >= until:
            return


async def in_lanes(rows: Iterator[T], work: Callable[[T], Awaitable[None]], *, lanes: int) -> None:
    """
    `work` for each row, in so many lanes: whichever is free takes the next one.

    An error ends them all, each after the row it is at: what was begun is settled, never cut off. Raises the first.
    """
    ended = False

    async def lane() -> None:
        nonlocal ended
        for row in rows:
            if ended:
                return
            try:
                await work(row)
            except BaseException:
                ended = True
                raise

    for outcome in await asyncio.gather(*(lane() for _ in range(lanes)), return_exceptions=True):
        if outcome is not None:
            raise outcome
