"""
Keeping our copy of connections; one that is authorised, for the first time or again, is read at once.

Where there is more to be read than before, so are all open orders. Of one that auth deleted its id is kept, for as
long as orders are here that came by it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from services.orders.domain import windows
from services.orders.domain.connection import Connection
from services.orders.usecases.ports import Store
from shared.events.auth import ConnectionDeletedV1, ConnectionStateV1
from shared.events.base import Event
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, OrganisationId
from shared.marketplaces.models import Channel

_TICK = timedelta(microseconds=1)


async def apply_connections(store: Store, events: Sequence[Event[Any]], *, clock: Clock) -> None:
    """`events` of `auth.connection.v1`: at most one per connection, in the order of their ids."""
    ids = [ConnectionId(event.subject) for event in events]
    known = await store.connections.of(ids)
    connections = [one for event in events if (one := _told(event, known)) is not None]
    await store.connections.put(connections)
    progress = await store.polls.of(ids)
    now = clock.now()
    for one in connections:
        if one.id not in progress:
            await store.polls.save(one.id, windows.started(now), now)
            continue
        before, reading = known.get(one.id), progress[one.id]
        if _newly_active(before, one):
            reading = windows.due_at_once(reading, now)
        if before is not None:
            reading = windows.less_reached(reading, _reached(before) - _reached(one), now)
        if before is not None and _has_more(before, one):
            reading = windows.more_reached(reading, _reached(one) - _reached(before), now)
        if reading != progress[one.id]:
            await store.polls.save(one.id, reading, now)


def _newly_active(known: Connection | None, news: Connection) -> bool:
    """By its state, not by the event's kind: the event that said so may have been skipped for a newer one."""
    if not news.authorised:
        return False
    return known is None or not known.authorised or known.consent_version < news.consent_version


def _has_more(before: Connection, now: Connection) -> bool:
    """Channels that were not read before, or orders that stayed with another system until now."""
    freed = before.orders_from is not None and now.takes(before.orders_from - _TICK)
    return freed or bool(_reached(now) - _reached(before))


def _reached(connection: Connection) -> set[str]:
    return {channel.id for channel in connection.channels}


def _told(event: Event[Any], known: Mapping[ConnectionId, Connection]) -> Connection | None:
    """None: it was deleted, and is not known here."""
    if not isinstance(event.body, ConnectionDeletedV1):
        return _connection(event.body)
    before = known.get(ConnectionId(event.subject))
    return before.forgotten(event.time) if before else None


def _connection(body: ConnectionStateV1) -> Connection:
    return Connection(
        id=ConnectionId(body.connection_id),
        organisation_id=OrganisationId(body.organisation_id),
        marketplace=body.marketplace,
        region=body.region,
        seller_id=body.seller_id,
        name=body.name,
        state=body.state,
        consent_version=body.consent_version,
        orders_from=body.orders_from,
        channels=tuple(Channel(c.id, c.name, c.country, c.currency, c.time_zone) for c in body.channels),
        erase_asked_at=body.erase_asked_at,
    )
