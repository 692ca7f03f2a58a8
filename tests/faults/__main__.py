"""
`python -m tests.faults --kills N --seed S`: SIGKILL at random moments under traffic, half as many other troubles beside
it (tests/faults/troubles.py); last line is the verdict. The same seed draws the same again.

`--away SECONDS`: then each server is away for so long, stopped in order and killed, under traffic too.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path

from deploy.local.browser import Unexpected
from deploy.local.stack import Stack
from tests.faults.away import Outages
from tests.faults.ledger import Verdict, compare, compare_shown
from tests.faults.schedule import Kill, schedule
from tests.faults.troubles import Befalling, troubles
from tests.shop import Json, Shop, beside, demand, open_shop, stack_for_tests

# At each marketplace.
_ORDERS_AT_ONCE = 2
_KILLS_PER_BATCH = 2
_SKUS = [f"SKU-{number:03d}" for number in range(1, 11)]
_UNITS = 100_000
_SETTLED_WITHIN_SECONDS = 240.0
# Octopia, where half of the orders are, allows one getOrder a second: two readings of each.
_SETTLED_SECONDS_AN_ORDER = 1.0
_SHOWN_WITHIN_SECONDS = 90.0


async def main(kills: int, seed: int, away_seconds: float) -> int:
    with tempfile.TemporaryDirectory(prefix="passerelle-faults-") as folder:
        async with stack_for_tests(Path(folder), {"LOG_LEVEL": "INFO"}) as stack:
            counted = dict.fromkeys(_SKUS, _UNITS)
            async with open_shop(stack, levels=counted, skus=_SKUS) as shop:
                shops = [shop, await beside(shop, skus=_SKUS)]
                befalling = Befalling(stack, shops)
                done = await _kill_under_traffic(stack, shops, schedule(kills, seed), seed, befalling)
                await befalling.close()
                await stack.ready()
                outages = Outages(stack, shop, away_seconds, partial(_plant, shops, count(seed * 100_000 + kills)))
                if away_seconds:
                    await outages.all()
                orders = await _far_orders(shops)
                settled = await _settled(shops, set(orders))
                verdict = await _verdict(shops, counted)
                if not settled or verdict.lost or verdict.twice or outages.findings:
                    _keep_logs(stack)
    for finding in (*verdict.lost, *verdict.twice, *outages.findings):
        print(finding)
    print(f"orders {len(orders)}, kills {done}, lost {len(verdict.lost)}, twice {len(verdict.twice)}")
    return 1 if verdict.lost or verdict.twice or outages.findings else 0


async def _far_orders(shops: list[Shop]) -> dict[str, Json]:
    """The truth about the orders of all these accounts."""
    return {number: order for one in shops for number, order in (await one.sandbox.order_states(one.seller_id)).items()}


async def _kill_under_traffic(
    stack: Stack, shops: list[Shop], kills: list[Kill], seed: int, befalling: Befalling
) -> int:
    """Plants orders everywhere and kills by the schedule; how many kills hit a running process (it waits for one)."""
    hits: Counter[str] = Counter()
    others = iter(troubles(len(kills) // _KILLS_PER_BATCH + 1, seed))
    for number, kill in enumerate(kills):
        if number % _KILLS_PER_BATCH == 0:
            await _plant(shops, count(seed * 100_000 + number))
            befalling.begin(next(others))
        await asyncio.sleep(kill.after_seconds)
        await _kill(stack, kill.victim)
        hits[kill.victim] += 1
    print("killed: " + ", ".join(f"{victim} {count}" for victim, count in sorted(hits.items())), flush=True)
    return hits.total()


async def _plant(shops: list[Shop], seeds: Iterator[int]) -> None:
    seed = next(seeds)
    for shop in shops:
        await shop.plant(_ORDERS_AT_ONCE, seed=seed, skus=_SKUS)


async def _kill(stack: Stack, victim: str) -> None:
    """SIGKILL to the process itself; between two lives, as soon as the next one has begun."""
    while (pid := stack.supervisor.pid(victim)) is None:
        await asyncio.sleep(0.05)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


async def _settled(shops: list[Shop], orders: set[str]) -> bool:
    """True when all are confirmed, and told to every channel, within minutes of the last kill."""
    shop, *_ = shops
    try:
        await shop.confirmed(orders, seconds=max(_SETTLED_WITHIN_SECONDS, len(orders) * _SETTLED_SECONDS_AN_ORDER))
        async with asyncio.timeout(_SHOWN_WITHIN_SECONDS):
            while not await _at_rest(shops):
                await asyncio.sleep(0.5)
    except TimeoutError:
        return False
    return True


async def _at_rest(shops: list[Shop]) -> bool:
    levels = {sku["sku"]: sku for sku in await shops[0].everything("/api/inventory/v1/skus")}
    if any(level["reserved"] for level in levels.values()):
        return False
    return all(
        units == {levels[sku]["available"]} for shown in (await _shown(shops)).values() for sku, units in shown.items()
    )


async def _shown(shops: list[Shop]) -> dict[str, dict[str, set[int]]]:
    """What buyers see, by marketplace and SKU; one number, unless channels differ."""
    return {one.marketplace: {sku: await one.shown(sku) for sku in _SKUS} for one in shops}


async def _verdict(shops: list[Shop], counted: dict[str, int]) -> Verdict:
    shop, *_ = shops
    far = await _far_orders(shops)
    wanted = demand(far)
    ledgers = {sku: await shop.everything(f"/api/inventory/v1/skus/{sku}/ledger") for sku in counted if wanted[sku]}
    skus = await shop.everything("/api/inventory/v1/skus")
    verdict = compare(
        far, await shop.orders(), await shop.shipments(), skus, ledgers, {sku: counted[sku] for sku in ledgers}
    )
    compare_shown(verdict, await _shown(shops), skus)
    return verdict


def _keep_logs(stack: Stack) -> None:
    """What a failing run leaves to read: the end of each process's log."""
    for log in sorted(stack.folder.logs.glob("*.log")):
        print(f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-25:]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--away", type=float, default=0.0, metavar="SECONDS")
    given = parser.parse_args()
    try:
        sys.exit(asyncio.run(main(given.kills, given.seed, given.away)))
    except Unexpected as error:
        sys.exit(f"the shop could not be opened: {error}")
