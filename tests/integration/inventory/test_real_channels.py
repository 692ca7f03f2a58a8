"""Both real marketplace folders, against the sandbox: listings read, and every sale lowering both."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from services.inventory import bootstrap
from services.inventory.adapters.kinds import LISTING, PUSH, kinds
from services.inventory.domain.sku import StockRow
from services.inventory.usecases.discover import discover
from services.inventory.usecases.push import push
from shared.db.claims import SqlClaims
from shared.kernel.errors import Retryable
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken
from shared.marketplaces.registry import rates
from tests.contract.amazon.shop import Shop as AmazonShop
from tests.contract.octopia.shop import CDISCOUNT, OctopiaShop
from tests.contract.sandbox.far import FRANCE, GERMANY, Far
from tests.contract.sandbox.far import SELLER as AMAZON_SELLER
from tests.contract.sandbox.far_octopia import SELLER as OCTOPIA_SELLER
from tests.contract.sandbox.far_octopia import OctopiaFar
from tests.integration.inventory.channels import Shop
from tests.integration.inventory.conftest import Inventory
from tests.unit.inventory.builders import ORGANISATION, order, order_line
from tests.unit.inventory.far_sides import KnownTokens

SKUS = ("SKU-901", "SKU-902", "a/b")


class TokenOf(KnownTokens):
    """Each connection's own."""

    def __init__(self, values: dict[ConnectionId, str]) -> None:
        super().__init__()
        self._values = values

    async def get(self, connection_id: ConnectionId, *, rejected: int | None = None) -> AccessToken:
        token = await super().get(connection_id)
        return replace(token, value=self._values[connection_id])


class RealShop(Shop):
    """The far sides' clocks go on while the worker waits, and between its turns."""

    def __init__(self, inventory: Inventory, amazon: AmazonShop, octopia: OctopiaShop) -> None:
        super().__init__(inventory)
        self.far_shops: dict[str, AmazonShop | OctopiaShop] = {"amazon": amazon, "octopia": octopia}
        self.sellers = {"amazon": AMAZON_SELLER, "octopia": OCTOPIA_SELLER}
        ports = {"amazon": amazon.amazon, "octopia": octopia.octopia}
        tokens = TokenOf({self.ids["amazon"]: amazon.far.token, self.ids["octopia"]: octopia.far.token})
        listings = {name: one.listings for name, one in ports.items() if one.listings is not None}
        stock = {name: one.stock for name, one in ports.items() if one.stock is not None}
        self.discovering = replace(self.discovering, marketplaces=listings, tokens=tokens)
        self.pushing = replace(self.pushing, marketplaces=stock, tokens=tokens, sleep=self._sleep)
        of_kinds = kinds({kind: rates(kind) for kind in (LISTING, PUSH)}, timedelta(0))
        self.claims = SqlClaims(inventory.engine, bootstrap.bind, kinds=of_kinds, clock=amazon.clock)

    async def _sleep(self, seconds: float) -> None:
        for shop in self.far_shops.values():
            shop.far.now += seconds

    async def work(self) -> None:
        """Until nothing is due or under way."""
        while await self.turn():
            await self._sleep(60)

    async def turn(self) -> bool:
        """All that is due; then what is under way is due too: whether there is anything."""
        for kind in (LISTING, PUSH):
            while await self._one_of(kind):
                pass
        return await self._hurried()

    async def _one_of(self, kind: str) -> bool:
        await self.inventory.execute("update lease set not_before = null")
        async with self.claims.lease(kind) as lease:
            if lease is None:
                return False
            with suppress(Retryable):
                if kind == LISTING:
                    await discover(lease, discovering=self.discovering)
                else:
                    await push(lease, pushing=self.pushing)
                return True
            await self._sleep(30)  # a budget is used up
            return True

    async def shown(self, sku: str) -> tuple[int, int]:
        amazon, octopia = (self.far_shops[name].far.control for name in ("amazon", "octopia"))
        at_amazon = (await amazon.stock(AMAZON_SELLER, sku))[sku][FRANCE]
        return at_amazon, (await octopia.stock(OCTOPIA_SELLER, sku))[sku][CDISCOUNT]


