"""One place per marketplace of the registry, the toy among them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.marketplaces import registry
from shared.marketplaces.models import (
    MarketplaceLine,
    MarketplaceOrder,
    OrderStatus,
    PersonalData,
    Recipient,
    ShippedBy,
)
from shared.marketplaces.ports import FarAccount, FarSide
from tests.contract.amazon.shop import SELLER, Shop
from tests.contract.octopia.shop import CDISCOUNT, OctopiaShop
from tests.contract.ports import toy
from tests.contract.ports.place import Place
from tests.contract.sandbox.far import Far
from tests.contract.sandbox.far_octopia import SELLER as OCTOPIA_SELLER
from tests.contract.sandbox.far_octopia import OctopiaFar

SKUS = ("SKU-901", "SKU-902")


@pytest.fixture(params=["amazon", "octopia", "toy"])
async def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    makers = {"amazon": _amazon, "octopia": _octopia}
    made = _toy(monkeypatch) if request.param == "toy" else await makers[request.param]()
    yield made
    await made.close()


async def _amazon() -> Place:
    far = await Far().ready()
    await far.control.listings(SELLER, list(SKUS))
    shop = Shop(far)
    before = len(await shop.deviations())

    def later(seconds: float) -> None:
        far.now += seconds
        shop.fill_budgets()

    async def plant(count: int) -> list[str]:
        return await far.control.orders(SELLER, count)

    async def close() -> None:
        deviations = (await shop.deviations())[before:]
        await shop.close()
        await far.close()
        assert deviations == []

    async def stock(sku: str) -> int:
        return int((await far.control.stock(SELLER, sku))[sku]["A13V1IB3VIYZZH"])

    return Place(
        marketplace=shop.amazon,
        account=shop.account,
        channel_id="A13V1IB3VIYZZH",
        access_token=far.token,
        now=shop.clock.now,
        monotonic=shop.clock.monotonic,
        later=later,
        plant=plant,
        stock=stock,
        close=close,
        listed_skus=SKUS,
    )


async def _octopia() -> Place:
    far = await OctopiaFar().ready()
    await far.control.offers(OCTOPIA_SELLER, *SKUS)
    shop = OctopiaShop(far)
    before = len((await far.control.calls())["deviations"])

    def later(seconds: float) -> None:
        far.now += seconds

    async def plant(count: int, status: str = "InPreparation") -> list[str]:
        return await far.control.orders(OCTOPIA_SELLER, count, status=status)

    async def stock(sku: str) -> int:
        return int((await far.control.stock(OCTOPIA_SELLER, sku))[sku][CDISCOUNT])

    async def close() -> None:
        deviations = (await far.control.calls())["deviations"][before:]
        await shop.close()
        await far.close()
        assert deviations == []

    return Place(
        marketplace=shop.octopia,
        account=shop.account,
        channel_id=CDISCOUNT,
        access_token=far.token,
        now=shop.clock.now,
        monotonic=shop.clock.monotonic,
        later=later,
        plant=plant,
        stock=stock,
        close=close,
        listed_skus=SKUS,
    )


class _Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


def _toy(monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setitem(registry.PROFILES, "toy", toy.PROFILE)
    monkeypatch.setitem(registry._BUILDERS, "toy", toy.build)
    clock = _Clock()
    far_sides = {"toy": FarSide({"eu": "https://toy.example"})}
    marketplace = registry.marketplaces(None, far_sides, clock=clock)["toy"]  # type: ignore[arg-type]
    far = marketplace.orders
    assert isinstance(far, toy.Toy)
    far.shelf |= dict.fromkeys(SKUS, 1)

    async def plant(count: int) -> list[str]:
        made = [_toy_order(clock.now()) for _ in range(count)]
        far.orders |= {order.id: order for order in made}
        return [order.id for order in made]

    def later(seconds: float) -> None:
        clock.seconds += seconds

    async def stock(sku: str) -> int:
        return far.shelf[sku]

    async def close() -> None:
        return None

    return Place(
        marketplace=marketplace,
        account=FarAccount("eu", "seller"),
        channel_id=toy.FAIR.id,
        access_token="toy",
        now=clock.now,
        monotonic=clock.monotonic,
        later=later,
        plant=plant,
        stock=stock,
        close=close,
        listed_skus=SKUS,
    )


def _toy_order(now: datetime) -> MarketplaceOrder:
    line = MarketplaceLine(id=str(uuid4()), sku="SKU-1", title="A toy", ordered=2, cancelled=0, fulfilled=0)
    return MarketplaceOrder(
        id=str(uuid4()),
        channel_id=toy.FAIR.id,
        status=OrderStatus.OPEN,
        status_text="open",
        shipped_by=ShippedBy.SELLER,
        placed_at=now,
        updated_at=now,
        lines=(replace(line),),
        personal=PersonalData(Recipient(name="Ada", city="Lyon", country="FR")),
    )
