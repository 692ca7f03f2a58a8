"""When an order is to be shipped, as sellers ask for it: in days of the zone its channel lives in."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Deadline(StrEnum):
    """`this_week`: from today to the end of Sunday. Only orders with something left to do have a deadline."""

    OVERDUE = "overdue"
    TODAY = "today"
    TOMORROW = "tomorrow"
    THIS_WEEK = "this_week"


def span(deadline: Deadline, now: datetime, zone: str) -> tuple[datetime | None, datetime]:
    """From (None: ever) and before, in UTC terms of the days there."""
    if deadline is Deadline.OVERDUE:
        return None, now
    today = now.astimezone(ZoneInfo(zone)).date()
    first, days = {
        Deadline.TODAY: (0, 1),
        Deadline.TOMORROW: (1, 1),
        Deadline.THIS_WEEK: (0, 7 - today.weekday()),
    }[deadline]
    begin = today + timedelta(days=first)
    return _midnight(begin, zone), _midnight(begin + timedelta(days=days), zone)


def midnights(days: Sequence[date], zone: str) -> tuple[datetime, ...]:
    """When those days begin there."""
    return tuple(_midnight(day, zone) for day in days)


def last_days(count: int, now: datetime, zones: Collection[str]) -> tuple[date, ...]:
    """The last so many days, oldest first, up to today in the zone that is furthest on."""
    today = max(now.astimezone(ZoneInfo(zone)).date() for zone in zones)
    return tuple(today - timedelta(days=back) for back in reversed(range(count)))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
