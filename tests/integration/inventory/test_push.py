"""Channels told from a real PostgreSQL: by two workers at once, and by workers that die."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.inventory.adapters.kinds import PUSH
from services.inventory.domain.sku import StockRow
from services.inventory.usecases.choose import Choice, choose
from services.inventory.usecases.push import next_step, push, settle
from shared.db.unit_of_work import run_in_transaction
from shared.events.auth import ConnectionDisconnectedV1
from shared.kernel.errors import ConsentLost, Refused, Unavailable
from shared.marketplaces.listings import StockOutcome, StockStep
from tests.integration.inventory.channels import Shop
from tests.integration.inventory.conftest import Inventory
from tests.unit.inventory.builders import ORGANISATION, order, order_line
from tests.unit.inventory.far_sides import LOST, offer


@pytest.fixture
def shop(inventory: Inventory) -> Shop:
    return Shop(inventory)


async def test_an_order_on_one_channel_lowers_the_others(shop: Shop) -> None:
    """From the order's event to the other channel's new quantity: one transaction makes it due, one turn tells it."""
    await shop.inventory.set(StockRow("mug", counted=5))
    await shop.connect("amazon", offer("mug"))
    await shop.connect("octopia", offer("mug"), channels=("CD", "RA"))
    await shop.push()
    await shop.inventory.apply(order([order_line("mug", 2)], connection_id=shop.ids["amazon"]))
    targets = await shop.targets()
    assert {one.state for one in targets.values()} == {"waiting"}
    await shop.push()
    assert (shop.stock["amazon"].shows["FR", "mug"], shop.stock["octopia"].shows["", "mug"]) == (3, 3)
    assert {one.state for one in (await shop.targets()).values()} == {"in_sync"}
    assert all(stock.facts[0] == {"type": "X"} for stock in shop.stock.values())


async def test_what_is_not_ours_to_tell_is_never_told(shop: Shop) -> None:
    """The marketplace's stock, a listing of no SKU of ours, a SKU nobody counted, one that is not followed."""
    await shop.inventory.set(StockRow("mug", counted=5), StockRow("cup", counted=5), StockRow("pot", weight_grams=1))
    await shop.connect("amazon", offer("mug", marketplace_fulfilled=True), offer("cup"), offer("pot"), offer("jar"))
    cup = Choice(await shop.listing_id("amazon", "cup"), follow=False, given=frozenset({"follow"}))
    await run_in_transaction(
        shop.inventory.held.uow, lambda store: choose([cup], ORGANISATION, store=store, clock=shop.inventory.clock)
    )
    await shop.push()
    assert shop.stock["amazon"].told == []


async def test_five_thousand_skus_are_told_in_batches(shop: Shop) -> None:
    """One change of all of them: packages of a thousand, each once, with the newest values."""
    codes = [f"sku-{number}" for number in range(5000)]
    for start in range(0, 5000, 1000):
        await shop.inventory.set(*(StockRow(code, counted=1) for code in codes[start : start + 1000]))
    shop.listings["octopia"].page_size = 1000
    await shop.connect("octopia", *map(offer, codes))
    for start in range(0, 5000, 1000):
        await shop.inventory.set(*(StockRow(code, counted=7) for code in codes[start : start + 1000]))
    await shop.push()
    stock = shop.stock["octopia"]
    assert [stock.shows["", code] for code in codes] == [7] * 5000
    assert (len(stock.told), stock.calls) == (5000, 5 * 4)
    assert {row.state for row in await shop.inventory.rows("push_target")} == {"in_sync"}


async def test_what_is_sold_out_goes_first(shop: Shop) -> None:
    """Of many that wait, those that fell to zero are told before the others."""
    codes = [f"sku-{number}" for number in range(30)]
    await shop.inventory.set(*(StockRow(code, counted=4) for code in codes))
    await shop.connect("amazon", *map(offer, codes))
    await shop.push()
    told = len(shop.stock["amazon"].told)
    await shop.inventory.set(*(StockRow(code, counted=0 if code == "sku-29" else 3) for code in codes))
    await shop.push()
    assert shop.stock["amazon"].told[told] == ("FR", "sku-29", 0)


