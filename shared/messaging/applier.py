"""
Applies events: database work only, one transaction per batch, at least once made once by the inbox.

A batch that cannot be applied is tried again one event per transaction; what fails alone is parked on its inbox row,
and the rest flows.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog
from opentelemetry.trace import SpanKind
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.errors import Conflict, DatabaseUnavailable, StatementTimeout
from shared.db.unit_of_work import transaction
from shared.events.base import Event
from shared.events.topics import Topic
from shared.messaging.cloudevents import Undecodable, UnknownType, decode, subject_and_sequence
from shared.messaging.inbox import Inbox
from shared.runtime.telemetry import span

Store = TypeVar("Store")

PARKED_LIMIT = 20
PARKED_WINDOW_SECONDS = 600.0
# More than a person looks at; a batch may have 500.
_MOST_CAUSES = 32

log = structlog.get_logger()
applied = Counter("passerelle_events_applied_total", "Events applied", ["topic"])
skipped = Counter("passerelle_events_skipped_total", "Events of a type this service does not know", ["topic"])
parked = Counter("passerelle_events_parked_total", "Events parked", ["topic"])


@dataclass(frozen=True)
class Subscription(Generic[Store]):
    """`handle` gets events of one topic, at most one per subject (the newest), in subject order, none old."""

    topic: Topic
    handle: Callable[[Store, Sequence[Event[Any]]], Awaitable[None]]


@dataclass(frozen=True)
class Received:
    """One record as it came. `topic` is the name without prefix; `body` is empty where there was no value."""

    topic: str
    headers: tuple[tuple[str, bytes], ...]
    body: bytes

    def stored(self) -> dict[str, Any]:
        headers = [[name, value.decode(errors="replace")] for name, value in self.headers]
        return {"headers": headers, "body": self.body.decode(errors="replace")}


class TooManyParked(Exception):
    """The rest of the batch waits until someone has looked."""


class Applier(Generic[Store]):
    """
    Applies records to the database, whoever brings them: the consumer, or a replay.

    `clear_until` (of `time.monotonic`): until then nobody looks whether too many are parked, unless one more is.
    """

    def __init__(
        self,
        service: str,
        subscriptions: Sequence[Subscription[Store]],
        engine: AsyncEngine,
        bind: Callable[[AsyncConnection], Store],
    ) -> None:
        self.engine = engine
        self.service = service
        self.clear_until = 0.0
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
        with _span_of(topic, events):
            async with transaction(self.engine) as connection:
                fresh = await Inbox(connection, self.service).accept(topic, events)
                if fresh:
                    await self._handlers[topic](self._bind(connection), fresh)
            applied.labels(topic).inc(len(fresh))
            log.info("events.applied", topic=topic, received=len(events), applied=len(fresh))

    async def _one_by_one(self, newest: Mapping[Any, Event[Any]], batch: Sequence[Received]) -> None:
        by_event = {dict(received.headers).get("ce_id", b"").decode(errors="replace"): received for received in batch}
        for event in newest.values():
            if await self.apply_one(by_event[str(event.id)]) is not None:
                await self._stop_at_limit()

    async def parked_together(self) -> int:
        """Keys parked within one window: from PARKED_LIMIT on it is our bug, not theirs."""
        async with transaction(self.engine) as connection:
            return await Inbox(connection, self.service).parked_together(PARKED_WINDOW_SECONDS)

    async def _stop_at_limit(self) -> None:
        if await self.parked_together() >= PARKED_LIMIT:
            self.clear_until = 0.0
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


def _span_of(topic: str, events: Sequence[Event[Any]]) -> AbstractContextManager[Any]:
    """One for the batch. A single event goes on with its own trace; those of many are named beside."""
    carried = list(dict.fromkeys(event.traceparent for event in events if event.traceparent))
    parent = carried.pop() if len(events) == len(carried) == 1 else None
    facts: dict[str, str | int] = {"messaging.destination.name": topic, "messaging.batch.message_count": len(events)}
    return span(f"apply {topic}", kind=SpanKind.CONSUMER, parent=parent, causes=carried[:_MOST_CAUSES], facts=facts)


def _reason(error: Exception) -> str:
    """What is safe to keep and show: our own sentences; of strangers' errors only the class."""
    return str(error) if isinstance(error, Undecodable) else type(error).__name__
