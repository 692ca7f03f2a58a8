"""Outbox -> relay -> Kafka -> consumer -> inbox, on a real PostgreSQL and a real Kafka."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import BigInteger, Column, Table, Text, Uuid, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.engine import make_engine
from shared.db.errors import DatabaseUnavailable
from shared.db.metadata import new_metadata
from shared.db.standard import inbox_table, outbox_table
from shared.events.base import Event
from shared.events.inventory import StockLevelChangedV1
from shared.events.topics import INVENTORY_STOCK
from shared.kernel.clock import SystemClock
from shared.kernel.ids import new_id
from shared.messaging.consumer import Applier, Received, Subscription, run_consumer
from shared.messaging.inbox import Inbox
from shared.messaging.kafka import KafkaSettings, ensure_topics
from shared.messaging.outbox import SqlOutbox
from shared.messaging.relay import run_relay
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
    made = make_engine(database("events"), "test")
    async with made.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield made
    await made.dispose()


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
    engine: AsyncEngine, kafka: KafkaSettings, *, relays: int = 1, workers: int = 1
) -> AsyncIterator[None]:
    stop = asyncio.Event()
    url = engine.url.render_as_string(hide_password=False)
    parts = [run_relay(url, kafka, service="inventory", stop=stop) for _ in range(relays)]
    parts += [
        run_consumer(
            service="orders",
            subscriptions=SUBSCRIPTIONS,
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
    async with asyncio.timeout(60):
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
    return Received(INVENTORY_STOCK.name, pairs, event.body.model_dump_json().encode())


def applier(engine: AsyncEngine) -> Applier[AsyncConnection]:
    return Applier("orders", SUBSCRIPTIONS, engine, lambda connection: connection)


async def parked(engine: AsyncEngine) -> dict[UUID, int]:
    async with engine.connect() as connection:
        return {event.subject: event.sequence for event in await Inbox(connection, "orders").parked()}


async def test_events_arrive_in_order_and_are_applied_once(engine: AsyncEngine, kafka: KafkaSettings) -> None:
    """Three hundred events of thirty keys, two relays and two workers: each key ends at its newest, nothing is left."""
    subjects = [uuid4() for _ in range(30)]
    async with running(engine, kafka, relays=2, workers=2):
        for sequence in range(1, 11):
            await write(engine, *(changed(subject, sequence) for subject in subjects))
        await until(engine, dict.fromkeys(subjects, 10))
    async with engine.connect() as connection:
        waiting = await connection.execute(select(outbox.c.id).where(outbox.c.published_at.is_(None)))
        assert waiting.all() == []


async def test_the_same_events_published_again_harm_nobody(engine: AsyncEngine, kafka: KafkaSettings) -> None:
    """What was applied is not applied again, however often it comes; what is new after it still is."""
    first, second = uuid4(), uuid4()
    async with running(engine, kafka):
        await write(engine, changed(first, 1))
        before = await until(engine, {first: 1})
        async with engine.begin() as connection:
            await connection.execute(text("update outbox set published_at = null"))
            await SqlOutbox(connection).add(changed(second, 1))
        after = await until(engine, {first: 1, second: 1})
    assert after[first] == before[first]


async def test_an_older_event_never_overwrites_a_newer_one(engine: AsyncEngine) -> None:
    """Sequence 2, then 1, then 2 again: one application, of 2."""
    subject = uuid4()
    for sequence in (2, 1, 2):
        await applier(engine).apply(INVENTORY_STOCK.name, [received(changed(subject, sequence))])
    assert await levels(engine) == {subject: (2, 1)}


async def test_one_poisoned_event_waits_and_the_others_flow(engine: AsyncEngine) -> None:
    """A batch of a hundred with one the handler cannot take: 99 applied, one parked with its reason."""
    subjects = [uuid4() for _ in range(100)]
    events = [changed(subject, 1, sku=POISON if n == 50 else "A-1") for n, subject in enumerate(subjects)]
    await applier(engine).apply(INVENTORY_STOCK.name, [received(event) for event in events])
    assert len(await levels(engine)) == 99
    assert await parked(engine) == {subjects[50]: 1}


async def test_a_newer_event_replaces_a_parked_one_and_clears_it(engine: AsyncEngine) -> None:
    """The newer event carries the whole state: it is tried; applied, nothing is parked any more."""
    subject = uuid4()
    await applier(engine).apply(INVENTORY_STOCK.name, [received(changed(subject, 1, sku=POISON))])
    await applier(engine).apply(INVENTORY_STOCK.name, [received(changed(subject, 2, sku=POISON))])
    assert await parked(engine) == {subject: 2}
    await applier(engine).apply(INVENTORY_STOCK.name, [received(changed(subject, 3))])
    assert await parked(engine) == {}
    assert await levels(engine) == {subject: (3, 1)}


async def test_an_older_event_leaves_a_newer_parked_one_waiting(engine: AsyncEngine) -> None:
    """What a newer program could read is not lost because an event before it, of the same batch, was applied."""
    subject = uuid4()
    older = received(changed(subject, 1))
    newer = received(changed(subject, 2), ce_type="inventory.stock.level_changed.v9")
    await applier(engine).apply(INVENTORY_STOCK.name, [older, newer])
    assert await levels(engine) == {subject: (1, 1)}
    assert await parked(engine) == {subject: 2}


async def test_keys_parked_together_stay_too_many_however_long_nobody_looks(engine: AsyncEngine) -> None:
    """The consumer stops for them until a replay clears them, not until ten minutes are over; old ones do not count."""
    events = [received(changed(uuid4(), 1, sku=POISON)) for _ in range(3)]
    await applier(engine).apply(INVENTORY_STOCK.name, events)
    async with engine.begin() as connection:
        await connection.execute(text("update inbox set parked_since = parked_since - interval '1 day'"))
        assert await Inbox(connection, "orders").parked_together(600) == 3
    await applier(engine).apply(INVENTORY_STOCK.name, [received(changed(uuid4(), 1, sku=POISON))])
    async with engine.begin() as connection:
        assert await Inbox(connection, "orders").parked_together(600) == 1


async def test_a_parked_event_is_replayed_when_the_bug_is_mended(engine: AsyncEngine) -> None:
    """Replay tries the stored event; a handler that can take it now applies it and the parking ends."""
    subject = uuid4()
    await applier(engine).apply(INVENTORY_STOCK.name, [received(changed(subject, 1, sku=POISON))])

    async def mended(connection: AsyncConnection, events: Sequence[Event[Any]]) -> None:
        rows = [{"sku_id": e.subject, "on_hand": e.body.on_hand, "times": 1, "sku": e.body.sku} for e in events]
        await connection.execute(level.insert(), rows)

    repaired = Applier("orders", [Subscription(INVENTORY_STOCK, mended)], engine, lambda connection: connection)
    async with engine.connect() as connection:
        (stored,) = await Inbox(connection, "orders").parked()
    assert await repaired.apply_one(Received(stored.topic, stored.headers, stored.body)) is None
    assert await parked(engine) == {}
    assert await levels(engine) == {subject: (1, 1)}


async def test_an_unknown_version_is_parked_and_an_unknown_type_skipped(engine: AsyncEngine) -> None:
    """A version of ours we do not know waits for a newer program; what was never ours is passed over."""
    known, strange = uuid4(), uuid4()
    later = received(changed(known, 1), ce_type="inventory.stock.level_changed.v9")
    other = received(changed(strange, 1), ce_type="somebody.elses.v1")
    await applier(engine).apply(INVENTORY_STOCK.name, [later, other])
    assert await parked(engine) == {known: 1}
    assert await levels(engine) == {}


async def test_a_database_that_cannot_write_parks_nothing(engine: AsyncEngine) -> None:
    """A full disk is nobody's event's fault: the batch fails as a whole and is tried again."""
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "create function full_disk() returns trigger language plpgsql as "
                "$$ begin raise exception 'no space' using errcode = '53100'; end $$"
            )
        )
        await connection.execute(text("create trigger disk_full before insert on level execute function full_disk()"))
    event = received(changed(uuid4(), 1))
    with pytest.raises(DatabaseUnavailable):
        await applier(engine).apply(INVENTORY_STOCK.name, [event])
    async with engine.begin() as connection:
        await connection.execute(text("drop trigger disk_full on level"))
    await applier(engine).apply(INVENTORY_STOCK.name, [event])
    assert await parked(engine) == {}
    assert len(await levels(engine)) == 1


async def test_an_event_the_broker_refuses_is_set_aside_with_its_key(engine: AsyncEngine, kafka: KafkaSettings) -> None:
    """Too large for the broker: its key waits behind it, the other keys flow."""
    refused, flowing = uuid4(), uuid4()
    too_large = changed(refused, 1, sku="x" * 2_000_000)
    async with running(engine, kafka):
        await write(engine, too_large, changed(flowing, 1))
        await write(engine, changed(refused, 2), changed(flowing, 2))
        await until(engine, {flowing: 2})
    async with engine.connect() as connection:
        rows = await connection.execute(
            select(outbox.c.sequence, outbox.c.refused_reason)
            .where(outbox.c.published_at.is_(None))
            .order_by(outbox.c.id)
        )
        assert [tuple(row) for row in rows] == [(1, "MessageSizeTooLargeError"), (2, None)]


async def test_a_second_relay_takes_over_when_the_first_loses_its_session(
    engine: AsyncEngine, kafka: KafkaSettings
) -> None:
    """The server ends the leading relay's session: another leads, nothing is lost, nothing applied twice."""
    subject = uuid4()
    async with running(engine, kafka, relays=2):
        await write(engine, changed(subject, 1))
        await until(engine, {subject: 1})
        async with engine.begin() as connection:
            with suppress(Exception):
                await connection.execute(
                    text("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted")
                )
        await write(engine, changed(subject, 2))
        assert await until(engine, {subject: 2}) == {subject: (2, 2)}
