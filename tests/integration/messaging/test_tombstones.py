"""The last event of a subject has no value: what Kafka, whoever reads it and the topic make of that."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.events.auth import ConnectionAuthorisedV1, ConnectionDeletedV1
from shared.events.base import Event
from shared.events.topics import AUTH_CONNECTION, PARTITIONS
from shared.kernel.clock import SystemClock
from shared.kernel.ids import new_id
from shared.messaging import relay
from shared.messaging.applier import Subscription
from shared.messaging.kafka import KafkaSettings, TopicsNotMade, ensure_topics
from tests.integration.messaging.conftest import level, levels, parked, running, until, write

NAME = "Anne's shop"
# What takes days is a matter of seconds here.
QUICK = dict.fromkeys(("segment.ms", "max.compaction.lag.ms"), "1000") | {"min.cleanable.dirty.ratio": "0.01"}


async def keep_copies(connection: AsyncConnection, events: Sequence[Event[Any]]) -> None:
    for event in events:
        if isinstance(event.body, ConnectionDeletedV1):
            await connection.execute(delete(level).where(level.c.sku_id == event.subject))
        else:
            row = {"sku_id": event.subject, "on_hand": event.sequence, "times": 1, "sku": event.body.name}
            await connection.execute(
                insert(level).values(row).on_conflict_do_update(index_elements=["sku_id"], set_=row)
            )


COPIES = [Subscription(AUTH_CONNECTION, keep_copies)]


@pytest.fixture
async def auths(kafka_bootstrap_servers: str, topic_prefix: str) -> KafkaSettings:
    settings = KafkaSettings(kafka_bootstrap_servers, topic_prefix)
    await ensure_topics(settings, "auth")
    return settings


@pytest.fixture
async def producer(kafka_bootstrap_servers: str) -> AsyncIterator[AIOKafkaProducer]:
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap_servers) as made:
        yield made


@pytest.fixture
async def admin(kafka_bootstrap_servers: str) -> AsyncIterator[AIOKafkaAdminClient]:
    made = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap_servers)
    await made.start()
    yield made
    await made.close()


def authorised(subject: UUID, sequence: int = 1) -> Event[Any]:
    body = ConnectionAuthorisedV1(
        organisation_id=uuid4(), connection_id=subject, marketplace="amazon", region="eu", seller_id="A1", name=NAME,
        state="authorised", consent_version=1,
    )  # fmt: skip
    return Event(new_id(), subject, sequence, SystemClock().now(), body)


def deleted(subject: UUID, sequence: int = 2) -> Event[Any]:
    return Event(new_id(), subject, sequence, SystemClock().now(), ConnectionDeletedV1())


async def log(kafka: KafkaSettings) -> list[Any]:
    """All that the topic holds now."""
    found: list[Any] = []
    async with AIOKafkaConsumer(
        kafka.topic(AUTH_CONNECTION), bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest"
    ) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(each) < end for each, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += records
    return found


async def keys_with_data(kafka: KafkaSettings) -> set[bytes]:
    return {record.key for record in await log(kafka) if record.value}


async def configuration(admin: AIOKafkaAdminClient, name: str) -> dict[str, str]:
    """What is set for the topic itself."""
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    return {key: value for key, value, _, source, *_ in answer.resources[0][4] if source == 1}


async def test_it_is_published_without_a_value(engine: AsyncEngine, auths: KafkaSettings) -> None:
    """A key and what CloudEvents says of it: compaction takes it for the end. Seen red with an empty value."""
    its = uuid4()
    async with running(engine, auths, workers=0, publisher="auth"):
        await write(engine, authorised(its), deleted(its))
        async with asyncio.timeout(60):
            while len(found := await log(auths)) < 2:
                await asyncio.sleep(0.1)
    first, last = found
    assert (NAME in first.value.decode(), last.value, last.key) == (True, None, str(its).encode())
    said = dict(last.headers)
    assert (said["ce_type"], said["ce_sequence"]) == (b"auth.connection.deleted.v1", b"2")


async def test_who_reads_survives_whatever_has_no_value(
    engine: AsyncEngine, auths: KafkaSettings, producer: AIOKafkaProducer
) -> None:
    """
    Of another language, without headers or with some without a value, of a type that nobody knows: passed over. Of one
    that needs data: parked, and replaced by what comes next. All others flow. Seen red with headers taken for bytes.
    """
    its, other, strange = uuid4(), uuid4(), uuid4()
    topic, key = auths.topic(AUTH_CONNECTION), str(its).encode()
    head = {"ce_id": uuid4(), "ce_subject": strange, "ce_sequence": 1, "ce_time": "2026-11-30T00:00:00Z"}
    bare = [(name, str(value).encode()) for name, value in head.items()]
    async with running(engine, auths, subscriptions=COPIES, publisher="auth"):
        await write(engine, authorised(its), authorised(other))
        await until(engine, {its: 1, other: 1})
        headers: list[list[Any]] = [
            [],
            [("ce_subject", None), ("other", None)],
            [("ce_subject", b"\xff\xfe"), ("ce_sequence", b"1")],
            [*bare, ("note", b"\xff"), ("ce_type", b"auth.connection.unheard.v1")],
            [*bare, ("ce_type", b"auth.connection.authorised.v1")],
        ]
        for each in headers:
            await producer.send_and_wait(topic, key=key, value=None, headers=each)
        await write(engine, authorised(other, 2))
        await until(engine, {its: 1, other: 2})
        async with asyncio.timeout(60):
            while await parked(engine) != {strange: 1}:
                await asyncio.sleep(0.05)
        await write(engine, deleted(strange), deleted(its))
        await until(engine, {other: 2})
    assert await parked(engine) == {}


async def test_read_again_from_the_start_nothing_comes_back(engine: AsyncEngine, auths: KafkaSettings) -> None:
    """Before what it ends was compacted, and by who has nothing yet."""
    its, other = uuid4(), uuid4()
    async with running(engine, auths, subscriptions=COPIES, publisher="auth"):
        await write(engine, authorised(its), deleted(its), authorised(other))
        before = await until(engine, {other: 1})
        async with engine.begin() as connection:
            await connection.execute(text("update outbox set published_at = null"))
            await connection.execute(text("notify outbox"))
        await write(engine, authorised(other, 2))
        await until(engine, {other: 2})
    assert before[other] == (1, 1)
    async with engine.begin() as connection:
        await connection.execute(text("truncate inbox, level"))
        await connection.execute(text("update outbox set published_at = null"))
    async with running(engine, auths, subscriptions=COPIES, publisher="auth"):
        await until(engine, {other: 2})
    assert set(await levels(engine)) == {other}


async def test_the_topic_forgets_what_it_ends(
    engine: AsyncEngine, auths: KafkaSettings, admin: AIOKafkaAdminClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Also where nothing else comes: the same again completes the file that has it. Once. What others are is not touched.
    Seen red without the second one.
    """
    monkeypatch.setattr(relay, "_CLEANING_SECONDS", 0.0)
    name = auths.topic(AUTH_CONNECTION)
    quick = await configuration(admin, name) | QUICK
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, quick)])
    its, other = uuid4(), uuid4()
    async with running(engine, auths, workers=0, publisher="auth"):
        await write(engine, authorised(its), authorised(other), deleted(its))
        async with asyncio.timeout(60):
            while len(await log(auths)) < 3:
                await asyncio.sleep(1)
        assert await keys_with_data(auths) == {str(its).encode(), str(other).encode()}
        async with engine.begin() as connection:
            long_ago = "published_at = now() - interval '49 hours', written_at = now() - interval '49 hours'"
            await connection.execute(text(f"update outbox set {long_ago}"))  # noqa: S608 - a constant
        async with asyncio.timeout(90):
            while await keys_with_data(auths) != {str(other).encode()}:
                await asyncio.sleep(1)
    async with engine.connect() as connection:
        again = await connection.execute(
            text("select count(*) from outbox where published_at > now() - interval '1 h'")
        )
        assert again.scalar_one() == 1


