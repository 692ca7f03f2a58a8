"""
Keeping our copy of connections: listings of one that is authorised are read at once; what a connection no longer
reaches is gone, and what was being told for one that was ended is dropped. Of one that auth deleted its id is kept,
for as long as listings are here that came by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.inventory.domain.connection import DISCONNECTED, Connection
from services.inventory.domain.discovery import Discovery
from services.inventory.usecases.aim import aim_listings
from services.inventory.usecases.ports import Store
from shared.events.auth import ConnectionDeletedV1, ConnectionStateV1
from shared.events.base import Event
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, OrganisationId


async def apply_connections(store: Store, events: Sequence[Event[Any]], *, clock: Clock) -> None:
    """`events` of `auth.connection.v1`: at most one per connection, in the order of their ids."""
    now = clock.now()
    known = await store.connections.lock([ConnectionId(event.subject) for event in events])
    news = [one for event in events if (one := _told(event, known)) is not None]
    await store.connections.put(news)
    await store.listings.lock({one.organisation_id for one in news})
    for one in news:
        await _discover(known.get(one.id), one, store, now)
    await _let_go([one for one in news if one.id in known and not _reached(known[one.id]) <= _reached(one)], store, now)


async def _discover(before: Connection | None, news: Connection, store: Store, now: datetime) -> None:
    """
    At once where it became active (by its state, not by the event's kind: the event that said so may have been skipped
    for a newer one) or reaches other channels. A pass under way is of the channels it began with: it starts over.
    """
    discovery = await store.discoveries.lock(news.id)
    if discovery is None:
        await store.discoveries.save(news.id, Discovery(due_at=now))
        return
    newly_active = before is None or not before.active or before.consent_version < news.consent_version
    if (news.active and newly_active) or (before is not None and before.channels != news.channels):
        await store.discoveries.save(news.id, replace(discovery, due_at=now, current=None))


async def _let_go(news: Sequence[Connection], store: Store, now: datetime) -> None:
    """Where one was ended nothing that was begun goes on: an outcome that still comes finds nothing."""
    if not news:
        return
    begun = await store.submissions.lock_all([one.id for one in news if one.state == DISCONNECTED])
    gone = [listing for one in news for listing in await store.listings.beside(one.id, _reached(one))]
    await aim_listings([replace(one, gone_at=now) for one in gone], store, now)
    told = await store.targets.of_ids({line.target_id for each in begun for line in each.lines})
    await store.targets.save([target.unanswered(now) for target in told])
    await store.submissions.end([each.id for each in begun])


def _reached(connection: Connection) -> set[str]:
    return set() if connection.state == DISCONNECTED else set(connection.channels)


def _told(event: Event[Any], known: Mapping[ConnectionId, Connection]) -> Connection | None:
    """None: it was deleted, and is not known here."""
    if not isinstance(event.body, ConnectionDeletedV1):
        return _connection(event.body)
    before = known.get(ConnectionId(event.subject))
    return before.forgotten() if before else None


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
        channels=tuple(channel.id for channel in body.channels),
    )
