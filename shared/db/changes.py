"""
What PostgreSQL tells of rows that change, so that what was read of them may be kept in memory.

Triggers of the service's migrations notify a channel of each change, with the transaction that makes it. A
notification can be lost without a word: with the connection, behind a pooler that gives the connection to others, by a
process that was stopped meanwhile; and none is sent before the migration that makes the triggers, for which a process
waits that is there first. So a connection that listens also sends notifications to itself. As they come in the
order of commits, all that was committed before one was sent is known once it is back; only for a second from then is
anything believed that is kept. Whoever cannot be sure reads the row. See decision 0038.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.errors import Conflict, DatabaseUnavailable
from shared.db.unit_of_work import Statements
from shared.kernel.clock import Clock

BELIEVED_SECONDS = 1.0
_ASK_EVERY_SECONDS = 0.3
_ANSWERED_WITHIN_SECONDS = 5.0
_AGAIN_SECONDS = 2.0
# So many unanswered in a row are told of, once for as long as it goes on.
_UNANSWERED = 10
_SEND = "select pg_notify($1, $2)"
# Those that a session of ours sets off.
_TRIGGERS = "select tgrelid::regclass || '.' || tgname from pg_trigger where tgenabled in ('O', 'A')"

log = structlog.get_logger()


class Changes:
    """
    `engine`: one of its connections is taken for good. `channel`: gets a row's id, as text, for each change of it, from
    `triggers` (table.trigger): until all are there nothing is known.

    `changed` is called with each such id, and with None where any row may have changed unheard.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        channel: str,
        triggers: Collection[str],
        clock: Clock,
        changed: Callable[[UUID | None], None],
    ) -> None:
        self._statements = Statements(engine)
        self._channel = channel
        self._triggers = triggers
        self._clock = clock
        self._changed = changed
        self._heard = 0
        self._known_until: float | None = None

    @property
    def mark(self) -> int | None:
        """Another after each change; None: changes of more than a second ago may not be known yet."""
        until = self._known_until
        return None if until is None or self._clock.monotonic() >= until else self._heard

    async def listen(self, stop: asyncio.Event) -> None:
        """A part of the process: while PostgreSQL is away, or not migrated, nothing is known."""
        said = False
        while not stop.is_set():
            try:
                if await self._is_told():
                    async with self._statements() as connection:
                        await self._listen_on(connection, stop)
                    continue
                if not said:
                    log.warning("changes.not_told", reason="the database is not migrated")
                said = True
                await _sleep(stop, _AGAIN_SECONDS)
            except (DatabaseUnavailable, Conflict, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("changes.database_away", reason=type(error).__name__)
                await _sleep(stop, _AGAIN_SECONDS)

    async def _is_told(self) -> bool:
        """Whoever changes a row once this is so sets them off: what makes a trigger waits for whoever writes there."""
        async with self._statements() as connection:
            there = await connection.scalars(text(_TRIGGERS))
        return set(self._triggers) <= set(there)

    async def _listen_on(self, connection: AsyncConnection, stop: asyncio.Event) -> None:
        """Which is nobody else's, and goes with the block."""
        try:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.add_listener(self._channel, self._tell)
            await driver.add_listener(self._own_channel, self._back)
            # What was read before may have changed before anybody listened.
            self._heard += 1
            self._changed(None)
            # What is sent is of no worth after a crash.
            await driver.execute("set synchronous_commit to off")
            unanswered = 0
            while not stop.is_set():
                sent_at = repr(self._clock.monotonic())
                await driver.execute(_SEND, self._own_channel, sent_at, timeout=_ANSWERED_WITHIN_SECONDS)
                await _sleep(stop, _ASK_EVERY_SECONDS)
                unanswered = unanswered + 1 if self.mark is None else 0
                if unanswered == _UNANSWERED:
                    log.warning("changes.not_heard", reason="is there a pooler before PostgreSQL?")
        finally:
            self._known_until = None
            await connection.invalidate()

    @property
    def _own_channel(self) -> str:
        return f"{self._channel}_own"

    def _tell(self, _driver: Any, _pid: int, _channel: str, row_id: str) -> None:
        self._heard += 1
        self._changed(UUID(row_id))

    def _back(self, driver: Any, pid: int, _channel: str, sent_at: str) -> None:
        """Other processes' come here as well."""
        if pid == driver.get_server_pid():
            self._known_until = float(sent_at) + BELIEVED_SECONDS


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
