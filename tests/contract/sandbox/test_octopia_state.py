"""Octopia in the sandbox as a whole: the same seed tells the same story, and a state file survives the process."""

from pathlib import Path

from tests.contract.sandbox.far_octopia import SELLER, OctopiaFar
from tests.sandbox.world import Options


async def story(seed: int) -> tuple[str, str]:
    """What a short history looks like."""
    far = await OctopiaFar(Options(seed=seed)).ready()
    ids = await far.control.orders(SELLER, 3)
    told = str([await far.order(order_id) for order_id in ids])
    await far.close()
    return far.token, told


async def test_the_same_seed_tells_the_same_story() -> None:
    """Ids, tokens, people and goods are drawn from the seed."""
    assert await story(7) == await story(7)
    assert await story(7) != await story(8)


async def test_order_ids_are_unique(octopia: OctopiaFar) -> None:
    """Over thousands of orders, batches and sellers."""
    await octopia.control.octopia_seller("555")
    ids = await octopia.control.orders(SELLER, 2000, seed=5) + await octopia.control.orders(SELLER, 2000, seed=5)
    ids += await octopia.control.orders("555", 2000, seed=5)
    assert len(set(ids)) == 6000


async def test_a_state_file_survives_the_process(tmp_path: Path) -> None:
    """Orders, parcels, offers, packages, clients, tokens, delegations, faults: all are as they were."""
    options = Options(state_path=tmp_path / "sandbox.sqlite")
    first = await OctopiaFar(options).ready()
    await first.control.octopia_seller("555", delegated=False)
    shipped, waiting = (
        (await first.planted())["order_id"],
        (await first.planted(status="WaitingAcceptance"))["order_id"],
    )
    await first.ship(shipped)
    await first.approve(waiting)
    await first.control.fault("octopia.listOrders", "throttle", times=1)
    await first.control.offers(SELLER, {"sku": "A", "quantity": 5})
    package_id = await first.pushed({"A": 9})
    first.now -= 6
    before = await first.control.order_states()
    await first.close()

    second = OctopiaFar(options, token=first.token)
    assert await second.control.order_states() == before
    second.now += 3
    assert [(await second.get("/orders")).status_code for _ in range(2)] == [429, 200]
    assert (await second.order(waiting))["status"] == "InPreparation"
    assert (await second.planted())["order_id"] not in before
    assert await second.control.stock(SELLER) == {"A": {"CDISFR": 5}}
    second.now += 3
    assert await second.control.stock(SELLER) == {"A": {"CDISFR": 9}}
    assert len(await second.results(package_id)) == 1
    second.seller_id = "555"
    assert (await second.get("/orders")).status_code == 403
    await second.close()


async def test_empty_forgets_everything(octopia: OctopiaFar) -> None:
    """Orders, sellers, clients and tokens."""
    await octopia.planted()
    await octopia.control.empty()
    assert await octopia.control.order_states() == {}
    assert (await octopia.get("/orders")).status_code == 401
    assert (await octopia.ask_token()).status_code == 401


async def test_both_marketplaces_share_one_sandbox(octopia: OctopiaFar) -> None:
    """One truth about all orders, told apart by seller."""
    await octopia.control.seller("A1SELLER")
    [amazon] = await octopia.control.orders("A1SELLER")
    [ours] = await octopia.control.orders(SELLER)
    assert set(await octopia.control.order_states()) == {amazon, ours}
    assert set(await octopia.control.order_states(SELLER)) == {ours}
    assert (await octopia.control.patch_order(amazon, cancel=True))["status"] == "CANCELLED"
    assert (await octopia.control.patch_order(ours, cancel=True))["status"] == "Cancelled"
