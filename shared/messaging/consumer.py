"""
Applies events: database work only, one transaction per batch, at least once made once by the inbox.

What is away (PostgreSQL, Kafka, a deadlock) means the same batch again, for ever. Anything else: one event per
transaction; what fails alone is parked on its inbox row, and the rest flows.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.errors import Conflict, DatabaseUnavailable, StatementTimeout
from shared.db.unit_of_work import transaction
from shared.events.base import Event
from shared.events.topics import Topic
from shared.messaging.cloudevents import Undecodable, UnknownType, decode, subject_and_sequence
from shared.messaging.inbox import Inbox
from shared.messaging.kafka import KafkaSettings

Store = TypeVar("Store")

_BATCH = 500
_FETCH_MS = 500
_AWAY_SECONDS = 1.0
PARKED_LIMIT = 20
PARKED_WINDOW_SECONDS = 600.0
_STOPPED_SECONDS = 10.0

log = structlog.get_logger()
applied = Counter("passerelle_events_applied_total", "Events applied", ["topic"])
skipped = Counter("passerelle_events_skipped_total", "Events of a type this service does not know", ["topic"])
parked = Counter("passerelle_events_parked_total", "Events parked", ["topic"])
stopped = Gauge("passerelle_consumer_stopped", "1 while too many keys are parked for the consumer to go on")


@dataclass(frozen=True)
class Subscription(Generic[Store]):
    """`handle` gets events of one topic, at most one per subject (the newest), in subject order, none old."""

    topic: Topic
    handle: Callable[[Store, Sequence[Event[Any]]], Awaitable[None]]


@dataclass(frozen=True)
class Received:
    """One record as it came. `topic` is the name without prefix."""

    topic: str
    headers: tuple[tuple[str, bytes], ...]
    body: bytes

    def stored(self) -> dict[str, Any]:
        headers = [[name, value.decode(errors="replace")] for name, value in self.headers]
        return {"headers": headers, "body": self.body.decode(errors="replace")}


class TooManyParked(Exception):
    """The rest of the batch waits until someone has looked."""


class Applier(Generic[Store]):
    """Applies records to the database, whoever brings them: the consumer, or a replay."""

    def __init__(
        self,
        service: str,
        subscriptions: Sequence[Subscription[Store]],
        engine: AsyncEngine,
        bind: Callable[[AsyncConnection], Store],
    ) -> None:
        self.engine = engine
        self.service = service
        self._bind = bind
        self._handlers = {subscription.topic.name: subscription.handle for subscription in subscriptions}

    async def apply(self, topic: str, batch: Sequence[Received]) -> None:
        """
        One transaction for the batch; on a failure one per event, parking.

        Raises DatabaseUnavailable, Conflict, and TooManyParked; what was applied by then stays so.
        """
        events = await self._decoded(batch)
        newest = {event.subject: event for event in sorted(events, key=lambda event: event.sequence)}
        if not newest:
            return
        try:
            await self._handle(topic, list(newest.values()))
        except StatementTimeout as error:
            reason = type(error).__name__  # perhaps only too many at once
        except (DatabaseUnavailable, Conflict):
            raise
        except Exception as error:  # noqa: BLE001 - a handler's bug: find out whose event it is
            reason = type(error).__name__
        else:
            return
        log.warning("events.one_by_one", topic=topic, reason=reason)
        await self._one_by_one(newest, batch)

    async def apply_one(self, received: Received) -> str | None:
        """None when it was applied (or is old); else why not: it is parked again."""
        try:
            event = decode(received.headers, received.body)
            await self._handle(received.topic, [event])
        except (DatabaseUnavailable, Conflict):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, this event waits and the rest flows
            await self._park(received, error)
            return _reason(error)
        return None

    async def _decoded(self, batch: Sequence[Received]) -> list[Event[Any]]:
        events = []
        for received in batch:
            try:
                events.append(decode(received.headers, received.body))
            except UnknownType:
                skipped.labels(received.topic).inc()
            except Undecodable as error:
                await self._park(received, error)
                await self._stop_at_limit()
        return events

    async def _handle(self, topic: str, events: list[Event[Any]]) -> None:
        async with transaction(self.engine) as connection:
            fresh = await Inbox(connection, self.service).accept(topic, events)
            if fresh:
                await self._handlers[topic](self._bind(connection), fresh)
        applied.labels(topic).inc(len(fresh))
        log.info("events.applied", topic=topic, received=len(events), applied=len(fresh))

    async def _one_by_one(self, newest: Mapping[Any, Event[Any]], batch: Sequence[Received]) -> None:
        by_event = {dict(received.headers).get("ce_id", b"").decode(): received for received in batch}
        for event in newest.values():
            if await self.apply_one(by_event[str(event.id)]) is not None:
                await self._stop_at_limit()

    async def parked_together(self) -> int:
        """Keys parked within one window: from PARKED_LIMIT on it is our bug, not theirs."""
        async with transaction(self.engine) as connection:
            return await Inbox(connection, self.service).parked_together(PARKED_WINDOW_SECONDS)

    async def _stop_at_limit(self) -> None:
        if await self.parked_together() >= PARKED_LIMIT:
            raise TooManyParked

    async def _park(self, received: Received, error: Exception) -> None:
        try:
            subject, sequence = subject_and_sequence(received.headers)
        except Undecodable:
            skipped.labels(received.topic).inc()
            log.warning("event.not_ours", topic=received.topic)
            return
        parked.labels(received.topic).inc()
        log.error("event.parked", topic=received.topic, subject=str(subject), reason=_reason(error), exc_info=error)
        async with transaction(self.engine) as connection:
            await Inbox(connection, self.service).park(
                received.topic, subject, sequence, received.stored(), _reason(error)
            )


def _reason(error: Exception) -> str:
    """What is safe to keep and show: our own sentences; of strangers' errors only the class."""
    return str(error) if isinstance(error, Undecodable) else type(error).__name__


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
    try:
        await consumer.start()
        while not stop.is_set():
            fetched = await consumer.getmany(timeout_ms=_FETCH_MS, max_records=_BATCH)
            if fetched:
                await _until_applied(applier, consumer, fetched, names, stop)
    finally:
        with suppress(Exception):
            await asyncio.wait_for(consumer.stop(), 5)


