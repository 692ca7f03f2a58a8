"""
a: the relay. Events published for each second of its own processor time, and how long an event takes from its commit
to Kafka while 500 a second are written.

The rival does what articles on the outbox show: rows selected for update, each sent and awaited, then deleted.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.events.topics import INVENTORY_STOCK
from shared.messaging import cloudevents
from shared.messaging.kafka import KafkaSettings
from shared.messaging.relay import run_relay
from tests.bench.figures import ROUNDS, Figure, medians, percentile
from tests.bench.place import Place
from tests.integration.messaging.conftest import changed, outbox, write

_SERVICE = "inventory"
_WRITTEN_AT_ONCE = 1000
_A_SECOND = 500
_EVERY_SECONDS = 0.01


async def measure(place: Place) -> list[Figure]:
    async with place.messaging() as (engine, kafka):
        return await _figures(engine, kafka, events=50_000 if place.long else 10_000)


async def _figures(engine: AsyncEngine, kafka: KafkaSettings, *, events: int) -> list[Figure]:
    async def ours() -> float:
        await _fill(engine, events)
        async with _relay(engine, kafka):
            started = time.process_time()
            await _until_published(engine)
            return events / (time.process_time() - started)

    async def rival() -> float:
        few = max(200, events // 20)
        await _fill(engine, few)
        started = time.process_time()
        await _as_published(engine, kafka)
        return few / (time.process_time() - started)

    speed, theirs = await medians(ROUNDS, ours, rival)
    waits = await _latencies(engine, kafka, seconds=ROUNDS)
    p50, p99 = (percentile(waits, percent) * 1000 for percent in (50, 99))
    return [
        Figure(
            "a",
            "relay, events a second and core",
            f"{speed:,.0f}/s",
            f"select for update, send_and_wait, delete: {theirs:,.0f}/s ({speed / theirs:.1f} times)",
            ">= 15,000/s",
            speed >= 15_000,
        ),
        Figure(
            "a", f"commit to Kafka at {_A_SECOND}/s", f"p50 {p50:.0f} ms, p99 {p99:.0f} ms", "", "p99 < 50 ms", p99 < 50
        ),
    ]


async def _fill(engine: AsyncEngine, events: int) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("truncate outbox"))
    for _ in range(0, events, _WRITTEN_AT_ONCE):
        await write(engine, *(changed(uuid4(), 1) for _ in range(_WRITTEN_AT_ONCE)))


@asynccontextmanager
async def _relay(engine: AsyncEngine, kafka: KafkaSettings) -> AsyncIterator[None]:
    stop = asyncio.Event()
    url = engine.url.render_as_string(hide_password=False)
    task = asyncio.create_task(run_relay(url, kafka, service=_SERVICE, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def _until_published(engine: AsyncEngine) -> None:
    waiting = select(func.count()).select_from(outbox).where(outbox.c.published_at.is_(None))
    while True:
        async with engine.connect() as connection:
            if (await connection.execute(waiting)).scalar_one() == 0:
                return
        await asyncio.sleep(0.05)


async def _as_published(engine: AsyncEngine, kafka: KafkaSettings) -> None:
    batch = select(outbox).order_by(outbox.c.id).limit(100).with_for_update(skip_locked=True)
    async with AIOKafkaProducer(**kafka.connection(), acks="all") as producer:
        while True:
            async with engine.begin() as connection:
                rows = (await connection.execute(batch)).mappings().all()
                if not rows:
                    return
                for row in rows:
                    await producer.send_and_wait(
                        kafka.topic_prefix + row["topic"],
                        key=str(row["subject"]).encode(),
                        value=row["body"].encode(),
                        headers=cloudevents.headers(source=_SERVICE, row=row),
                    )
                    await connection.execute(delete(outbox).where(outbox.c.id == row["id"]))


async def _latencies(engine: AsyncEngine, kafka: KafkaSettings, *, seconds: int) -> list[float]:
    """Seconds from each commit until a consumer, which shares this process with writer and relay, has the event."""
    committed: dict[UUID, float] = {}
    arrived: dict[UUID, float] = {}
    consumer = AIOKafkaConsumer(kafka.topic(INVENTORY_STOCK), **kafka.connection(), auto_offset_reset="latest")
    async with consumer, _relay(engine, kafka):
        await _fill(engine, 0)
        await consumer.seek_to_end()
        listening = asyncio.create_task(_listen(consumer, arrived))
        for _ in range(seconds * round(1 / _EVERY_SECONDS)):
            due = time.perf_counter() + _EVERY_SECONDS
            events = [changed(uuid4(), 1) for _ in range(round(_A_SECOND * _EVERY_SECONDS))]
            await write(engine, *events)
            committed |= dict.fromkeys((event.subject for event in events), time.perf_counter())
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        async with asyncio.timeout(30):
            while committed.keys() - arrived.keys():
                await asyncio.sleep(0.01)
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
    return [max(0.0, arrived[subject] - at) for subject, at in committed.items()]


async def _listen(consumer: AIOKafkaConsumer, arrived: dict[UUID, float]) -> None:
    async for record in consumer:
        arrived[UUID(record.key.decode())] = time.perf_counter()
