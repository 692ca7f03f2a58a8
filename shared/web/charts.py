"""
Charts as SVG that pages draw themselves: geometry only, so that templates place words around it and need no script.

Both charts are 600 by 160 units; every chart stands beside its numbers in words or a table (parts.html).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

WIDTH, HEIGHT = 600, 160


@dataclass(frozen=True, slots=True)
class StepChart:
    """A quantity over time. `line` and `area`: SVG paths; `highest`: the value at the top edge."""

    line: str
    area: str
    highest: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of a day's bar: which series (0, 1, …), where it stands, and its value."""

    series: int
    x: float
    y: float
    width: float
    height: float
    value: int


@dataclass(frozen=True, slots=True)
class BarChart:
    """Stacked bars, one per day. `days`: the day and the middle of its bar."""

    bars: tuple[Bar, ...]
    days: tuple[tuple[date, float], ...]
    highest: int


def step_chart(points: Sequence[tuple[datetime, int]], since: datetime, until: datetime) -> StepChart:
    """
    `points`: when the value became that, oldest first; one before `since` tells where the line begins.

    A value holds until the next point; before the first one the line is at zero.
    """
    span = max((until - since).total_seconds(), 1.0)
    highest = max((value for _, value in points), default=0)
    path = f"M0 {_y(_before(points, since), highest)}"
    for at, value in points:
        if since < at <= until:
            path += f"H{round((at - since).total_seconds() / span * WIDTH, 1)}V{_y(value, highest)}"
    line = f"{path}H{WIDTH}"
    return StepChart(line, f"{line}V{HEIGHT}H0Z", highest)


def bar_chart(values: Mapping[tuple[date, int], int], days: Sequence[date]) -> BarChart:
    """`values` by day and series."""
    series = sorted({number for _, number in values})
    totals = [sum(values.get((day, number), 0) for number in series) for day in days]
    highest = max(totals, default=0)
    step = WIDTH / max(len(days), 1)
    bars = []
    for index, day in enumerate(days):
        top = float(HEIGHT)
        for number in series:
            if value := values.get((day, number), 0):
                height = round(value / highest * HEIGHT, 1)
                top -= height
                bars.append(Bar(number, round(index * step + step * 0.15, 1), top, round(step * 0.7, 1), height, value))
    middles = tuple((day, round((index + 0.5) * step, 1)) for index, day in enumerate(days))
    return BarChart(tuple(bars), middles, highest)


def _before(points: Sequence[tuple[datetime, int]], since: datetime) -> int:
    return next((value for at, value in reversed(points) if at <= since), 0)


def _y(value: int, highest: int) -> float:
    return round(HEIGHT - value / highest * HEIGHT, 1) if highest else HEIGHT