async def test_a_topic_of_a_version_before_is_compacted_from_now_on(
    kafka_bootstrap_servers: str, topic_prefix: str, admin: AIOKafkaAdminClient
) -> None:
    """What an operator set for it stays; a second time nothing is changed. Seen red with topics left as they are."""
    settings = KafkaSettings(kafka_bootstrap_servers, topic_prefix)
    name, own = settings.topic(AUTH_CONNECTION), {"min.insync.replicas": "1", "max.message.bytes": "2000000"}
    before = {"retention.ms": "-1", "cleanup.policy": "delete"}
    await admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=own | before)])
    for _ in range(2):
        await ensure_topics(settings, "auth")
        async with asyncio.timeout(60):
            while await configuration(admin, name) != own | dict(AUTH_CONNECTION.configuration):
                await asyncio.sleep(0.1)


async def test_who_may_not_change_it_is_told_so(auths: KafkaSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence with the topic and the reason."""

    async def refused(*_: Any) -> list[Any]:
        return [type("Answer", (), {"resources": [(29, None, 2, "topic", [])]})()]

    monkeypatch.setattr(AIOKafkaAdminClient, "describe_configs", refused)
    with pytest.raises(TopicsNotMade, match=r"auth.connection.v1: TopicAuthorizationFailedError"):
        await ensure_topics(auths, "auth")