async def test_two_workers_never_tell_one_listing_at_once(shop: Shop) -> None:
    """Side by side, while levels change: no target is in two submissions, and the last level is what is shown."""
    codes = [f"sku-{number}" for number in range(10)]
    await shop.inventory.set(*(StockRow(code, counted=50) for code in codes))
    await shop.connect("amazon", *map(offer, codes))
    await shop.connect("octopia", *map(offer, codes))

    async def sell() -> None:
        for _ in range(15):
            await shop.inventory.apply(*(order([order_line(code, 1)]) for code in codes))

    await asyncio.gather(sell(), *(shop.push() for _ in range(3)))
    await shop.push()
    for stock in shop.stock.values():
        assert stock.twice == set()
        assert set(stock.shows.values()) == {35}


async def test_a_worker_killed_after_its_call_is_followed_by_the_same_call(shop: Shop) -> None:
    """What it left behind is its state: the next holder goes on from there, and its own outcome comes too late."""
    await shop.inventory.set(StockRow("mug", counted=5))
    await shop.connect("amazon", offer("mug"))
    async with shop.claims.lease(PUSH) as lease:
        assert lease is not None
        step = (await lease.intend(lambda store: next_step(store, shop.ids["amazon"], pushing=shop.pushing))).value
        assert step is not None
        stale = lease
    await shop.push()
    assert shop.stock["amazon"].shows["FR", "mug"] == 5
    await shop.inventory.set(StockRow("mug", counted=4))
    before = await shop.targets()
    late = StockStep(None, 0.0, (StockOutcome("mug", shown=5),))
    await settle(stale, step[1], late, pushing=shop.pushing)
    assert await shop.targets() == before
    await shop.push()
    assert shop.stock["amazon"].shows["FR", "mug"] == 4


async def test_a_stale_attempt_of_a_living_submission_is_discarded(shop: Shop) -> None:
    """The attempt is the fence: a first worker's refusal, come after a second one began, changes nothing."""
    await shop.inventory.set(StockRow("mug", counted=5))
    await shop.connect("amazon", offer("mug"))
    async with shop.claims.lease_of(PUSH, shop.ids["amazon"]) as lease:
        assert lease is not None
        first = (await lease.intend(lambda store: next_step(store, shop.ids["amazon"], pushing=shop.pushing))).value
        second = (await lease.intend(lambda store: next_step(store, shop.ids["amazon"], pushing=shop.pushing))).value
        assert first is not None
        assert second is not None
        assert (first[1].id, second[1].attempt) == (second[1].id, first[1].attempt + 1)
        await settle(lease, first[1], Refused("no"), pushing=shop.pushing)
        ((row,)) = await shop.inventory.rows("submission")
        assert row.attempt == second[1].attempt
    await shop.push()
    assert shop.stock["amazon"].shows["FR", "mug"] == 5


async def test_an_unknown_outcome_is_the_same_call_again(shop: Shop) -> None:
    """A quantity is absolute: the state is kept, and repeating it does no harm."""
    await shop.inventory.set(StockRow("mug", counted=5))
    await shop.connect("octopia", offer("mug"))
    shop.stock["octopia"].answers.extend([None, None, LOST])
    with pytest.raises(type(LOST[1])):
        await shop.push()
    ((row,)) = await shop.inventory.rows("submission")
    assert (row.reason, row.failures) == ("outcome_unknown", 1)
    await shop.inventory.execute("update submission set due_at = now()")
    await shop.push()
    assert shop.stock["octopia"].shows["", "mug"] == 5
    assert (await shop.targets())["octopia", "mug"].state == "in_sync"


@pytest.mark.parametrize("error", [Unavailable("down"), ConsentLost("revoked")])
async def test_a_far_side_that_is_away_loses_nothing(shop: Shop, error: Exception) -> None:
    """The call is made again when the connection may be worked for; a lost consent is told to auth."""
    await shop.inventory.set(StockRow("mug", counted=5))
    await shop.connect("amazon", offer("mug"))
    shop.stock["amazon"].answers.append(error)
    with pytest.raises(type(error)):
        await shop.push()
    assert len(shop.tokens.lost) == isinstance(error, ConsentLost)
    await shop.push()
    assert shop.stock["amazon"].shows["FR", "mug"] == 5


