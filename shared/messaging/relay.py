"""
Publishes the outbox: in order per key, at least once, one relay per service.

The lock and everything the relay writes are on one connection of its own. A relay that is stopped (SIGSTOP) stops
asking, its session ends on the server after 15 s, and with it the lock; when it wakes it cannot mark anything.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidMessageError,
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
)
from prometheus_client import Counter, Gauge
from sqlalchemy.engine import make_url

from shared.events.topics import TOPICS
from shared.messaging import cloudevents
from shared.messaging.kafka import KafkaSettings, patient
from shared.messaging.outbox import CHANNEL

R = TypeVar("R")
Row = Mapping[str, Any]

_LOCK = 8_021_447_101
_BATCH = 1000
_HEARTBEAT_SECONDS = 5.0
_IDLE_SESSION_TIMEOUT = "15s"
_POLL_SECONDS = 2.0
_CLEANING_SECONDS = 600.0
_CLEANING_PIECE = 5000
_AWAY_SECONDS = 1.0
# The last is what a driver says that was frozen in the middle of a question and finds its connection ended.
_LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
# It answers and takes no writes: the disk is full, or whoever runs it made it read-only before it is.
_CANNOT_WRITE = (asyncpg.InsufficientResourcesError, asyncpg.ReadOnlySQLTransactionError)
_REFUSALS = (
    InvalidMessageError,
    InvalidTopicError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
)

# A key with a refused row waits behind it.
_WAITING = f"""
    select id, topic, subject, sequence, event_id, type, time, traceparent, body
    from outbox
    where published_at is null and refused_at is null
      and not exists (select 1 from outbox refused
                      where refused.refused_at is not null and refused.published_at is null
                        and refused.topic = outbox.topic and refused.subject = outbox.subject)
    order by id limit {_BATCH}
"""  # noqa: S608 - a constant
_PUBLISHED = "update outbox set published_at = now() where id = any($1::bigint[])"
_SET_ASIDE = "update outbox set refused_at = now(), refused_reason = $2 where id = $1"
# A broker deletes what came before a tombstone only once the file that has it is complete, which the next record of its
# partition makes it: where few connections are, months later. The same again after two days is that record. No index:
# who publishes there has few events.
_TELLS_ENDS = {topic.publisher for topic in TOPICS if topic.retention_ms is None}
_AGAIN = """
    update outbox set published_at = null
    where body = '' and published_at < now() - interval '2 days' and published_at < written_at + interval '2 days'
"""
_OLDEST = """
    select coalesce(extract(epoch from clock_timestamp() - min(written_at)), 0)
    from outbox where published_at is null
"""
_CLEAN = f"""
    delete from outbox
    where id in (select id from outbox where published_at < now() - interval '7 days' limit {_CLEANING_PIECE})
    returning id
