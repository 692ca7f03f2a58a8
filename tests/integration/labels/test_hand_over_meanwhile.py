"""What happens between a parcel being found due and its being told; and a batch of more parcels than a form takes."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.labels.domain.shipment import Told
from services.labels.entrypoints import batch_pages, list_page
from services.labels.usecases.act import hand_over, undo_hand_over
from services.labels.usecases.write_back import write_back_due
from shared.events.orders import OrderStateV1
from tests.integration.labels.browsers import BASE
from tests.integration.labels.conftest import Labels


@pytest.fixture
async def order(labels: Labels) -> OrderStateV1:
    """Its label is made, its ship-by is tomorrow, its marketplace is told at the hand-over."""
    await labels.mode(at_hand_over=True)
    made = await labels.order(ship_by=labels.clock.now() + timedelta(days=1))
    await labels.settle_everything()
    return made


async def look_while(labels: Labels, happens: Callable[[], Awaitable[object]]) -> None:
    """One look of the teller: `happens` comes after it has found what is due."""
    await labels.make_due()
    async with labels.claims.lease("write_back") as lease:
        assert lease is not None
        real = lease.read

        async def read(work: Any) -> Any:
            found = await real(work)
            await happens()
            return found

        lease.read = read  # type: ignore[method-assign]
        await write_back_due(lease, tools=labels.telling)


async def test_a_later_ship_by_counts_though_the_teller_found_it_due(labels: Labels, order: OrderStateV1) -> None:
    """It waits for its hand-over, or the new time."""
    later = labels.clock.now() + timedelta(days=5)

    async def moves() -> None:
        await labels.reserve(await labels.change(order, ship_by=later))

    await look_while(labels, moves)
    told = await labels.told(order.order_id)
    assert (told.state, told.attempt, labels.tracking.sent) == (Told.TO_HAND_OVER, 0, [])


async def test_a_second_mark_can_be_undone_as_the_first(labels: Labels, order: OrderStateV1) -> None:
    """Undone, and marked again, while the teller was about to tell the first one."""
    shipment_id = (await labels.shipment(order.order_id)).shipment_id
    await labels.act(hand_over, shipment_id, labels.person)

    async def again() -> None:
        await labels.act(undo_hand_over, shipment_id)
        await labels.act(hand_over, shipment_id, labels.person)

    await look_while(labels, again)
    assert labels.tracking.sent == []
    await labels.act(undo_hand_over, shipment_id)
    assert (await labels.told(order.order_id)).state is Told.TO_HAND_OVER


async def test_a_batch_of_more_parcels_than_a_form_takes_is_handed_over_in_parts(
    labels: Labels, ours: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch names orders, and an order may have several parcels."""
    await labels.mode(automatic=False, at_hand_over=True)
    named = {"order_ids": [str((await labels.order()).order_id) for _ in range(3)]}
    batch = (await ours.post(f"{BASE}/batches", json=named)).json()
    await labels.settle_everything()
    for module in (batch_pages, list_page):
        monkeypatch.setattr(module, "MOST_ORDERS", 2)
    for left in (1, 0):
        page = (await ours.get(f"/shipments/batches/{batch['id']}")).text
        ids = [part.split('"')[0] for part in page.split('name="shipment_id" value="')[1:]]
        answer = await ours.post("/shipments/hand-overs", data={"csrf_token": "genuine", "shipment_id": ids})
        assert answer.status_code == 303
        assert await labels.views.count_to_hand_over(labels.organisation_id) == left
