"""Writing events: rows beside the change they tell of, in its transaction, published by the relay."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.copying import copy_all
from shared.db.standard import outbox_table
from shared.events.base import Event, Tombstone
from shared.runtime.telemetry import traceparent

CHANNEL = "outbox"
_OUTBOX = outbox_table(MetaData())


class SqlOutbox:
    """
    Bound to one open transaction.

    The caller has locked the subject's row and raised its sequence before: that lock is what makes per-key order true.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, event: Event[Any]) -> None:
        await self.add_all([event])

    async def add_all(self, events: Sequence[Event[Any]]) -> None:
        """All of them at once, in their order; the relay is woken when the transaction commits."""
        if not events:
            return
        trace = traceparent()
        await copy_all(self._connection, _OUTBOX, [_row(event, event.traceparent or trace) for event in events])
        await self._connection.exec_driver_sql(f"notify {CHANNEL}")


def _row(event: Event[Any], trace: str | None) -> dict[str, Any]:
    return {
        "topic": event.body.TOPIC,
        "subject": event.subject,
        "sequence": event.sequence,
        "event_id": event.id,
        "type": event.body.TYPE,
        "time": event.time,
        "traceparent": trace,
        "body": "" if isinstance(event.body, Tombstone) else event.body.model_dump_json(),
    }
