"""Labels over a database that takes no more writes: no number is lost, no parcel told twice."""

from contextlib import AsyncExitStack

import httpx
import pytest

from services.labels.domain.shipment import State, Told
from shared.db.errors import DatabaseUnavailable
from tests.full_disk import asks_to_come_again, full_disk
from tests.integration.labels.browsers import BASE, listed
from tests.integration.labels.conftest import Labels


async def test_a_label_that_cannot_be_asked_for_is_not(labels: Labels, ours: httpx.AsyncClient) -> None:
    """
    Page and API say when to come again, and what can be read is shown; then it is made, under the first number.

    Seen red with SQLSTATE class 53 left untranslated: 500.
    """
    await labels.mode(automatic=False)
    order = await labels.order()
    (item,) = await listed(ours)
    api, page = f"{BASE}/shipments/{item['id']}/label", f"/shipments/{item['id']}/label"
    async with full_disk(labels.engine):
        assert asks_to_come_again(await ours.post(api))
        form = {"csrf_token": "genuine"}
        assert asks_to_come_again(await ours.post(page, data=form, headers={"accept": "text/html"}))
        assert (await ours.get("/shipments", headers={"accept": "text/html"})).status_code == 200
        assert (await listed(ours))[0]["state"] == "planned"
    assert (await ours.post(api)).status_code == 202
    for only in ([], ["shipment"]):
        async with full_disk(labels.engine, only=only):
            with pytest.raises(DatabaseUnavailable):
                await labels.make_labels()
        assert (await labels.shipment(order.order_id)).number is None
    await labels.make_labels()
    made = await labels.shipment(order.order_id)
    assert (made.state, made.number) == (State.LABEL_CREATED, "095212340000000013")


async def test_a_parcel_told_while_the_disk_fills_up_is_told_once(labels: Labels) -> None:
    """
    The marketplace took it, and that could not be noted: the same words again under the same reference, one package.

    Seen red with a write-back that draws another reference for each attempt.
    """
    order = await labels.order()
    await labels.make_labels()
    async with AsyncExitStack() as full:

        async def fill() -> None:
            await full.enter_async_context(full_disk(labels.engine))

        labels.tracking.during = fill
        with pytest.raises(DatabaseUnavailable):
            await labels.tell()
        labels.tracking.during = None
    told = await labels.told(order.order_id)
    assert (told.state, told.attempt, told.known) == (Told.SENDING, 1, False)
    await labels.make_due()
    await labels.settle_everything()
    assert (await labels.told(order.order_id)).state is Told.CONFIRMED
    assert labels.tracking.sent == labels.tracking.sent[:1] * 2
    assert len(labels.tracking.packages[order.marketplace_order_id]) == 1
