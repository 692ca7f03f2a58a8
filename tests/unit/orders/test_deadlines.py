"""The laws of deadlines: days begin and end where the channel lives."""

from datetime import UTC, datetime

import pytest

from services.orders.domain.deadlines import Deadline, last_days, midnights, span

THURSDAY_NIGHT = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)  # Friday, half past midnight, in Paris


def utc(day: int, hour: int, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("deadline", "zone", "begin", "end"),
    [
        (Deadline.TODAY, "UTC", utc(26, 0), utc(27, 0)),
        (Deadline.TODAY, "Europe/Paris", utc(26, 23), utc(27, 23)),
        (Deadline.TOMORROW, "Europe/Paris", utc(27, 23), utc(28, 23)),
        (Deadline.THIS_WEEK, "Europe/Paris", utc(26, 23), utc(29, 23)),
        (Deadline.THIS_WEEK, "America/Los_Angeles", utc(26, 8), utc(30, 8)),
    ],
)
def test_a_day_is_the_channels_own(deadline: Deadline, zone: str, begin: datetime, end: datetime) -> None:
    """From midnight to midnight there; a week ends with Sunday."""
    assert span(deadline, THURSDAY_NIGHT, zone) == (begin, end)


def test_overdue_is_past_wherever_it_is() -> None:
    """An instant has no zone."""
    assert span(Deadline.OVERDUE, THURSDAY_NIGHT, "Asia/Tokyo") == (None, THURSDAY_NIGHT)


def test_a_day_of_another_length_is_whole() -> None:
    """The clocks go back: 25 hours."""
    begin, end = span(Deadline.TODAY, datetime(2026, 10, 25, 12, tzinfo=UTC), "Europe/Paris")
    assert begin is not None
    assert (end - begin.astimezone(UTC)).total_seconds() == 25 * 3600


def test_the_last_days_end_where_it_is_furthest_on() -> None:
    """It is Friday in Paris already; each of the days begins at its own midnight."""
    days = last_days(2, THURSDAY_NIGHT, {"UTC", "Europe/Paris"})
    assert [day.day for day in days] == [26, 27]
    assert midnights(days, "Europe/Paris") == (utc(25, 23), utc(26, 23))
