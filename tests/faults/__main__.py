"""`python -m tests.faults --kills N --seed S`: SIGKILL at random moments under traffic; last line is the verdict."""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

from deploy.local.browser import Unexpected
from deploy.local.stack import Stack
from tests.faults.ledger import Verdict, compare
from tests.faults.schedule import Kill, schedule
from tests.shop import Shop, demand, open_shop, stack_for_tests

_ORDERS_AT_ONCE = 4
_KILLS_PER_BATCH = 2
_SKUS = [f"SKU-{number:03d}" for number in range(1, 11)]
_UNITS = 100_000
_SETTLED_WITHIN_SECONDS = 240.0


async def main(kills: int, seed: int) -> int:
    with tempfile.TemporaryDirectory(prefix="passerelle-faults-") as folder:
        async with stack_for_tests(Path(folder), {"LOG_LEVEL": "INFO"}) as stack:
            counted = dict.fromkeys(_SKUS, _UNITS)
            async with open_shop(stack, levels=counted) as shop:
                done = await _kill_under_traffic(stack, shop, schedule(kills, seed), seed)
                await stack.ready()
                orders = await shop.sandbox.order_states(shop.seller_id)
                settled = await _settled(shop, set(orders))
                verdict = await _verdict(shop, counted)
                if not settled or verdict.lost or verdict.twice:
                    _keep_logs(stack)
    for finding in (*verdict.lost, *verdict.twice):
        print(finding)
    print(f"orders {len(orders)}, kills {done}, lost {len(verdict.lost)}, twice {len(verdict.twice)}")
    return 1 if verdict.lost or verdict.twice else 0


async def _kill_under_traffic(stack: Stack, shop: Shop, kills: list[Kill], seed: int) -> int:
    """Plants orders and kills by the schedule; how many kills hit a running process (all, or it waits for one)."""
    hits: Counter[str] = Counter()
    for number, kill in enumerate(kills):
        if number % _KILLS_PER_BATCH == 0:
            await shop.plant(_ORDERS_AT_ONCE, seed=seed * 100_000 + number, skus=_SKUS)
        await asyncio.sleep(kill.after_seconds)
        await _kill(stack, kill.victim)
        hits[kill.victim] += 1
    print("killed: " + ", ".join(f"{victim} {count}" for victim, count in sorted(hits.items())), flush=True)
    return hits.total()


async def _kill(stack: Stack, victim: str) -> None:
    """SIGKILL to the process itself; between two lives, as soon as the next one has begun."""
    while (pid := stack.supervisor.pid(victim)) is None:
        await asyncio.sleep(0.05)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


async def _settled(shop: Shop, orders: set[str]) -> bool:
    """True when all are confirmed within four minutes of the last kill."""
    try:
        await shop.confirmed(orders, seconds=_SETTLED_WITHIN_SECONDS)
    except TimeoutError:
        return False
    with suppress(TimeoutError):
        async with asyncio.timeout(30):
            while any(sku["reserved"] for sku in await shop.everything("/api/inventory/v1/skus")):
                await asyncio.sleep(0.3)
    return True


async def _verdict(shop: Shop, counted: dict[str, int]) -> Verdict:
    far = await shop.sandbox.order_states(shop.seller_id)
    wanted = demand(far)
    ledgers = {sku: await shop.everything(f"/api/inventory/v1/skus/{sku}/ledger") for sku in counted if wanted[sku]}
    return compare(
        far,
        await shop.orders(),
        await shop.shipments(),
        await shop.everything("/api/inventory/v1/skus"),
        ledgers,
        {sku: counted[sku] for sku in ledgers},
    )


def _keep_logs(stack: Stack) -> None:
    """What a failing run leaves to read: the end of each process's log."""
    for log in sorted(stack.folder.logs.glob("*.log")):
        print(f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-25:]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    given = parser.parse_args()
    try:
        sys.exit(asyncio.run(main(given.kills, given.seed)))
    except Unexpected as error:
        sys.exit(f"the shop could not be opened: {error}")
