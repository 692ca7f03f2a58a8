"""A figure beside its target, and what every measurement needs: rounds, medians, the machine it ran on."""

import os
import platform
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 5


@dataclass(frozen=True)
class Figure:
    """One row of the table; `rival` says what was measured beside it in the same run."""

    row: str
    what: str
    measured: str
    rival: str
    target: str
    met: bool

    def line(self) -> str:
        return f"{self.row}  {self.measured}  target {self.target}  {'met' if self.met else 'missed'}"


async def medians(rounds: int, *measure: Callable[[], Awaitable[float]]) -> list[float]:
    """The median of each, measured in turns, so that what the machine does meanwhile is done to all of them."""
    seen: list[list[float]] = [[] for _ in measure]
    for _ in range(rounds):
        for values, one in zip(seen, measure, strict=True):
            values.append(await one())
    return [statistics.median(values) for values in seen]


def percentile(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(len(ordered) * percent / 100))]


def machine() -> str:
    """What it ran on, in one line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {model or platform.machine()}, Python {platform.python_version()}"
