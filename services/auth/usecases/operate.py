"""What an operator asks for by hand; the worker does it."""

from services.auth.domain.audit import OPERATOR, Action, AuditEntry
from services.auth.domain.connection import Connection
from services.auth.domain.life import ask
from services.auth.domain.mail import MailKind, still_true
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, new_id


class NothingEnds(Exception):
    """There is nothing to be reminded of."""


async def ask_for_probe(connection_id: ConnectionId, *, store: Store, clock: Clock) -> None:
    """The worker asks the far side next. Raises ConnectionUnknown, NotRunning."""
    connection = await store.connections.lock(connection_id)
    if connection is None:
        raise ConnectionUnknown
    await keep_change(ask(connection, clock.now()), store=store, now=clock.now())
    await _note(connection, Action.PROBE_ASKED, store, clock)


async def ask_for_reminder(connection_id: ConnectionId, *, store: Store, clock: Clock) -> None:
    """
    The organisation's members are reminded at the worker's next look, within the hour, whenever they were last.

    Raises ConnectionUnknown, NothingEnds.
    """
    connection = await store.connections.get(connection_id)
    if connection is None:
        raise ConnectionUnknown
    if not still_true(MailKind.ENDING, [connection], clock.now()):
        raise NothingEnds
    await store.mails.reminded(connection.organisation_id, None)
    await _note(connection, Action.REMINDER_ASKED, store, clock)


async def _note(connection: Connection, action: Action, store: Store, clock: Clock) -> None:
    whose = connection.organisation_id
    await store.audit.add(
        AuditEntry(new_id(), clock.now(), action, whose, connection_id=connection.id, reason=OPERATOR)
    )
