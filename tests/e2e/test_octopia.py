"""A second marketplace beside the first: its journey, stock that falls on both, and whose account it is."""

import os
import signal
from datetime import UTC, datetime, timedelta

import pytest

from deploy.local.browser import Unexpected
from deploy.local.sandbox_apps import OCTOPIA
from deploy.local.stack import Stack
from tests.e2e.databases import open_databases
from tests.e2e.once import nothing_happened_twice
from tests.e2e.scene import SKU, Scene, until
from tests.e2e.test_journey import order_of
from tests.shop import CARRIER, Shop, beside, label_when_known, open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

# Other than what is listed at first.
_STOCK = 40


async def both_show(shops: list[Shop], units: int) -> None:
    """Returns once buyers see so many at every marketplace."""

    async def look() -> bool:
        return all([await shop.shown(SKU) == {units} for shop in shops])

    await until(look, f"{units} are shown everywhere")


async def accept_by_hand(scene: Scene, number: str) -> None:
    """As a person does it: the order's page, what it would do, yes."""
    order_id = await order_of(scene.shop, number)

    async def asked() -> bool:
        page = await scene.shop.browser.open(f"/orders/{order_id}/acceptance?answer=accept")
        if "What is accepted and not shipped counts" not in page.text:
            return False
        done = await scene.shop.browser.submit(page, page.form("answer", action="/acceptance"))
        return done.status == 200

    await until(asked, f"{number} can be accepted")


async def test_a_sale_at_either_marketplace_lowers_both(stack: Stack) -> None:
    """Connected by delegation; sold here, then there: each order confirmed in one parcel, stock falls on both."""
    async with open_shop(stack, levels={SKU: _STOCK}, skus=[SKU]) as shop:
        shops = [shop, await beside(shop, skus=[SKU])]
        await both_show(shops, _STOCK)
        for sold, seller in enumerate(shops, 1):
            (number,) = await seller.plant(lines=[{"sku": SKU, "quantity": 1}])
            await both_show(shops, _STOCK - sold)
            order = (await seller.confirmed([number]))[number]
            assert (order["status"].upper(), order["confirmations"]) == ("SHIPPED", 1)
            (package,) = order["packages"]
            assert package["tracking_number"].startswith("0" + CARRIER["gs1_prefix"])


async def test_an_order_that_waits_is_accepted_by_hand(stack: Stack) -> None:
    """Nothing is accepted by itself; from the page it is, and then goes its way."""
    async with (
        open_databases(stack) as databases,
        open_shop(stack, levels={SKU: _STOCK}, marketplace=OCTOPIA) as shop,
    ):
        scene = Scene(stack, shop, databases)
        (number,) = await scene.plant(status="WaitingAcceptance")
        await accept_by_hand(scene, number)
        await scene.shipped(number)


async def test_two_organisations_cannot_read_one_seller(stack: Stack) -> None:
    """Who claims an account that another has shown to be theirs is refused, and reads nothing of it."""
    async with (
        open_shop(stack, levels={SKU: _STOCK}, marketplace=OCTOPIA) as owner,
        open_shop(stack, connected=False, marketplace=OCTOPIA) as other,
    ):
        (number,) = await owner.plant(lines=[{"sku": SKU, "quantity": 1}])
        other.seller_id = owner.seller_id
        with pytest.raises(Unexpected, match="other-organisation"):
            await other.claim()
        await owner.confirmed([number])
        assert await other.orders() == {}
        assert (await other.get("/api/inventory/v1/listings"))["items"] == []


async def test_orders_of_another_system_stay_with_it(stack: Stack) -> None:
    """
    What was placed before the cut-over is not imported, what was placed after it is, once. Taken back, the rest comes,
    once as well. Seen red without the cut-over.
    """
    async with (
        open_databases(stack) as databases,
        open_shop(stack, levels={SKU: _STOCK}, connected=False, marketplace=OCTOPIA, skus=[SKU]) as shop,
    ):
        scene = Scene(stack, shop, databases)
        theirs = await scene.plant(2, age_seconds=3600)
        ours = await scene.plant(2)
        path = f"/api/auth/v1/connections/{(await shop.claim())['id']}"
        instant = datetime.now(UTC) - timedelta(minutes=30)
        await shop.send("PATCH", path, {"orders_from": instant.isoformat()})
        await shop.delegate()
        await label_when_known(shop)
        await scene.all_confirmed(ours)
        await scene.read_to_the_end()
        assert set(await shop.orders()) == set(ours)
        await nothing_happened_twice(scene, ours, stock=_STOCK)
        await shop.send("PATCH", path, {"orders_from": None})
        await scene.all_confirmed(theirs)
        await nothing_happened_twice(scene, [*theirs, *ours], stock=_STOCK)


async def test_an_unproven_claim_reads_nothing(stack: Stack) -> None:
    """
    The seller lets us in already, but nothing shows that the account is theirs who claimed it: it is asked who the
    seller is, and nothing of what they sell. Shown by their own credentials, everything is read.
    """
    own = {"client_id": "of-the-seller", "client_secret": "of-the-sellers-own"}
    async with (
        open_databases(stack) as databases,
        open_shop(stack, levels={SKU: _STOCK}, connected=False, marketplace=OCTOPIA, skus=[SKU]) as shop,
        open_shop(stack, marketplace=OCTOPIA, connected=False) as neighbour,
    ):
        await shop.sandbox.octopia_seller(shop.seller_id, delegated=True, own_client=own)
        (number,) = await shop.plant(lines=[{"sku": SKU, "quantity": 1}])
        claimed = await shop.claim()

        async def probed() -> bool:
            return bool((await shop.connection())["probed_at"])

        await until(probed, "Octopia was asked who the seller is")
        await neighbour.connect()  # all who work for connections work: theirs is read
        await Scene(stack, neighbour, databases).read_to_the_end()
        called = {call["operation"] for call in (await shop.sandbox.calls(seller_id=shop.seller_id))["calls"]}
        assert called == {"octopia.getSeller", "octopia.getSubscriptions"}
        connection = await shop.connection()
        assert (connection["state"], connection["channels"]) == ("unproven", [])
        assert (await shop.orders(), (await shop.get("/api/inventory/v1/listings"))["items"]) == ({}, [])

        async def proven() -> bool:
            page = await shop.browser.open(f"/connections/{claimed['id']}")
            if (await shop.connection())["state"] == "unproven":
                await shop.browser.submit(page, page.form("client_id", "client_secret", action="/proof"), **own)
            return bool((await shop.connection())["state"] == "authorised")

        await until(proven, "the seller's own credentials prove it")
        await label_when_known(shop)
        await shop.confirmed([number])


async def test_a_list_of_carriers_that_cannot_be_had_is_waited_for(stack: Stack) -> None:
    """A process that has not asked for it yet tells nothing without it; then the parcel bears a name of that list."""
    async with (
        open_databases(stack) as databases,
        open_shop(stack, levels={SKU: _STOCK}, marketplace=OCTOPIA) as shop,
    ):
        scene = Scene(stack, shop, databases)
        pid = stack.supervisor.pid("labels-worker")
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await scene.fault("listCarriers", "server_error")
        (number,) = await scene.plant()
        await scene.telling_waits(number, {"owed"}, "marketplace_away", "The marketplace could not be reached")
        await scene.mend()
        await scene.all_confirmed([number])
        (package,) = (await shop.sandbox.order_states(shop.seller_id))[number]["packages"]
        assert package["carrier"] == "autre"
