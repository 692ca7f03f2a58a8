"""A channel whose marketplace is told of a parcel when the carrier gets it, not when its label is made."""

import os
import signal
from datetime import datetime, timedelta

import pytest

from deploy.local.stack import Stack
from tests.e2e.databases import open_databases
from tests.e2e.scene import SKU, Scene, until
from tests.shop import Json, open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def tell_at_the_hand_over(scene: Scene) -> None:
    connection = await scene.shop.connection()
    for channel in connection["channels"]:
        path = f"/api/labels/v1/channels/{connection['id']}/{channel['id']}"
        assert (await scene.shop.send("PUT", path, {"told_at": "hand_over"}))["mode"] == "automatic"


async def waiting(scene: Scene, numbers: list[str]) -> list[Json]:
    """Their shipments, once each has its label and waits for the carrier."""

    async def look() -> list[Json]:
        found = [await scene.shipment(number) for number in numbers]
        return found if all(one.get("write_back") == "to_hand_over" for one in found) else []

    return await until(look, f"{numbers} wait to be handed over")


async def confirmations(scene: Scene, numbers: list[str]) -> list[int]:
    """How often each was told over there, with effect."""
    far = await scene.shop.sandbox.order_states(scene.shop.seller_id)
    return [far[number]["confirmations"] for number in numbers]


async def test_parcels_are_told_when_they_are_handed_over_or_before_ship_by(stack: Stack) -> None:
    """
    Labels alone tell nothing. Handed over, and labels' worker killed before it told: told once. Undone: not told.
    Handed over by nobody: told once, when its time before ship-by comes.
    """
    async with open_databases(stack) as databases, open_shop(stack, levels={SKU: 50}) as shop:
        scene = Scene(stack, shop, databases)
        await tell_at_the_hand_over(scene)
        numbers = await scene.plant(3)
        handed, undone, forgotten = await waiting(scene, numbers)
        ids = [one["id"] for one in (handed, undone)]
        found = (await shop.send("POST", "/api/labels/v1/hand-overs", {"shipment_ids": ids}))["items"]
        assert [one["outcome"] for one in found] == ["handed_over"] * 2
        await shop.send("POST", f"/api/labels/v1/shipments/{undone['id']}/undo-hand-over")
        worker = stack.supervisor.pid("labels-worker")
        assert worker is not None
        os.kill(worker, signal.SIGKILL)
        assert await scene.calls("confirmShipment") == []
        await shop.confirmed(numbers[:1])
        assert await confirmations(scene, numbers) == [1, 0, 0]
        assert len(await scene.calls("confirmShipment")) == 1
        assert datetime.fromisoformat(forgotten["tell_by"]) == datetime.fromisoformat(forgotten["ship_by"]) - timedelta(
            hours=4
        )
        await scene.minutes_pass_for(numbers[2])
        await shop.confirmed(numbers[2:])
        assert await confirmations(scene, numbers) == [1, 0, 1]
        assert "To hand over <span" in (await shop.browser.open("/shipments?language=en")).text
        await waiting(scene, [numbers[1]])
