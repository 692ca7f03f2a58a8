"""Outbox -> relay -> Kafka -> consumer -> inbox, on a real PostgreSQL and a real Kafka."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.events.topics import INVENTORY_STOCK
from shared.messaging import relay
from shared.messaging.kafka import KafkaSettings
from shared.messaging.outbox import SqlOutbox
from tests.integration.messaging.conftest import changed, outbox, running, until, write

_END_OF_RELAYS = (
    "select pg_terminate_backend(pid) from pg_locks join pg_database on oid = database "
    "where datname = current_database() and locktype = 'advisory' and granted"
)


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
                await connection.execute(text(_END_OF_RELAYS))
        await write(engine, changed(subject, 2))
        assert await until(engine, {subject: 2}) == {subject: (2, 2)}


async def test_who_leads_no_longer_says_no_age(engine: AsyncEngine) -> None:
    """
    Kafka is away, the server ends the leading relay's session, and another holds the lock when it comes back. Seen red:
    it went on saying how old the oldest event was in its own days, and paged somebody until it was started again.
    """
    await write(engine, changed(uuid4(), 1))
    async with engine.begin() as connection:
        await connection.execute(text("update outbox set written_at = now() - interval '1 hour'"))
    async with running(engine, KafkaSettings("127.0.0.1:1"), workers=0), engine.connect() as other:
        await _until_age(lambda seconds: seconds >= 3600)
        await other.execute(text(_END_OF_RELAYS))
        await other.execute(text("select pg_advisory_lock(:lock)"), {"lock": relay._LOCK})
        await _until_age(lambda seconds: seconds == 0)


async def _until_age(fits: Callable[[float], bool]) -> None:
    async with asyncio.timeout(60):
        while not fits(REGISTRY.get_sample_value("passerelle_outbox_oldest_seconds") or 0):
            await asyncio.sleep(0.1)


async def test_what_was_published_long_ago_is_deleted_in_pieces(
    engine: AsyncEngine, kafka: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than one piece of it; what is newer stays."""
    monkeypatch.setattr(relay, "_CLEANING_SECONDS", 0.0)
    async with engine.begin() as connection:
        await SqlOutbox(connection).add(changed(uuid4(), 1))
        await connection.execute(text("update outbox set published_at = now() - interval '6 days'"))
        await connection.execute(
            text(
                "insert into outbox (topic, subject, sequence, event_id, type, time, body, published_at) "
                "select 'old', gen_random_uuid(), 1, gen_random_uuid(), 'old', now(), '{}', now() - interval '8 days' "
                "from generate_series(1, 12000)"
            )
        )
    async with running(engine, kafka, workers=0), asyncio.timeout(90):
        while await topics(engine) != [INVENTORY_STOCK.name]:
            await asyncio.sleep(0.05)


async def topics(engine: AsyncEngine) -> list[str]:
    """Of the rows in the outbox; one is enough of those that are many."""
    async with engine.connect() as connection:
        return list((await connection.execute(select(outbox.c.topic).distinct())).scalars())
