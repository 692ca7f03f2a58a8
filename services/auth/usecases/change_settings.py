"""What an organisation sets of its connection: its name, channels, cut-over, and whether it rests."""

from collections.abc import Callable
from datetime import datetime

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.connection import Change, Connection, choose, rename
from services.auth.domain.cut_over import cut_over
from services.auth.domain.life import pause, resume
from services.auth.usecases.actor import Actor
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, new_id


async def rename_connection(
    connection_id: ConnectionId, name: str, who: Actor, *, store: Store, clock: Clock
) -> Connection:
    """The connection renamed. Raises ConnectionUnknown, NameInvalid."""
    renamed = (Action.RENAMED, lambda connection: rename(connection, name))
    return await _change(connection_id, renamed, who, store=store, now=clock.now())


async def choose_channels(
    connection_id: ConnectionId, wanted: frozenset[str] | None, who: Actor, *, store: Store, clock: Clock
) -> Connection:
    """The connection with these channels only; None: all. Raises ConnectionUnknown, ChannelsInvalid."""
    chosen = (Action.CHANNELS_CHANGED, lambda connection: choose(connection, wanted))
    return await _change(connection_id, chosen, who, store=store, now=clock.now())


async def import_orders_from(
    connection_id: ConnectionId, orders_from: datetime | None, who: Actor, *, store: Store, clock: Clock
) -> Connection:
    """The connection with orders placed from then on; None: all. Raises ConnectionUnknown, CutOverInvalid."""
    now = clock.now()
    taken_over = (Action.CUT_OVER, lambda connection: cut_over(connection, orders_from, now))
    return await _change(connection_id, taken_over, who, store=store, now=now)


async def pause_connection(connection_id: ConnectionId, who: Actor, *, store: Store, clock: Clock) -> Connection:
    """The connection at rest. Raises ConnectionUnknown, NotRunning."""
    return await _change(connection_id, (Action.PAUSED, pause), who, store=store, now=clock.now())


async def resume_connection(connection_id: ConnectionId, who: Actor, *, store: Store, clock: Clock) -> Connection:
    """The connection at work again. Raises ConnectionUnknown."""
    now = clock.now()
    resumed = (Action.RESUMED, lambda connection: resume(connection, now))
    return await _change(connection_id, resumed, who, store=store, now=now)


async def _change(
    connection_id: ConnectionId,
    what: tuple[Action, Callable[[Connection], Change]],
    who: Actor,
    *,
    store: Store,
    now: datetime,
) -> Connection:
    action, rule = what
    connection = await store.connections.lock_own(connection_id, who.organisation_id)
    if connection is None:
        raise ConnectionUnknown
    change = rule(connection)
    if change.connection == connection:
        return connection
    await keep_change(change, store=store, now=now)
    entry = AuditEntry(new_id(), now, action, who.organisation_id, who.user_id, connection_id, who.reason)
    await store.audit.add(entry)
    return change.connection
