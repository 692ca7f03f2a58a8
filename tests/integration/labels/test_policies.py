"""What a seller chooses while parcels are being planned."""

import asyncio
from uuid import uuid4

from sqlalchemy import text

from services.labels.domain.shipment import Told
from shared.db.unit_of_work import transaction
from shared.events.base import Event
from shared.kernel.ids import new_id
from tests.integration.labels.conftest import Labels


async def somebody_waits_for_an_advisory_lock(labels: Labels) -> bool:
    query = (
        "select count(*) from pg_locks join pg_database on oid = database "
        "where datname = current_database() and locktype = 'advisory' and not granted"
    )
    async with transaction(labels.engine) as connection:
        return bool((await connection.execute(text(query))).scalar_one())


async def test_a_switch_to_automatic_takes_up_what_is_being_planned_that_moment(labels: Labels) -> None:
    """Planned by the old mode and not committed yet: the switch waits for it, and it does not stay behind."""
    await labels.mode(automatic=False)
    body = (await labels.order()).model_copy(update={"order_id": uuid4(), "marketplace_order_id": "171-another"})
    await labels.reserve(body)
    event = Event(new_id(), body.order_id, 1, labels.clock.now(), body)
    async with labels.uow() as store:
        await labels._handlers[body.TOPIC](store, [event])
        switching = asyncio.create_task(labels.mode(automatic=True))
        while not switching.done() and not await somebody_waits_for_an_advisory_lock(labels):
            await asyncio.sleep(0.01)
    await switching
    await labels.settle_everything()
    assert (await labels.told(body.order_id)).state is Told.CONFIRMED
