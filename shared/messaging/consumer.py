"""
Reads events from Kafka and has them applied, batch by batch.

What is away (PostgreSQL, Kafka, a deadlock) means the same batch again, for ever. Offsets are committed beside the next
batch: one that is lost only brings old events again, which the inbox drops.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.errors import Conflict, DatabaseUnavailable
from shared.events.topics import Topic
from shared.messaging.applier import PARKED_LIMIT, Applier, Received, Subscription, TooManyParked
from shared.messaging.kafka import KafkaSettings

Store = TypeVar("Store")

_BATCH = 500
_FETCH_MS = 500
_LINGER_SECONDS = 0.05
_AWAY_SECONDS = 1.0
_STOPPED_SECONDS = 10.0
_CLEAR_SECONDS = 1.0

log = structlog.get_logger()
stopped = Gauge("passerelle_consumer_stopped", "1 while too many keys are parked for the consumer to go on")


async def run_consumer(
    *,
    service: str,
    subscriptions: Sequence[Subscription[Store]],
    engine: AsyncEngine,
    bind: Callable[[AsyncConnection], Store],
    kafka: KafkaSettings,
    stop: asyncio.Event,
) -> None:
    """Consumes as group `<prefix><service>` until `stop` is set; Kafka away is tried again for ever."""
    applier = Applier(service, subscriptions, engine, bind)
    while not stop.is_set():
        try:
            await _consume(applier, [subscription.topic for subscription in subscriptions], kafka, stop)
        except (KafkaError, OSError) as error:
            log.warning("consumer.kafka_away", reason=type(error).__name__)
            await _rest(stop, _AWAY_SECONDS)


async def _consume(applier: Applier[Store], topics: Sequence[Topic], kafka: KafkaSettings, stop: asyncio.Event) -> None:
    names = {kafka.topic(topic): topic.name for topic in topics}
    consumer = AIOKafkaConsumer(
        *names,
        **kafka.connection(),
        group_id=kafka.topic_prefix + applier.service,
        group_instance_id=kafka.instance_id,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=6000,
        heartbeat_interval_ms=1500,
        metadata_max_age_ms=5000,
        retry_backoff_ms=500,
    )
    committing: asyncio.Future[None] = asyncio.Future()
    committing.set_result(None)
    try:
        await consumer.start()
        while not stop.is_set():
            fetched = await _fetched(consumer)
            if fetched and await _applied(applier, consumer, fetched, names, stop):
                await committing  # in order, beside the next batch
                committing = asyncio.ensure_future(_commit(consumer, fetched))
        await committing
    finally:
        committing.cancel()
        with suppress(Exception):
            await asyncio.wait_for(consumer.stop(), 5)


async def _fetched(consumer: AIOKafkaConsumer) -> Mapping[Any, Sequence[Any]]:
    """A batch. What comes within a moment of its first record belongs to it: many cost little more than one."""
    fetched: dict[Any, list[Any]] = await consumer.getmany(timeout_ms=_FETCH_MS, max_records=_BATCH)
    room = _BATCH - sum(map(len, fetched.values()))
    if fetched and room > 0:
        await asyncio.sleep(_LINGER_SECONDS)
        for partition, records in (await consumer.getmany(timeout_ms=0, max_records=room)).items():
            fetched.setdefault(partition, []).extend(records)
    return fetched


async def _applied(
    applier: Applier[Store],
    consumer: AIOKafkaConsumer,
    fetched: Mapping[Any, Sequence[Any]],
    names: Mapping[str, str],
    stop: asyncio.Event,
) -> bool:
    """
    The same batch until it is applied; partitions rest meanwhile and the group hears from us.

    False: the process ends meanwhile.
    """
    by_topic: dict[str, list[Received]] = {}
    for partition, records in fetched.items():
        topic = names[partition.topic]
        by_topic.setdefault(topic, []).extend(map(partial(_received, topic), records))
    while True:
        try:
            if await _stopped_by_parked(applier, consumer, stop):
                return False
            for topic, batch in by_topic.items():
                await applier.apply(topic, batch)
        except TooManyParked:
            log.warning("consumer.too_many_parked")
        except (DatabaseUnavailable, Conflict) as error:
            log.warning("consumer.database_away", reason=str(error))
            if await _keep_polling(consumer, stop, _AWAY_SECONDS):
                return False
        else:
            return True


def _received(topic: str, record: Any) -> Received:
    """A value may be missing, and anybody's headers may be without one."""
    return Received(topic, tuple((name, value or b"") for name, value in record.headers), record.value or b"")


async def _stopped_by_parked(applier: Applier[Store], consumer: AIOKafkaConsumer, stop: asyncio.Event) -> bool:
    """
    Twenty keys parked within ten minutes is our bug, not theirs: nothing more is applied until someone looks.

    Goes on when a replay has brought the number down. True: the process ends meanwhile.
    """
    while not stop.is_set() and time.monotonic() >= applier.clear_until:
        count = await applier.parked_together()
        stopped.set(int(count >= PARKED_LIMIT))
        if count < PARKED_LIMIT:
            applier.clear_until = time.monotonic() + _CLEAR_SECONDS
            break
        log.error("consumer.stopped", parked=count)
        await _keep_polling(consumer, stop, _STOPPED_SECONDS)
    return stop.is_set()


async def _keep_polling(consumer: AIOKafkaConsumer, stop: asyncio.Event, seconds: float) -> bool:
    """Rests, fetching nothing, without leaving the group. True when stopped meanwhile."""
    paused = consumer.assignment()
    consumer.pause(*paused)
    try:
        await consumer.getmany(timeout_ms=0)
        return await _rest(stop, seconds)
    finally:
        consumer.resume(*(paused & consumer.assignment()))


async def _commit(consumer: AIOKafkaConsumer, fetched: Mapping[Any, Sequence[Any]]) -> None:
    """Offsets of partitions that are still ours."""
    owned = consumer.assignment()
    offsets = {partition: records[-1].offset + 1 for partition, records in fetched.items() if partition in owned}
    if not offsets:
        return
    try:
        await consumer.commit(offsets)
    except KafkaError as error:
        log.info("consumer.commit_lost", reason=type(error).__name__)


async def _rest(stop: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
    return stop.is_set()
