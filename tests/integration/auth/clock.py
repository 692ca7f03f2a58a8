"""The clock of an auth that a test turns."""

import time
from datetime import datetime, timedelta

from shared.kernel.clock import SystemClock


class TurnedClock:
    """The system's clock, turned forward by a test. Monotonic time stays real: waits are real."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self.ahead

    def monotonic(self) -> float:
        return time.monotonic()


class StandingClock(TurnedClock):
    """It stands still until it is turned."""

    def __init__(self) -> None:
        super().__init__()
        self._stands_at = super().now()

    def turn(self, ahead: timedelta) -> None:
        """On to the system's time and so much more."""
        self.ahead = ahead
        self._stands_at = super().now()

    def now(self) -> datetime:
        return self._stands_at
