"""How long one subject may be worked for before others get their turn."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from shared.kernel.clock import Clock

T = TypeVar("T")

TURN_SECONDS = 10.0


def within_a_turn(rows: Iterable[T], clock: Clock) -> Iterator[T]:
    """The first, and the next ones as long as the turn lasts; the rest stays due."""
    until = clock.monotonic() + TURN_SECONDS
    for row in rows:
        yield row
        if clock.monotonic() >= until:
            return