async def _until_applied(
    applier: Applier[Store],
    consumer: AIOKafkaConsumer,
    fetched: Mapping[Any, Sequence[Any]],
    names: Mapping[str, str],
    stop: asyncio.Event,
) -> None:
    """The same batch until it is applied; partitions rest meanwhile and the group hears from us."""
    by_topic: dict[str, list[Received]] = {}
    for partition, records in fetched.items():
        topic = names[partition.topic]
        by_topic.setdefault(topic, []).extend(Received(topic, tuple(r.headers), r.value or b"") for r in records)
    while True:
        try:
            if await _stopped_by_parked(applier, consumer, stop):
                return
            for topic, batch in by_topic.items():
                await applier.apply(topic, batch)
            break
        except TooManyParked:
            log.warning("consumer.too_many_parked")
        except (DatabaseUnavailable, Conflict) as error:
            log.warning("consumer.database_away", reason=str(error))
            if await _keep_polling(consumer, stop, _AWAY_SECONDS):
                return
    if not stop.is_set():
        await _commit(consumer, fetched)


async def _stopped_by_parked(applier: Applier[Store], consumer: AIOKafkaConsumer, stop: asyncio.Event) -> bool:
    """
    Twenty keys parked within ten minutes is our bug, not theirs: nothing more is applied until someone looks.

    Goes on when a replay has brought the number down. True: the process ends meanwhile.
    """
    while not stop.is_set():
        count = await applier.parked_together()
        stopped.set(int(count >= PARKED_LIMIT))
        if count < PARKED_LIMIT:
            return False
        log.error("consumer.stopped", parked=count)
        await _keep_polling(consumer, stop, _STOPPED_SECONDS)
    return True


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
    """Offsets of partitions that are still ours; a lost commit only means old events again, which the inbox drops."""
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
