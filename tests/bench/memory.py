"""
g: memory. What each of our processes holds resident when idle after a warm-up, and again after many more orders.

All of them are listed, stored, reserved and planned, which every process but auth's and the gateway has a part in; the
first of them are labelled, told and read back too, as many as fit in the time given. Nothing is extrapolated.
"""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.local.settings import PROCESSES
from deploy.local.stack import Stack
from tests.bench.figures import Figure
from tests.bench.place import Place
from tests.bench.product import Product, running_product

_AT_ONCE = 100
_IDLE_SECONDS = 5.0
_MEBI = 1024
_TARGET_ORDERS = 100_000


async def measure(place: Place) -> list[Figure]:
    most, planned_at_once, seconds = (_TARGET_ORDERS, 5_000, 600.0) if place.long else (2_000, 1_000, 40.0)
    async with running_product(place) as product:
        warmed = await _tell(product, most=_AT_ONCE * 10, seconds=seconds / 2)
        await product.shop.label_automatically("manual")
        await product.plan(planned_at_once)
        await product.shop.label_automatically()
        before = await _idle(product.stack)
        told = await _tell(product, most=most, seconds=seconds)
        await product.shop.label_automatically("manual")
        for _ in range(told, most, planned_at_once):
            await product.plan(planned_at_once)
        after = await _idle(product.stack)
    growths = {name: after[name] / kibibytes - 1 for name, kibibytes in before.items()}
    worst = max(growths, key=lambda name: growths[name])
    largest = max(after, key=lambda name: after[name])
    return [
        Figure(
            "g",
            f"resident memory, {len(before)} processes, idle before and after",
            f"{most:,} orders, {told:,} of them told: worst {worst} {growths[worst]:+.1%} to "
            f"{after[worst] / _MEBI:,.0f} MiB, all {_grown(before, after):+.1%}",
            f"after a warm-up of {warmed + planned_at_once:,}: {sum(before.values()) / _MEBI:,.0f} MiB; the largest "
            f"is {largest}",
            f"< 5 % growth after {_TARGET_ORDERS:,}",
            growths[worst] < 0.05 and most >= _TARGET_ORDERS,
        )
    ]


def _grown(before: Mapping[str, int], after: Mapping[str, int]) -> float:
    return sum(after.values()) / sum(before.values()) - 1


async def _tell(product: Product, *, most: int, seconds: float) -> int:
    """How many orders were told before the time was over."""
    told, until = 0, time.monotonic() + seconds
    while told < most and time.monotonic() < until:
        await product.tell(_AT_ONCE)
        told += _AT_ONCE
    return told


async def _idle(stack: Stack) -> dict[str, int]:
    """Resident kibibytes by process, a moment after the last work."""
    await asyncio.sleep(_IDLE_SECONDS)
    names = ["gateway", *(f"{service}-{process}" for service, each in PROCESSES.items() for process in each)]
    return {name: _resident(stack.supervisor.pid(name)) for name in names}


def _resident(pid: int | None) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmRSS:")]
    return int(line.split()[1])
