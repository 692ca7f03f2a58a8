"""Weights of listings on a real PostgreSQL: page by page, beside what sellers and orders do, and as pages show them."""

import asyncio
import json
from operator import itemgetter
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.event import listen
from sqlalchemy.exc import DBAPIError

from services.inventory.domain.sku import StockRow
from shared.events.auth import ConnectionDisconnectedV1
from shared.events.base import Event
from shared.marketplaces.listings import Listing, PackageWeight
from tests.infrastructure import waiting_for_a_lock
from tests.integration.inventory.browser import BASE
from tests.integration.inventory.channels import Shop
from tests.integration.inventory.conftest import Inventory
from tests.integration.inventory.test_stock import check_sequences
from tests.unit.inventory.builders import ORGANISATION, order, order_line
from tests.unit.inventory.far_sides import offer

STONES = PackageWeight(problem="unit_unknown")
TOKEN = {"csrf_token": "genuine"}


class WeighedShop(Shop):
    """Listings that tell weights, of both connections."""

    telling = frozenset({"amazon", "octopia"})

    async def again(self) -> None:
        """Another pass."""
        await self.inventory.execute("update discovery set due_at = now()")
        await self.inventory.execute("update lease set not_before = null")
        await self.discover()

    async def weights(self) -> dict[str, tuple[int | None, int | None]]:
        """By SKU: the seller's, the listings'."""
        rows = await self.inventory.rows("sku")
        return {row.code: (row.weight_grams, row.listed_weight_grams) for row in rows}

    async def told(self, received: Event[Any]) -> list[list[int | None]]:
        """What was published of an order's weights, event by event, SKUs by name."""
        rows = sorted(await self.inventory.rows("outbox"), key=lambda row: row.id)
        bodies = [json.loads(row.body) for row in rows if row.subject == received.subject]
        return [[line["weight_grams"] for line in sorted(one["lines"], key=itemgetter("sku"))] for one in bodies]


@pytest.fixture
def shop(inventory: Inventory) -> WeighedShop:
    return WeighedShop(inventory)


def weighing(sku: str, grams: int | None) -> Listing:
    return offer(sku, weight=None if grams is None else PackageWeight(grams))


async def test_a_listing_brings_the_weight_an_order_waits_for(shop: WeighedShop) -> None:
    """Once, as soon as somebody wants it; kept with the listing; and another account's stay as they were."""
    waiting = order([order_line("cup", 1), order_line("mug", 2)])
    await shop.inventory.apply(waiting)
    await shop.connect("amazon", weighing("mug", 300), weighing("cup", None))
    await shop.connect("octopia", weighing("cup", 90))
    assert set((await shop.weights()).values()) == {(None, None)}
    await shop.take_weights()
    await shop.discover()
    await shop.again()
    assert await shop.weights() == {"mug": (None, 300), "cup": (None, None)}
    assert await shop.told(waiting) == [[None, None], [None, 300]]
    shop.listings["amazon"].offers["FR"] = [weighing("mug", 310), weighing("cup", 80)]
    await shop.again()
    assert await shop.told(waiting) == [[None, None], [None, 300], [80, 310]]
    assert shop.listings["octopia"].weighed == [False] * len(shop.listings["octopia"].weighed)
    await check_sequences(shop.inventory)


async def test_the_heaviest_of_what_accounts_tell_now(shop: WeighedShop) -> None:
    """Two listings differ; the heavier one is gone, and the next reading of the other says so; off, it stays."""
    await shop.inventory.set(StockRow("mug", counted=1))
    await shop.connect("amazon", weighing("mug", 300))
    await shop.connect("octopia", weighing("mug", 900))
    await shop.take_weights()
    await shop.take_weights("octopia")
    await shop.discover()
    assert await shop.weights() == {"mug": (None, 900)}
    shop.listings["octopia"].offers["FR"] = []
    await shop.again()
    await shop.again()
    assert await shop.weights() == {"mug": (None, 300)}
    await shop.take_weights(taken=False)
    await shop.discover()
    assert await shop.weights() == {"mug": (None, 300)}


