"""
`python -m tests.prism --prism COMMAND`: every call our Amazon folder makes, through Prism serving Amazon's own models.

Prism (npm `@stoplight/prism-cli`) holds request and answer against the model of their path, says in a header what does
not fit, and changes nothing; behind it is the sandbox, so that calls follow each other as they do in life. The last
line is the verdict. Seen red with `packageReferenceId` told as a number.
"""

import argparse
import asyncio
import logging
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import structlog

from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.marketplaces.amazon.stores import CENTRAL_URLS
from shared.marketplaces.listings import StockLine
from shared.marketplaces.models import FarApp
from shared.marketplaces.ports import FarAccount, FarSide
from shared.marketplaces.registry import AMAZON, PROFILES, marketplaces
from tests.contract.ports.place import Place
from tests.contract.sandbox import specs
from tests.contract.sandbox.fitting import MODELS
from tests.prism.served import Validated, serve_models
from tests.sandbox_client import Sandbox, start_sandbox

APP = FarApp("amzn1.sellerapps.app.prism", "amzn1.application-oa2-client.prism", "prism-secret", draft=False)
SELLER, FRANCE = "A1PRISM", "A13V1IB3VIYZZH"
# What has a comma is asked for alone.
SKUS = ("SKU-901", "a/b", "c,d e")
# More than a page.
_ORDERS = 130


async def main(prism: Path) -> int:
    models = {prefix: specs.model_file(name) for prefix, name in MODELS.items()}
    if missing := [model.name for model in models.values() if not model.exists()]:
        print(f"skipped: {', '.join(missing)} are not at hand (PASSERELLE_SPECS)")
        return 0
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    async with (
        start_sandbox(write_visible_seconds=0, patch_applied_seconds=0) as sandbox,
        serve_models(prism, models, f"{sandbox.base_url}/amazon/eu") as ports,
    ):
        validated = Validated(ports)
        outward = Outward(SystemClock(), transport=validated)
        try:
            await walk(await open_place(sandbox, outward))
        finally:
            await outward.close()
            for text in validated.violations:
                print(text)
        called = Counter(call["operation"] for call in (await sandbox.calls())["calls"])
        deviations = [note["deviation"] for note in (await sandbox.calls())["deviations"]]
    return verdict(called, validated, deviations)


async def open_place(sandbox: Sandbox, outward: Outward) -> Place:
    """A seller with orders and listings who let us in; all that is written shows at once, so nobody waits."""
    await sandbox.app(APP.application_id, APP.client_id, [APP.client_secret])
    made = await sandbox.seller(SELLER, channels=["FR"])
    await sandbox.listings(SELLER, list(SKUS))
    far_side = FarSide(
        api_urls={"eu": "http://127.0.0.1"},
        central_urls=CENTRAL_URLS,
        token_url=f"{sandbox.base_url}/amazon/lwa/auth/o2/token",
        apps={"eu": APP},
    )
    clock = SystemClock()
    amazon = marketplaces(outward, {AMAZON: far_side}, clock=clock)[AMAZON]
    assert amazon.grants is not None
    granted = await amazon.grants.renew("eu", made["refresh_token"])

    async def plant(count: int) -> list[str]:
        return await sandbox.orders(SELLER, count)

    async def stock(sku: str) -> int:
        return (await sandbox.stock(SELLER, sku))[sku][FRANCE]

    return Place(
        marketplace=amazon,
        account=FarAccount("eu", SELLER),
        channel_id=FRANCE,
        access_token=granted.access_token,
        now=clock.now,
        monotonic=clock.monotonic,
        later=lambda _: None,
        plant=plant,
        stock=stock,
        close=outward.close,
        listed_skus=SKUS,
    )


async def walk(place: Place) -> None:
    """Everything we ask of Amazon: orders page by page and alone, a parcel, stores, listings, quantities."""
    planted = set(await place.plant(_ORDERS))
    assert {order.id for page in await place.pages(place.window()) for order in page.orders} == planted
    placed = place.window(
        updated_after=None,
        updated_before=None,
        placed_after=place.now() - timedelta(days=1),
        statuses=place.marketplace.orders.open_statuses,
    )
    await place.pages(placed)
    order = await place.order(min(planted))
    await place.tell(order.id, place.marketplace.tracking.freeze(place.parcel(order)))
    assert await place.numbers(order.id) == ["6A12345678901"]
    grants, listings = place.marketplace.grants, place.marketplace.listings
    assert grants is not None
    assert listings is not None
    await grants.probe(place.account, place.token, place.budgets)
    page = await listings.read_page(place.account, place.channel_id, None, place.token, place.budgets)
    told = [StockLine(one.sku, 7, one.facts) for one in page.listings]
    await place.push(tuple(told))
    assert [await place.stock(sku) for sku in SKUS] == [7] * len(SKUS)


def verdict(called: Counter[str], validated: Validated, deviations: list[str]) -> int:
    """Prints a line for each operation, and what is wrong; 0 where nothing is."""
    ours = {".".join(operation.name.split(".")[:2]) for operation in PROFILES[AMAZON].operations}
    for operation in sorted(ours):
        print(f"{operation}: {called[operation]} calls")
    wrong = [f"never called: {operation}" for operation in sorted(ours - called.keys())]
    wrong += [f"deviation: {text}" for text in deviations]
    for text in wrong:
        print(text)
    print(f"{validated.calls} calls of {len(ours)} operations, {len(validated.violations)} violations")
    return 1 if wrong or validated.violations or not validated.calls else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prism", type=Path, required=True, help="the `prism` command of npm's @stoplight/prism-cli")
    sys.exit(asyncio.run(main(parser.parse_args().prism)))
