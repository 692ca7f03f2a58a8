"""A database with outbox and inbox, a handler that keeps stock levels and chokes on one, and events for it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import BigInteger, Column, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.metadata import new_metadata
from shared.db.standard import inbox_table, outbox_table
from shared.events.base import Event
from shared.events.inventory import StockLevelChangedV1
from shared.events.topics import INVENTORY_STOCK
from shared.kernel.clock import SystemClock
from shared.kernel.ids import new_id
from shared.messaging.applier import Applier, Received, Subscription
from shared.messaging.consumer import run_consumer
from shared.messaging.inbox import Inbox
from shared.messaging.kafka import KafkaSettings, ensure_topics
from shared.messaging.outbox import SqlOutbox
from shared.messaging.relay import run_relay
from tests.engines import give_back, lend_engine
from tests.infrastructure import MakeDatabase

metadata = new_metadata()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
level = Table(
    "level",
    metadata,
    Column("sku_id", Uuid, primary_key=True),
    Column("on_hand", BigInteger, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("sku", Text),
)
POISON = "poison"


class Poisoned(Exception):
    pass


async def store_levels(connection: AsyncConnection, events: Sequence[Event[Any]]) -> None:
    for event in events:
        if event.body.sku == POISON:
            raise Poisoned
        row = insert(level).values(sku_id=event.subject, on_hand=event.body.on_hand, times=1, sku=event.body.sku)
        changed = {"on_hand": row.excluded.on_hand, "times": level.c.times + 1}
        await connection.execute(row.on_conflict_do_update(index_elements=["sku_id"], set_=changed))


SUBSCRIPTIONS = [Subscription(INVENTORY_STOCK, store_levels)]


@pytest.fixture
async def engine(database: MakeDatabase) -> AsyncIterator[AsyncEngine]:
    made = lend_engine(database("events"))
    async with made.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield made
    await give_back(made)


@pytest.fixture
async def kafka(kafka_bootstrap_servers: str, topic_prefix: str) -> KafkaSettings:
    settings = KafkaSettings(kafka_bootstrap_servers, topic_prefix)
    await ensure_topics(settings, "inventory")
    return settings


def changed(subject: UUID, sequence: int, *, sku: str = "A-1") -> Event[StockLevelChangedV1]:
    body = StockLevelChangedV1(
        organisation_id=uuid4(),
        sku_id=subject,
        sku=sku,
        tracked=True,
        on_hand=sequence,
        reserved=0,
        available=sequence,
        short=0,
    )
    return Event(new_id(), subject, sequence, SystemClock().now(), body)


async def write(engine: AsyncEngine, *events: Event[Any]) -> None:
    async with engine.begin() as connection:
        await SqlOutbox(connection).add_all(events)


@asynccontextmanager
async def running(
    engine: AsyncEngine,
    kafka: KafkaSettings,
    *,
    relays: int = 1,
    workers: int = 1,
    subscriptions: Sequence[Subscription[AsyncConnection]] = SUBSCRIPTIONS,
    publisher: str = "inventory",
) -> AsyncIterator[None]:
    stop = asyncio.Event()
    url = engine.url.render_as_string(hide_password=False)
    parts = [run_relay(url, kafka, service=publisher, stop=stop) for _ in range(relays)]
    parts += [
        run_consumer(
            service="orders",
            subscriptions=subscriptions,
            engine=engine,
            bind=lambda connection: connection,
            kafka=kafka,
            stop=stop,
        )
        for _ in range(workers)
    ]
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 30)


async def levels(engine: AsyncEngine) -> dict[UUID, tuple[int, int]]:
    async with engine.connect() as connection:
        rows = await connection.execute(select(level.c.sku_id, level.c.on_hand, level.c.times))
        return {row.sku_id: (row.on_hand, row.times) for row in rows}


async def until(engine: AsyncEngine, wanted: dict[UUID, int]) -> dict[UUID, tuple[int, int]]:
    async with asyncio.timeout(90):
        while {subject: on_hand for subject, (on_hand, _) in (await levels(engine)).items()} != wanted:
            await asyncio.sleep(0.05)
    return await levels(engine)


def received(event: Event[Any], **headers: str) -> Received:
    attributes = {
        "ce_id": str(event.id),
        "ce_type": event.body.TYPE,
        "ce_subject": str(event.subject),
        "ce_sequence": str(event.sequence),
        "ce_time": event.time.isoformat(),
    } | headers
    pairs = tuple((name, value.encode()) for name, value in attributes.items())
    return Received(event.body.TOPIC, pairs, event.body.model_dump_json().encode())


def applier(engine: AsyncEngine) -> Applier[AsyncConnection]:
    return Applier("orders", SUBSCRIPTIONS, engine, lambda connection: connection)


async def parked(engine: AsyncEngine) -> dict[UUID, int]:
    async with engine.connect() as connection:
        return {event.subject: event.sequence for event in await Inbox(connection, "orders").parked()}
