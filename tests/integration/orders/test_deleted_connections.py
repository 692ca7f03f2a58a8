"""The laws of a connection that auth deleted: its names go at once, its id with the last order that came by it."""

import asyncio
from datetime import timedelta
from typing import Any

from services.orders import bootstrap
from services.orders.domain.acceptance import Mode
from shared.db.retention import delete_all
from shared.db.unit_of_work import transaction
from shared.events.auth import ConnectionAuthorisedV1, ConnectionDeletedV1
from shared.events.base import Event
from shared.events.topics import AUTH_CONNECTION
from shared.kernel.ids import new_id
from shared.messaging.applier import Received
from tests.integration.orders.erasing import NEVER
from tests.integration.orders.service import OrdersService, connection_event
from tests.integration.orders.test_retention import KEEP, TODAY, delete_due, old, read_then
from tests.unit.orders.builders import CONNECTION_ID, connection, order, page

ITS = ("connection", "poll", "acceptance_mode", "lease")


def deleted(sequence: int = 3) -> Event[ConnectionDeletedV1]:
    return Event(new_id(), CONNECTION_ID, sequence, TODAY, ConnectionDeletedV1())


def received(event: Event[Any]) -> Received:
    """As it comes of Kafka: of one without data there is no value."""
    headers = {
        "ce_id": str(event.id),
        "ce_type": event.body.TYPE,
        "ce_subject": str(event.subject),
        "ce_sequence": str(event.sequence),
        "ce_time": event.time.isoformat(),
    }
    body = b"" if isinstance(event.body, ConnectionDeletedV1) else event.body.model_dump_json().encode()
    return Received(event.body.TOPIC, tuple((name, value.encode()) for name, value in headers.items()), body)


async def left(orders: OrdersService) -> dict[str, int]:
    return {name: len(await orders.rows(name)) for name in ITS}


async def test_names_go_at_once_and_the_id_with_the_last_order(orders: OrdersService) -> None:
    """With reading progress, who answers, and leases. Another's stay. Seen red without each deletion."""
    other = connection(id=new_id(), seller_id="A2", name="Another")
    for one in (connection(), other):
        await orders.connect(one)
        await orders.choose(one, Mode.AUTOMATIC)
    await read_then(orders, old(1), order(2, updated_at=TODAY, placed_at=TODAY))
    await orders.disconnect(connection())
    await orders.apply(deleted())
    kept = {row.id: (row.name, row.seller_id, row.channels) for row in await orders.rows("connection")}
    assert kept == {CONNECTION_ID: ("", "", []), other.id: ("Another", "A2", kept[other.id][2])}
    assert await orders.erase()
    await delete_due(orders)
    assert (await left(orders))["connection"] == 2, "an order is left"
    async with transaction(orders.engine) as opened:
        await opened.exec_driver_sql("update marketplace_order set updated_at = updated_at - interval '541 days'")
    await delete_due(orders)
    assert [row.id for row in await orders.rows("connection")] == [other.id]
    assert await left(orders) == dict.fromkeys(ITS, 1) | {"lease": 0}


async def test_no_buyer_stays_that_came_by_it(orders: OrdersService) -> None:
    """Also where nobody knows an end, and where its end was never heard. Seen red with the wish left out."""
    await orders.connect()
    await orders.receive(page(order(1, deliver_by=NEVER), order(2, deliver_by=None)))
    await orders.apply(deleted())
    assert (await orders.one("connection")).state == "disconnected"
    assert await orders.erase()
    assert all(row.erased_at and row.sealed_personal is None for row in await orders.rows("marketplace_order"))


async def test_all_of_it_again_from_the_start_changes_nothing(orders: OrdersService) -> None:
    """
    The topic read anew, by who has its numbers and by who has nothing; and who never heard of it. Seen red with the
    number of the last event forgotten with the copy.
    """
    told = connection_event(connection(), ConnectionAuthorisedV1)
    topic = [received(event) for event in (told, deleted())]
    applier = bootstrap.applier_on(orders.engine, orders.clock)
    for batch in (topic[:1], topic[1:]):
        await applier.apply(AUTH_CONNECTION.name, batch)
    assert await orders.erase()
    await delete_due(orders)
    for batch in (topic[:1], topic[1:], topic):
        await applier.apply(AUTH_CONNECTION.name, batch)
    assert await left(orders) == dict.fromkeys(ITS, 0)
    async with transaction(orders.engine) as opened:
        await opened.exec_driver_sql("truncate inbox")
    await applier.apply(AUTH_CONNECTION.name, topic)
    assert await left(orders) == dict.fromkeys(ITS, 0)
    async with transaction(orders.engine) as opened:
        assert (await opened.exec_driver_sql("select count(*) from inbox where parked_since is not null")).scalar() == 0


async def test_its_id_waits_until_auth_was_told_of_the_erasure(orders: OrdersService) -> None:
    """A wish that auth was not told of. Seen red without the condition."""
    await orders.connect()
    await orders.apply(deleted())
    keeps = {"amazon": KEEP + timedelta(days=1)}
    await delete_all(bootstrap.retention_on(orders.engine, keeps), asyncio.Event())
    assert (await left(orders))["connection"] == 1
    assert await orders.erase()
    await delete_due(orders)
    assert (await left(orders))["connection"] == 0
