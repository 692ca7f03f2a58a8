"""The inbox: which event of a subject was applied last, and which one is parked."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.base import Event

# Rows are locked in subject order; a subject whose row says the same or a later sequence drops out. An event clears a
# parked one it is as new as, never a newer one: that still waits.
_ACCEPT = text("""
    insert into inbox as seen (consumer, topic, subject, sequence, applied_at)
    select :consumer, :topic, given.subject, given.sequence, now()
    from unnest(cast(:subjects as uuid[]), cast(:sequences as bigint[])) as given (subject, sequence)
    order by given.subject
    on conflict (consumer, topic, subject) do update
    set sequence = excluded.sequence, applied_at = now(),
        parked_sequence = case when seen.parked_sequence > excluded.sequence then seen.parked_sequence end,
        parked_event = case when seen.parked_sequence > excluded.sequence then seen.parked_event end,
        parked_reason = case when seen.parked_sequence > excluded.sequence then seen.parked_reason end,
        parked_since = case when seen.parked_sequence > excluded.sequence then seen.parked_since end
    where seen.sequence < excluded.sequence
    returning subject
""")
_PARK = text("""
    insert into inbox as seen
        (consumer, topic, subject, sequence, parked_sequence, parked_event, parked_reason, parked_since)
    values (:consumer, :topic, :subject, 0, :sequence, cast(:event as jsonb), :reason, now())
    on conflict (consumer, topic, subject) do update
    set parked_sequence = excluded.parked_sequence, parked_event = excluded.parked_event,
        parked_reason = excluded.parked_reason, parked_since = coalesce(seen.parked_since, now())
    where seen.sequence < excluded.parked_sequence
      and coalesce(seen.parked_sequence, 0) <= excluded.parked_sequence
""")
# Counted back from the newest, not from now: a consumer that stopped for them does not go on by waiting.
_PARKED_TOGETHER = text("""
    select count(*) from inbox
    where consumer = :consumer
      and parked_since > (select max(parked_since) from inbox where consumer = :consumer)
                         - make_interval(secs => :seconds)
""")
_PARKED = text("""
    select topic, subject, sequence, parked_sequence, parked_reason, parked_since, parked_event
    from inbox
    where consumer = :consumer and parked_since is not null
      and (cast(:subject as uuid) is null or subject = :subject)
    order by parked_since, subject
""")

# Whoever applies an event just now holds its row: waiting for it, while it waits for what we hold, would be a deadlock.
_FORGET = text("""
    delete from inbox using (
        select consumer, topic, subject from inbox
        where consumer = :consumer and topic = any(cast(:topics as text[]))
          and subject = any(cast(:subjects as uuid[]))
        for update skip locked
    ) as free
    where inbox.consumer = free.consumer and inbox.topic = free.topic and inbox.subject = free.subject
""")
_DROP_PARKED = text("""
    update inbox set parked_sequence = null, parked_event = null, parked_reason = null, parked_since = null
    from (
        select topic, subject from inbox
        where consumer = :consumer and parked_since <= statement_timestamp() - cast(:keep as interval)
        for update skip locked
    ) as old
    where inbox.consumer = :consumer and inbox.topic = old.topic and inbox.subject = old.subject
""")


class Inbox:
    """Bound to one open transaction, for one consumer."""

    def __init__(self, connection: AsyncConnection, consumer: str) -> None:
        self._connection = connection
        self._consumer = consumer

    async def accept(self, topic: str, events: Sequence[Event[Any]]) -> list[Event[Any]]:
        """Those that are news, in subject order; their rows are locked and say so. At most one event per subject."""
        given = {event.subject: event for event in events}
        values = {
            "consumer": self._consumer,
            "topic": topic,
            "subjects": list(given),
            "sequences": [event.sequence for event in given.values()],
        }
        fresh = await self._connection.execute(_ACCEPT, values)
        return [given[subject] for subject in sorted(fresh.scalars())]

    async def park(self, topic: str, subject: UUID, sequence: int, stored: dict[str, Any], reason: str) -> None:
        """Keeps an event that could not be applied, unless something newer was applied or parked meanwhile."""
        values = {
            "consumer": self._consumer,
            "topic": topic,
            "subject": subject,
            "sequence": sequence,
            "event": json.dumps(stored),
            "reason": reason[:1000],
        }
        await self._connection.execute(_PARK, values)

    async def parked_together(self, seconds: float) -> int:
        """Keys still parked of which the first came at most so long before the last."""
        values = {"consumer": self._consumer, "seconds": seconds}
        return int((await self._connection.execute(_PARKED_TOGETHER, values)).scalar_one())

    async def forget(self, topics: Sequence[str], subjects: Sequence[UUID]) -> None:
        """What was applied of subjects of which no topic holds an event any more."""
        values = {"consumer": self._consumer, "topics": topics, "subjects": subjects}
        await self._connection.execute(_FORGET, values)

    async def drop_parked(self, keep: timedelta) -> int:
        """Events that have been parked for so long; how many. What was applied of their subjects stays known."""
        gone = await self._connection.execute(_DROP_PARKED, {"consumer": self._consumer, "keep": keep})
        return gone.rowcount

    async def parked(self, subject: UUID | None = None) -> list["ParkedEvent"]:
        rows = await self._connection.execute(_PARKED, {"consumer": self._consumer, "subject": subject})
        return [ParkedEvent(**row) for row in rows.mappings()]


class ParkedEvent:
    """A parked event as stored: its headers and body, so that it can be shown and tried again."""

    def __init__(
        self,
        *,
        topic: str,
        subject: UUID,
        sequence: int,
        parked_sequence: int,
        parked_reason: str,
        parked_since: datetime,
        parked_event: dict[str, Any],
    ) -> None:
        self.topic = topic
        self.subject = subject
        self.applied_sequence = sequence
        self.sequence = parked_sequence
        self.reason = parked_reason
        self.since = parked_since
        self.headers = tuple((name, value.encode()) for name, value in parked_event["headers"])
        self.body = parked_event["body"].encode()
