"""
How far Amazon's clock is from ours, by the `Date` of its answers, and what that allows.

Amazon refuses `lastUpdatedBefore` and `createdBefore` newer than two minutes before its own now, with an error that
does not say so (issue selling-partner-api-docs#326).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

_TWO_MINUTES = timedelta(minutes=2)
# `Date` has whole seconds, and an answer takes a moment to arrive.
_MARGIN = timedelta(seconds=3)


@dataclass(slots=True)
class Skew:
    """By region: seconds that Amazon's clock is ahead of ours (behind: negative)."""

    ahead_seconds: dict[str, float] = field(default_factory=dict)

    def measure(self, region: str, date_header: str | None, now: datetime) -> None:
        """From an answer that came now; an unreadable header changes nothing."""
        try:
            theirs = parsedate_to_datetime(date_header or "")
            self.ahead_seconds[region] = (theirs - now).total_seconds()
        except (ValueError, TypeError):
            return

    def far_now(self, now: datetime) -> datetime:
        """Amazon's clock; the slowest region's, so that what is allowed by it is allowed everywhere."""
        return now + timedelta(seconds=min(self.ahead_seconds.values(), default=0.0))

    def latest_before(self, now: datetime) -> datetime:
        """The newest `…Before` Amazon accepts, in whole seconds."""
        return (self.far_now(now) - _TWO_MINUTES - _MARGIN).replace(microsecond=0)

    def too_new_by(self, before: datetime, now: datetime) -> float:
        """Seconds until Amazon will accept `before`; 0: it does already."""
        if before <= self.far_now(now) - _TWO_MINUTES:
            return 0.0
        return (before - self.latest_before(now)).total_seconds()
