"""How long one subject is worked for before others get their turn."""

from datetime import UTC, datetime

from shared.kernel.turns import TURN_SECONDS, within_a_turn


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