@pytest.fixture
async def shop(inventory: Inventory) -> AsyncIterator[RealShop]:
    """
    Both marketplaces with the same SKUs. At the end: no call of ours deviated from what they document. Seen red with
    our calls undated.
    """
    amazon, octopia = AmazonShop(await Far().ready()), OctopiaShop(await OctopiaFar().ready())
    await amazon.far.control.listings(AMAZON_SELLER, list(SKUS), quantity=1)
    await amazon.far.control.listings(AMAZON_SELLER, ["FBA"], fba=True, quantity=9)
    await octopia.far.control.offers(OCTOPIA_SELLER, *SKUS)
    yield RealShop(inventory, amazon, octopia)
    deviations = [*await amazon.deviations(), *await octopia.far.deviations()]
    for one in (amazon, octopia):
        await one.close()
        await one.far.close()
    assert deviations == []


async def test_a_sale_lowers_both_marketplaces(shop: RealShop) -> None:
    """Connected, counted, told; then sold on one: both show what is left, and the marketplace's own stock is let be."""
    await shop.inventory.set(*(StockRow(sku, counted=8) for sku in (*SKUS, "FBA")))
    await shop.inventory.apply(shop.state("amazon", channels=(FRANCE,)))
    await shop.inventory.apply(shop.state("octopia", channels=(CDISCOUNT,)))
    await shop.work()
    assert [await shop.shown(sku) for sku in SKUS] == [(8, 8)] * 3
    await shop.inventory.apply(order([order_line("a/b", 3), order_line("SKU-901", 8)]))
    await shop.work()
    assert [await shop.shown(sku) for sku in SKUS] == [(0, 0), (8, 8), (5, 5)]
    assert (await shop.far_shops["amazon"].far.control.stock(AMAZON_SELLER, "FBA"))["FBA"][FRANCE] == 9
    assert {row.state for row in await shop.inventory.rows("push_target")} == {"in_sync"}


async def test_a_weight_of_a_listing_reaches_the_order_that_waits_for_it(shop: RealShop) -> None:
    """Read by the same calls as the listing; the heaviest of two stores; what cannot be is left out, and shown."""
    amazon = shop.far_shops["amazon"].far.control
    await amazon.listings(AMAZON_SELLER, ["SKU-901"], package_weight={"unit": "ounces", "value": 10})
    heavier = {"unit": "kilograms", "value": 0.2841}
    await amazon.listings(AMAZON_SELLER, ["SKU-901"], package_weight=heavier, marketplace_ids=[GERMANY])
    await amazon.listings(AMAZON_SELLER, ["SKU-902"], package_weight={"unit": "stones", "value": 1})
    await shop.inventory.apply(order([order_line("SKU-901", 1), order_line("SKU-902", 1)]))
    await shop.inventory.apply(shop.state("amazon", channels=(FRANCE, GERMANY)))
    await shop.work()
    calls = (await amazon.calls("amazon.searchListingsItems"))["count"]
    await shop.take_weights()
    await shop.work()
    assert (await amazon.calls("amazon.searchListingsItems"))["count"] == 2 * calls
    weights = {row.code: row.listed_weight_grams for row in await shop.inventory.rows("sku")}
    assert (weights["SKU-901"], weights["SKU-902"]) == (285, None)
    ((source,)) = await shop.inventory.held.listings.weight_sources(ORGANISATION)
    assert (source.taken, source.told, source.left_out) == (True, 2, 2)


async def test_a_quantity_amazon_does_not_show_yet_holds_up_no_newer_one(shop: RealShop) -> None:
    """
    Amazon applies what it took and shows it minutes later; sold out meanwhile, that is told at the next reading and
    not when those minutes are over. Seen red with nothing replaceable.
    """
    amazon = shop.far_shops["amazon"].far
    await shop.inventory.set(StockRow("SKU-901", counted=8), StockRow("SKU-902", counted=8))
    await shop.inventory.apply(shop.state("amazon", channels=(FRANCE,)))
    await amazon.control.fault("amazon.patchListingsItem", "late_visibility", 2, seconds=400)
    assert await shop.turn(), "told, and to be read back"
    assert await shop.turn(), "not shown yet, and to be read again"
    await shop.inventory.apply(order([order_line("SKU-901", 8)]))
    assert (await shop.targets())["amazon", "SKU-901"].state == "sending"
    await shop.turn()
    await shop.turn()
    amazon.now += 120  # so long until it is applied
    assert (await amazon.control.stock(AMAZON_SELLER, "SKU-901"))["SKU-901"][FRANCE] == 0
    begun = [[line["sku"] for line in row.lines] for row in await shop.inventory.rows("submission")]
    assert sorted(begun) == [["SKU-901"], ["SKU-902"]]
