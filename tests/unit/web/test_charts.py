"""The geometry of charts: within the frame, in the right order, also of nothing at all."""

import re
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.web.charts import HEIGHT, WIDTH, bar_chart, step_chart

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SINCE = NOW - timedelta(days=90)


def test_a_level_holds_until_it_changes() -> None:
    """Half the time at 10, half at 5: two steps, the higher one at the top edge."""
    chart = step_chart([(SINCE - timedelta(days=1), 10), (NOW - timedelta(days=45), 5)], SINCE, NOW)
    assert chart.line == f"M0 0.0H{WIDTH / 2}V{HEIGHT / 2}H{WIDTH}"
    assert chart.highest == 10


def test_nothing_known_is_a_line_at_the_bottom() -> None:
    """No division by nothing."""
    assert step_chart([], SINCE, NOW).line == f"M0 {HEIGHT}H{WIDTH}"
    assert bar_chart({}, [date(2026, 11, 24)]).bars == ()
    assert bar_chart({}, []).days == ()


def test_a_days_series_are_stacked() -> None:
    """The pieces of a bar stand on each other and are as high together as the day's share of the highest day."""
    days = [date(2026, 11, 23), date(2026, 11, 24)]
    chart = bar_chart({(days[0], 0): 1, (days[0], 1): 3, (days[1], 0): 2}, days)
    first, second, third = chart.bars
    assert (first.y + first.height, second.y + second.height) == (HEIGHT, first.y)
    assert first.height + second.height == HEIGHT
    assert third.height == HEIGHT / 2
    assert third.x > first.x == second.x


@given(st.lists(st.tuples(st.integers(-200, 100), st.integers(0, 10**6)), max_size=20))
def test_a_line_stays_within_its_frame(changes: list[tuple[int, int]]) -> None:
    """Whatever the levels, and also where some lie before or after the time shown."""
    points = sorted((SINCE + timedelta(days=day), level) for day, level in changes)
    chart = step_chart(points, SINCE, NOW)
    xs = [float(x) for x in re.findall(r"H([\d.]+)", chart.line)]
    ys = [float(y) for y in re.findall(r"V([\d.]+)", chart.line)]
    assert xs == sorted(xs)
    assert all(0 <= x <= WIDTH for x in xs)
    assert all(0 <= y <= HEIGHT for y in ys)