async def test_a_page_takes_as_many_statements_as_one_listing(shop: WeighedShop) -> None:
    """However many SKUs change and orders wait; and where weights are not wanted, not one more than ever."""
    skus = [f"sku-{number:02d}" for number in range(20)]
    for sku in skus:
        await shop.inventory.apply(order([order_line(sku, 1)]))
    await shop.connect("amazon", *(weighing(sku, None) for sku in skus))
    executed: list[str] = []
    listen(shop.inventory.engine.sync_engine, "before_cursor_execute", lambda *given: executed.append(given[2]))
    await shop.again()
    counts = [len(executed)]
    await shop.take_weights()
    await shop.discover()
    for some in (skus[:1], skus[1:]):
        shop.listings["amazon"].offers["FR"] = [weighing(sku, 200 if sku in some else None) for sku in skus]
        executed.clear()
        await shop.again()
        counts.append(len(executed))
    assert counts[1] == counts[2]
    assert {listed for _, listed in (await shop.weights()).values()} == {200}
    assert counts[0] < counts[1] <= counts[0] + 10


async def test_a_weight_and_who_waits_for_it_are_one_transaction(shop: WeighedShop) -> None:
    """What fails at its end leaves nothing behind, and the page read again brings all of it, once."""
    waiting = order([order_line("mug", 1)])
    await shop.inventory.apply(waiting)
    await shop.connect("amazon", weighing("mug", 300))
    await shop.take_weights()
    await shop.inventory.execute("alter table listing add constraint broken check (weight_grams is null)")
    with pytest.raises(DBAPIError):
        await shop.discover()
    assert await shop.weights() == {"mug": (None, None)}
    assert await shop.told(waiting) == [[None]]
    await shop.inventory.execute("alter table listing drop constraint broken")
    await shop.again()
    assert await shop.told(waiting) == [[None], [300]]
    await check_sequences(shop.inventory)


async def test_a_seller_who_enters_a_weight_meanwhile_keeps_it(shop: WeighedShop) -> None:
    """The page waits for the SKU, and leaves the seller's word alone."""
    await shop.inventory.set(StockRow("mug", counted=1))
    await shop.connect("amazon", weighing("mug", 300))
    await shop.take_weights()
    reading: asyncio.Task[None]
    async with shop.inventory.held.uow() as store:
        (sku,) = await store.skus.lock((), {(await shop.inventory.rows("sku"))[0].id}, shop.inventory.clock.now())
        reading = asyncio.create_task(shop.discover())
        await waiting_for_a_lock(shop.inventory.engine)
        await store.skus.save([type(sku)(**{n: getattr(sku, n) for n in sku.__slots__} | {"weight_grams": 400})])
    await reading
    assert await shop.weights() == {"mug": (400, 300)}


async def test_a_sku_made_while_its_listing_is_read_weighs_something(shop: WeighedShop) -> None:
    """The order waits for the page, and finds the weight it brought: its first reservation says so."""
    await shop.connect("amazon")
    await shop.take_weights()
    await shop.discover()
    first = order([order_line("mug", 1)])
    shop.listings["amazon"].offers["FR"] = [weighing("mug", 300)]
    async with shop.inventory.held.uow() as store:
        await store.listings.lock([ORGANISATION])
        reading = asyncio.create_task(shop.again())
        await waiting_for_a_lock(shop.inventory.engine)
        ordering = asyncio.create_task(shop.inventory.apply(first))
        await asyncio.sleep(0.2)
    await asyncio.gather(reading, ordering)
    assert await shop.weights() == {"mug": (None, 300)}
    assert (await shop.told(first))[-1] == [300]


