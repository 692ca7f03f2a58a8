"""When an order is to be shipped, as sellers ask for it: in days of the zone its channel lives in."""

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


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
