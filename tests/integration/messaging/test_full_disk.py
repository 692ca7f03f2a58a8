"""The relay and the consumer over a database that refuses every write: neither dies, loses, repeats itself or parks."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from shared.events.topics import INVENTORY_STOCK
from shared.messaging.kafka import KafkaSettings
from tests.full_disk import full_disk
from tests.integration.messaging.conftest import POISON, changed, levels, parked, running, until, write


async def said(logs: Sequence[Any], event: str, times: int = 1) -> None:
    """Returns once a line was logged so often."""
    async with asyncio.timeout(60):
        while sum(line["event"] == event for line in logs) < times:
            await asyncio.sleep(0.05)


async def on_topic(kafka: KafkaSettings) -> list[UUID]:
    """The ids of all events on the topic, in the order they came."""
    consumer = AIOKafkaConsumer(kafka.topic(INVENTORY_STOCK), **kafka.connection(), auto_offset_reset="earliest")
    found: list[Any] = []
    await consumer.start()
    try:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            found += [one for records in (await consumer.getmany(timeout_ms=500)).values() for one in records]
    finally:
        await consumer.stop()
    found.sort(key=lambda record: record.timestamp)
    return [UUID(dict(record.headers)["ce_id"].decode()) for record in found]


async def test_what_was_sent_and_cannot_be_noted_is_sent_once(engine: AsyncEngine, kafka: KafkaSettings) -> None:
    """
    The relay publishes and waits to note it; the consumer waits with its batch; both go on when writes are taken again.

    Seen red with a relay that begins anew whenever its note fails: the same event again every second.
    """
    first, later = changed(uuid4(), 1), changed(uuid4(), 1)
    await write(engine, first)
    with capture_logs() as logs:
        async with AsyncExitStack() as full:
            await full.enter_async_context(full_disk(engine))
            async with running(engine, kafka):
                await said(logs, "relay.cannot_note", times=3)
                await said(logs, "consumer.database_away", times=2)
                assert await levels(engine) == {}
                await full.aclose()
                await write(engine, later)
                await until(engine, {first.subject: 1, later.subject: 1})
    assert await on_topic(kafka) == [first.id, later.id]
    assert await parked(engine) == {}
    assert {applied for _, applied in (await levels(engine)).values()} == {1}


async def test_a_relay_that_cannot_clean_up_goes_on_leading(engine: AsyncEngine, kafka: KafkaSettings) -> None:
    """
    What was published long ago stays a while longer: no reason to give up the lock and the producer again and again.

    Seen red with a relay that begins anew whenever it cannot delete.
    """
    with capture_logs() as logs:
        async with full_disk(engine), running(engine, kafka, workers=0):
            await said(logs, "relay.cannot_clean", times=2)
    assert [line["event"] for line in logs].count("relay.leads") == 1


async def test_a_poisoned_event_is_parked_when_there_is_room_to_park_it(
    engine: AsyncEngine, kafka: KafkaSettings
) -> None:
    """
    It fails alone, and not even its parking can be stored: it is neither lost nor passed over.

    Seen red with a consumer that takes its offset for done after such a batch.
    """
    poisoned, sound = changed(uuid4(), 1, sku=POISON), changed(uuid4(), 1)
    with capture_logs() as logs:
        async with running(engine, kafka):
            await write(engine, changed(uuid4(), 1))
            async with full_disk(engine, only=["inbox"]):
                await write(engine, poisoned, sound)
                await said(logs, "consumer.database_away", times=2)
                assert await parked(engine) == {}
            async with asyncio.timeout(60):
                while await parked(engine) != {poisoned.subject: 1} or sound.subject not in await levels(engine):
                    await asyncio.sleep(0.05)
            assert (await levels(engine))[sound.subject] == (1, 1)