async def test_the_setting_is_read_and_changed(shop: WeighedShop, ours: httpx.AsyncClient, theirs: Any) -> None:
    """By its organisation only; where listings tell no weight it is not offered; the page says all of it."""
    await shop.connect("amazon", weighing("mug", 300), offer("odd", weight=STONES))
    await shop.connect("octopia", weighing("mug", None))
    amazon, octopia = (f"{BASE}/weights/{shop.ids[name]}" for name in ("amazon", "octopia"))
    told = (await ours.put(amazon, json={"taken": True})).json()
    assert (told["taken"], told["offered"], told["told"], told["left_out"]) == (True, True, 0, 0)
    await shop.again()
    items = {one["marketplace"]: one for one in (await ours.get(f"{BASE}/weights")).json()["items"]}
    assert (items["amazon"]["told"], items["amazon"]["left_out"]) == (1, 1)
    assert (items["octopia"]["offered"], items["octopia"]["taken"]) == (False, False)
    refused = await ours.put(octopia, json={"taken": True})
    assert (refused.status_code, refused.json()["type"].rsplit(":", 1)[-1]) == (409, "weights-not-told")
    assert (await ours.put(amazon, json={"taken": "yes"})).status_code == 422
    for path in (amazon, f"{BASE}/weights/{uuid4()}"):
        assert (await theirs.put(path, json={"taken": False})).status_code == 404
    assert (await theirs.get(f"{BASE}/weights")).json()["items"] == []
    page = (await ours.get("/stock/weights")).text
    for words in ("taken from listings", "Listings tell no weight here", "/stock/listings?tab=weight_left_out"):
        assert words in page
    assert (await theirs.post(f"/stock/weights/{shop.ids['amazon']}", data=TOKEN)).status_code == 404
    answer = await ours.post(f"/stock/weights/{shop.ids['amazon']}", data=TOKEN | {"taken": "0"})
    assert answer.headers["location"] == "/stock/weights?saved=1"
    assert "not taken" in (await ours.get("/stock/weights?saved=1")).text
    await shop.inventory.apply(shop.state("amazon", ConnectionDisconnectedV1))
    assert (await ours.put(amazon, json={"taken": True})).status_code == 404


async def test_a_weight_that_cannot_be_is_shown_on_its_listing(shop: WeighedShop, ours: httpx.AsyncClient) -> None:
    """Under its own tab, on its page and in the API, until it tells another."""
    await shop.connect("amazon", weighing("mug", 300), offer("odd", weight=STONES))
    await shop.take_weights()
    await shop.discover()
    (odd,) = (await ours.get(f"{BASE}/listings?state=weight_left_out")).json()["items"]
    assert (odd["marketplace_sku"], odd["weight_problem"], odd["weight_grams"]) == ("odd", "unit_unknown", None)
    assert "odd" in (await ours.get("/stock/listings?tab=weight_left_out")).text
    assert "in a unit we do not know" in (await ours.get(f"/stock/listings/{odd['id']}")).text
    shop.listings["amazon"].offers["FR"] = [weighing("mug", 300), weighing("odd", 20)]
    await shop.again()
    assert (await ours.get(f"{BASE}/listings?state=weight_left_out")).json()["items"] == []
    assert "20 g" in (await ours.get(f"/stock/listings/{odd['id']}")).text


async def test_whose_word_a_weight_is(shop: WeighedShop, ours: httpx.AsyncClient, theirs: httpx.AsyncClient) -> None:
    """Shown where the weight is; one's own is entered over it and taken back, and an export is the own one only."""
    await shop.inventory.set(StockRow("mug", counted=1))
    await shop.connect("amazon", weighing("mug", 300))
    await shop.take_weights()
    await shop.discover()
    told = (await ours.get(f"{BASE}/skus/mug")).json()
    assert (told["weight_grams"], told["weight_origin"], told["listed_weight_grams"]) == (300, "listing", 300)
    for path in ("/stock", "/stock/sku/mug", "/stock/edit"):
        page = (await ours.get(path)).text
        assert "from listings" in page, path
        assert "300 g" in page, path
    assert "mug,1,,0" in (await ours.get("/stock/export.csv")).text
    told = (await ours.put(f"{BASE}/skus/mug", json={"weight_grams": 400})).json()
    assert (told["weight_grams"], told["weight_origin"], told["listed_weight_grams"]) == (400, "seller", 300)
    page = (await ours.get("/stock/sku/mug")).text
    assert "Use the listings' weight" in page
    assert "mug,1,400,0" in (await ours.get("/stock/export.csv")).text
    assert (await theirs.post("/stock/weights/own/clear", data=TOKEN | {"sku": "mug"})).status_code == 404
    answer = await ours.post("/stock/weights/own/clear", data=TOKEN | {"sku": "mug"})
    assert answer.headers["location"] == "/stock/sku/mug?saved=1"
    assert await shop.weights() == {"mug": (None, 300)}
    await shop.inventory.set(StockRow("mug", weight_grams=400))
    told = (await ours.put(f"{BASE}/skus/mug", json={"weight_grams": None})).json()
    assert (told["weight_grams"], told["weight_origin"]) == (300, "listing")
    assert (await ours.put(f"{BASE}/skus/mug", json={})).status_code == 422
