"""
The sandbox's own time: the wall clock plus what a test asked to skip.

Also the two directions of ISO 8601, because every date on the wire goes through here.
"""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate

_ISO = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


class VirtualClock:
    """Seconds since the epoch, moved forward by `advance`; it never goes back."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self.advanced = 0.0

    def now(self) -> float:
        return self._wall() + self.advanced

    def advance(self, seconds: float) -> float:
        """Skip `seconds` (not negative) and give the new time; raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError("the clock only goes forward")
        self.advanced += seconds
        return self.now()


def iso(seconds: float, *, fraction: bool = False) -> str:
    """`seconds` as UTC with `Z`, whole seconds, or with milliseconds as some of the marketplace's records have."""
    text = datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.000Z" if fraction else f"{text}Z"


def parse_iso(text: str) -> float:
    """Seconds since the epoch of a full date-time with a zone; raises ValueError for anything else."""
    if not _ISO.match(text):
        raise ValueError(text)
    return datetime.fromisoformat(text).timestamp()


def http_date(seconds: float) -> str:
    """The value of a `Date` header."""
    return formatdate(seconds, usegmt=True)