"""  # noqa: S608 - a constant

log = structlog.get_logger()
published = Counter("passerelle_outbox_published_total", "Events published")
refused = Counter("passerelle_outbox_refused_total", "Events the broker refused for good")
oldest = Gauge("passerelle_outbox_oldest_seconds", "Age of the oldest event not published yet")


async def run_relay(database_url: str, kafka: KafkaSettings, *, service: str, stop: asyncio.Event) -> None:
    """Publishes until `stop` is set; whatever is away (PostgreSQL, Kafka) is tried again for ever."""
    while not stop.is_set():
        try:
            await Relay(database_url, kafka, service).run(stop)
        except (*_LOST, OSError, KafkaError) as error:
            log.warning("relay.interrupted", reason=type(error).__name__)
            await _rest(stop, _AWAY_SECONDS)


class Relay:
    """One turn at the lock: from getting it to losing it."""

    def __init__(self, database_url: str, kafka: KafkaSettings, service: str) -> None:
        self._dsn = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._kafka = kafka
        self._service = service
        self._wake = asyncio.Event()
        self._cleaned_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        connection = await asyncpg.connect(
            self._dsn,
            timeout=5,
            command_timeout=30,
            server_settings={
                "application_name": f"{self._service} relay",
                "idle_session_timeout": _IDLE_SESSION_TIMEOUT,
            },
        )
        try:
            if not await self._lock(connection, stop):
                return
            await connection.add_listener(CHANNEL, lambda *_: self._wake.set())
            while not stop.is_set():
                # Also while nothing can be sent: that is when somebody must see the age grow.
                oldest.set(await connection.fetchval(_OLDEST))
                await self._publish(connection, stop)
        finally:
            # Whoever leads next says how old it is.
            oldest.set(0)
            # Ends the session and with it the lock: always the last thing.
            with suppress(Exception):
                await connection.close(timeout=2)
            connection.terminate()

    async def _lock(self, connection: Any, stop: asyncio.Event) -> bool:
        while not await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
            if await _rest(stop, _POLL_SECONDS):
                return False
        log.info("relay.leads")
        return True

    async def _publish(self, connection: Any, stop: asyncio.Event) -> None:
        """With one producer, until a send fails: an idempotent producer is rebuilt after that."""
        producer = AIOKafkaProducer(
            **self._kafka.connection(),
            enable_idempotence=True,
            acks="all",
            max_batch_size=256 * 1024,
            request_timeout_ms=15_000,
        )
        patient(producer.client)
        try:
            await _beating(connection, producer.start())
            while not stop.is_set():
                self._wake.clear()
                rows = await connection.fetch(_WAITING)
                if rows:
                    await self._send(connection, producer, rows, stop)
                else:
                    await self._idle(connection, stop)
        except KafkaError as error:
            log.warning("relay.kafka_away", reason=type(error).__name__)
            await _beating(connection, _rest(stop, _AWAY_SECONDS))
        finally:
            with suppress(Exception):
                await asyncio.wait_for(producer.stop(), 5)

    async def _send(
        self, connection: Any, producer: AIOKafkaProducer, rows: Sequence[Row], stop: asyncio.Event
    ) -> None:
        outcomes = await _beating(connection, self._sent(producer, rows))
        done = [row["id"] for row, error in zip(rows, outcomes, strict=True) if error is None]
        bad = [(row, error) for row, error in zip(rows, outcomes, strict=True) if isinstance(error, _REFUSALS)]
        await _noted(connection, stop, _PUBLISHED, done)
        published.inc(len(done))
        for row, error in bad:
            refused.inc()
            reason = type(error).__name__
            log.error("relay.refused", topic=row["topic"], subject=str(row["subject"]), reason=reason)
            await _noted(connection, stop, _SET_ASIDE, row["id"], reason)
        failed = [error for error in outcomes if error is not None]
        if failed:
            raise KafkaError(type(failed[0]).__name__)

    async def _sent(self, producer: AIOKafkaProducer, rows: Sequence[Row]) -> list[BaseException | None]:
        """One outcome per row; None = acknowledged by all replicas. A key stops at its first failure."""
        futures: list[asyncio.Future[Any] | BaseException] = []
        blocked: set[tuple[str, Any]] = set()
        for row in rows:
            key = (row["topic"], row["subject"])
            if key in blocked:
                futures.append(KafkaError("behind a refused event"))
                continue
            try:
                futures.append(await self._enqueue(producer, row))
            except KafkaError as error:
                blocked.add(key)
                futures.append(error)
        waiting = [future for future in futures if isinstance(future, asyncio.Future)]
        settled = dict(zip(waiting, await asyncio.gather(*waiting, return_exceptions=True), strict=True))
        return [_failure(settled[f]) if isinstance(f, asyncio.Future) else f for f in futures]

    async def _enqueue(self, producer: AIOKafkaProducer, row: Row) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = await producer.send(
            self._kafka.topic_prefix + row["topic"],
            key=str(row["subject"]).encode(),
            value=row["body"].encode() or None,
            headers=cloudevents.headers(source=self._service, row=row),
        )
        return future

    async def _idle(self, connection: Any, stop: asyncio.Event) -> None:
        oldest.set(await connection.fetchval(_OLDEST))
        if asyncio.get_running_loop().time() - self._cleaned_at > _CLEANING_SECONDS:
            await self._clean(connection, stop)
        woken = asyncio.ensure_future(self._wake.wait())
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait({woken, stopped}, timeout=_POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        woken.cancel()
        stopped.cancel()

    async def _clean(self, connection: Any, stop: asyncio.Event) -> None:
        """In pieces, none of which takes long; what is to be published meanwhile goes first, the rest next time."""
        try:
            if self._service in _TELLS_ENDS:
                await connection.execute(_AGAIN)
            while len(await connection.fetch(_CLEAN)) == _CLEANING_PIECE:
                if stop.is_set() or self._wake.is_set():
                    return
        except _CANNOT_WRITE as error:
            log.warning("relay.cannot_clean", reason=type(error).__name__)
            return
        self._cleaned_at = asyncio.get_running_loop().time()


async def _noted(connection: Any, stop: asyncio.Event, statement: str, *values: Any) -> None:
    """
    Writes what came of a send, as soon as the database takes it; the lock stays ours meanwhile.

    To begin anew instead would send the same again each time, for as long as the disk is full.
    """
    while True:
        try:
            await connection.execute(statement, *values)
        except _CANNOT_WRITE as error:
            log.warning("relay.cannot_note", reason=type(error).__name__)
            if await _rest(stop, _AWAY_SECONDS):
                raise
        else:
            return


async def _beating(connection: Any, work: Coroutine[Any, Any, R]) -> R:
    """Waits for `work`, asking the server every 5 s all the while, so that only a stopped relay loses its session."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=_HEARTBEAT_SECONDS))[0]:
            await connection.fetchval("select 1")
        return await task
    finally:
        if not task.done():
            task.cancel()


async def _rest(stop: asyncio.Event, seconds: float) -> bool:
    """True when stopped meanwhile."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
    return stop.is_set()


def _failure(outcome: object) -> BaseException | None:
    return outcome if isinstance(outcome, BaseException) else None
