"""
b: the consumer. Events read, looked up in the inbox and stored, with a handler that takes a list as ours do.

The rival reads and decodes the same events and does nothing with them.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.events.base import Event
from shared.events.topics import INVENTORY_STOCK
from shared.kernel.ids import new_id
from shared.messaging.applier import Subscription
from shared.messaging.cloudevents import decode
from shared.messaging.consumer import run_consumer
from shared.messaging.kafka import KafkaSettings
from tests.bench.figures import ROUNDS, Figure, medians
from tests.bench.place import Place
from tests.integration.messaging.conftest import changed, level, received

_LEVELS = text("""
    insert into level (sku_id, on_hand, times)
    select sku_id, on_hand, 1 from unnest(cast(:skus as uuid[]), cast(:on_hand as bigint[])) as given (sku_id, on_hand)
    on conflict (sku_id) do update set on_hand = excluded.on_hand, times = level.times + 1
""")
_AT_ONCE = 500
_WAITING = 1000


async def measure(place: Place) -> list[Figure]:
    async with place.messaging() as (engine, kafka):
        return await _figures(engine, kafka, events=50_000 if place.long else 10_000)


async def _figures(engine: AsyncEngine, kafka: KafkaSettings, *, events: int) -> list[Figure]:
    await _publish(kafka, events)

    async def ours() -> float:
        async with engine.begin() as connection:
            await connection.execute(text("truncate inbox, level"))
        return events / await _applied(engine, kafka, events)

    async def rival() -> float:
        return events / await _decoded(kafka, events)

    speed, theirs = await medians(ROUNDS, ours, rival)
    return [
        Figure(
            "b",
            "events read, found new and stored",
            f"{speed:,.0f}/s, {speed / theirs:.2f} of the rival",
            f"getmany and decode: {theirs:,.0f}/s",
            ">= 0.25",
            speed / theirs >= 0.25,
        )
    ]


async def _publish(kafka: KafkaSettings, events: int) -> None:
    async with AIOKafkaProducer(**kafka.connection(), max_batch_size=256 * 1024, linger_ms=20) as producer:
        for _ in range(0, events, _WAITING):
            records = [(event, received(event)) for event in (changed(uuid4(), 1) for _ in range(_WAITING))]
            sent = [
                await producer.send(
                    kafka.topic(INVENTORY_STOCK),
                    key=str(event.subject).encode(),
                    value=record.body,
                    headers=list(record.headers),
                )
                for event, record in records
            ]
            await asyncio.gather(*sent)


async def _applied(engine: AsyncEngine, kafka: KafkaSettings, events: int) -> float:
    """Seconds from the first event stored to the last; joining the group is not counted."""
    stop = asyncio.Event()
    task = asyncio.create_task(
        run_consumer(
            service=f"bench-{new_id()}",  # a group of its own: it begins at the beginning
            subscriptions=[Subscription(INVENTORY_STOCK, _store)],
            engine=engine,
            bind=lambda connection: connection,
            kafka=kafka,
            stop=stop,
        )
    )
    try:
        first, before = await _stored_more_than(engine, 0)
        last, after = await _stored_more_than(engine, events - 1)
        return (last - first) * events / (after - before)
    finally:
        stop.set()
        await task


async def _store(connection: AsyncConnection, events: Sequence[Event[Any]]) -> None:
    values = {"skus": [event.subject for event in events], "on_hand": [event.body.on_hand for event in events]}
    await connection.execute(_LEVELS, values)


async def _stored_more_than(engine: AsyncEngine, count: int) -> tuple[float, int]:
    """When that was seen, and how many there were."""
    while True:
        async with engine.connect() as connection:
            stored = (await connection.execute(select(func.count()).select_from(level))).scalar_one()
        if stored > count:
            return time.perf_counter(), stored
        await asyncio.sleep(0.02)


async def _decoded(kafka: KafkaSettings, events: int) -> float:
    """Seconds from the first batch to the last."""
    consumer = AIOKafkaConsumer(kafka.topic(INVENTORY_STOCK), **kafka.connection(), auto_offset_reset="earliest")
    async with consumer:
        started = read = 0.0
        while read < events:
            for records in (await consumer.getmany(timeout_ms=500, max_records=_AT_ONCE)).values():
                started = started or time.perf_counter()
                for record in records:
                    decode(tuple(record.headers), record.value)
                read += len(records)
        return time.perf_counter() - started
