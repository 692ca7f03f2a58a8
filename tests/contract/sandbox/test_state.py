"""The sandbox as a whole: the same seed tells the same story, and a state file survives the process."""

from pathlib import Path
from typing import Any

from tests.contract.sandbox.far import SELLER, Far, told
from tests.sandbox.world import Options
from tests.sandbox_client import start_sandbox


async def story(seed: int) -> tuple[str, str]:
    """What a short history of a sandbox looks like."""
    far = await Far(Options(seed=seed)).ready()
    ids = await far.control.orders(SELLER, 3)
    told = str([await far.order(order_id) for order_id in ids])
    await far.close()
    return far.token, told


async def test_the_same_seed_tells_the_same_story() -> None:
    """Ids, tokens, people and goods are drawn from the seed."""
    assert await story(7) == await story(7)
    assert await story(7) != await story(8)


async def test_order_ids_are_unique() -> None:
    """Over thousands of orders, batches and sellers."""
    far = await Far().ready()
    await far.control.seller("A2")
    ids = await far.control.orders(SELLER, 2000, seed=5) + await far.control.orders(SELLER, 2000, seed=5)
    ids += await far.control.orders("A2", 2000, seed=5)
    assert len(set(ids)) == 6000
    await far.close()


async def test_a_state_file_survives_the_process(tmp_path: Path) -> None:
    """Orders, packages, listings, grants, access tokens, faults and the skipped time are as they were."""
    options = Options(state_path=tmp_path / "state" / "sandbox.sqlite")
    first = await Far(options).ready()
    order = await first.planted()
    await first.planted()
    await first.confirm(order)
    await first.control.listings(SELLER, ["A"])
    await first.patch("A", told())
    await first.control.fault("amazon.searchOrders", "throttle", times=2)
    await first.control.advance(100)
    before = await first.control.order_states()
    await first.close()

    second = Far(options, token=first.token)
    assert await second.control.order_states() == before
    assert [(await second.search()).status_code for _ in range(3)] == [429, 429, 200]
    assert (await second.order(order["order_id"]))["packages"][0]["trackingNumber"] == "TRACK1"
    await second.confirm(order)
    assert (await second.control.order_states())[order["order_id"]]["confirmations"] == 1
    assert (await second.planted())["order_id"] not in before
    assert await second.units("A") == 5
    assert second.app.state.world.clock.advanced == 100
    await second.close()


async def test_empty_forgets_everything(tmp_path: Path) -> None:
    """Also in the file: the next process starts from nothing."""
    options = Options(state_path=tmp_path / "sandbox.sqlite")
    far = await Far(options).ready()
    await far.planted()
    await far.control.empty()
    assert await far.control.order_states() == {}
    assert (await far.control.calls())["count"] == 0
    assert (await far.search()).status_code == 403
    await far.close()
    again = Far(options)
    assert await again.control.order_states() == {}
    await again.close()


async def test_a_process_goes_on_where_the_last_one_was(tmp_path: Path) -> None:
    """`--state` carries orders and sellers from one process to the next, on another port too."""
    options: dict[str, Any] = {"state": tmp_path / "sandbox.sqlite", "seed": 3, "list_lag_seconds": 1}
    async with start_sandbox(**options) as first:
        await first.seller(SELLER)
        ids = await first.orders(SELLER, 3)
        await first.patch_order(ids[0], ship={"carrier": "DHL", "tracking_number": "HAND"})
        before = await first.order_states(SELLER)
    async with start_sandbox(**options) as second:
        assert await second.order_states(SELLER) == before
        assert len(await second.orders(SELLER)) == 1
