"""What an organisation sets of its connection: its name, login, channels, cut-over, endpoint, and whether it rests."""

from collections.abc import Callable
from datetime import datetime

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.claim import with_login
from services.auth.domain.connection import Change, Connection, choose, rename, work_at
from services.auth.domain.cut_over import cut_over
from services.auth.domain.life import pause, resume
from services.auth.usecases.actor import Actor
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, new_id
from shared.marketplaces.endpoint import Endpoint


async def rename_connection(
    connection_id: ConnectionId, name: str, who: Actor, *, store: Store, clock: Clock
) -> Connection:
    """The connection renamed. Raises ConnectionUnknown, NameInvalid."""
    renamed = (Action.RENAMED, lambda connection: rename(connection, name))
    return await _change(connection_id, renamed, who, store=store, now=clock.now())


async def enter_login(connection_id: ConnectionId, login: str, who: Actor, *, store: Store, clock: Clock) -> Connection:
    """The connection with another login in the portal; empty: none. Raises ConnectionUnknown, ClaimRefused."""
    entered = (Action.LOGIN_CHANGED, lambda connection: with_login(connection, login))
    return await _change(connection_id, entered, who, store=store, now=clock.now())


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


async def choose_endpoint(
    connection_id: ConnectionId, endpoint: Endpoint, who: Actor, *, store: Store, clock: Clock
) -> Connection:
    """The connection worked at this endpoint. Raises ConnectionUnknown."""
    now = clock.now()
    moved = (Action.ENDPOINT_CHANGED, lambda connection: work_at(connection, endpoint, now))
    return await _change(connection_id, moved, who, store=store, now=now)


async def pause_connection(connection_id: ConnectionId, who: Actor, *, store: Store, clock: Clock) -> Connection:
    """The connection at rest. Raises ConnectionUnknown, NotRunning."""
    return await _change(connection_id, (Action.PAUSED, pause), who, store=store, now=clock.now())


async def resume_connection(
    connection_id: ConnectionId, who: Actor, *, goes_on: bool, store: Store, clock: Clock
) -> Connection:
    """The connection at work again, or expired (`goes_on`: see `life.resume`). Raises ConnectionUnknown."""
    now = clock.now()
    resumed = (Action.RESUMED, lambda connection: resume(connection, now, goes_on=goes_on))
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
    before, after = _told(action, connection), _told(action, change.connection)
    await store.audit.add(
        AuditEntry(
            new_id(),
            now,
            action,
            who.organisation_id,
            who.user_id,
            connection_id,
            who.reason,
            client_id=who.client_id,
            before=before,
            after=after,
        )
    )
    return change.connection


def _told(action: Action, connection: Connection) -> str | None:
    """What the action changes, for the audit log; names and logins are the seller's own words, not kept there."""
    match action:
        case Action.RENAMED | Action.LOGIN_CHANGED:
            return None
        case Action.CHANNELS_CHANGED:
            return "all" if connection.chosen is None else " ".join(sorted(connection.chosen))
        case Action.CUT_OVER:
            return "all" if connection.orders_from is None else connection.orders_from.isoformat()
        case Action.ENDPOINT_CHANGED:
            return connection.endpoint.value
        case _:
            return connection.state.value