async def test_an_urgent_call_that_fails_gives_way(shop: Shop) -> None:
    """What is sold out goes first, but while its calls fail the others go on."""
    await shop.inventory.set(StockRow("mug", counted=5), StockRow("cup", counted=0))
    await shop.connect("amazon", offer("mug"), offer("cup"))
    shop.stock["amazon"].answers.append(Unavailable("down"))
    with pytest.raises(Unavailable):
        await shop.push()
    async with shop.claims.lease_of(PUSH, shop.ids["amazon"]) as lease:
        assert lease is not None
        await push(lease, pushing=shop.pushing)
    assert [sku for _, sku, _ in shop.stock["amazon"].told] == ["mug"]
    await shop.push()
    assert [sku for _, sku, _ in shop.stock["amazon"].told] == ["mug", "cup"]


async def test_one_line_that_poisons_a_package_holds_up_no_other(shop: Shop) -> None:
    """Refused as a whole, its targets wait and go in smaller packages, until the bad one is alone."""
    codes = [f"sku-{number}" for number in range(40)]
    await shop.inventory.set(*(StockRow(code, counted=3) for code in codes))
    await shop.connect("octopia", *map(offer, codes))
    shop.stock["octopia"].poisoned = {"sku-7"}
    for _ in range(5):
        await shop.push()
        await shop.inventory.execute("update push_target set due_at = now() where due_at is not null")
    assert {sku for _, sku in shop.stock["octopia"].shows} == set(codes) - {"sku-7"}
    bad = (await shop.targets())["octopia", "sku-7"]
    assert (bad.state, bad.reason) == ("waiting", "package_refused")


async def test_a_connection_that_ends_is_told_nothing_more(shop: Shop) -> None:
    """Its listings are gone, what had begun is dropped, and an outcome that still comes finds nothing."""
    await shop.inventory.set(StockRow("mug", counted=5))
    await shop.connect("amazon", offer("mug"))
    async with shop.claims.lease_of(PUSH, shop.ids["amazon"]) as lease:
        assert lease is not None
        step = (await lease.intend(lambda store: next_step(store, shop.ids["amazon"], pushing=shop.pushing))).value
        assert step is not None
        await shop.inventory.apply(shop.state("amazon", ConnectionDisconnectedV1))
        await settle(lease, step[1], StockStep(None), pushing=shop.pushing)
    target = (await shop.targets())["amazon", "mug"]
    assert (target.active, target.state, target.submission_id) == (False, "idle", None)
    assert await shop.inventory.rows("submission") == []
    await shop.inventory.set(StockRow("mug", counted=4))
    await shop.push()
    assert shop.stock["amazon"].told == []
    await shop.connect("amazon", offer("mug"))
    await shop.push()
    assert shop.stock["amazon"].shows["FR", "mug"] == 4


async def test_a_burst_of_changes_is_one_push(shop: Shop, inventory: Inventory) -> None:
    """Within the delay a value may change as often as it likes; nothing left does not rest."""
    await inventory.set(StockRow("mug", counted=5), StockRow("cup", counted=5))
    await shop.connect("amazon", offer("mug"), offer("cup"))
    await shop.push()
    pushing: Any = type(shop.pushing)
    slow = pushing(shop.stock, shop.tokens, inventory.clock, timedelta(hours=1), timedelta(hours=1))
    for counted in (4, 3, 2):
        await inventory.set(StockRow("mug", counted=counted))
    await inventory.set(StockRow("cup", counted=0))
    told = len(shop.stock["amazon"].told)
    async with shop.claims.lease_of(PUSH, shop.ids["amazon"]) as lease:
        assert lease is not None
        await push(lease, pushing=slow)
    assert shop.stock["amazon"].told[told:] == [("FR", "cup", 0)]
    await shop.push()
    assert shop.stock["amazon"].told[told:] == [("FR", "cup", 0), ("FR", "mug", 2)]
