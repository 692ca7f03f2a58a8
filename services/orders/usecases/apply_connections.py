"""Keeping our copy of connections; one that is authorised, for the first time or again, is read at once."""

from collections.abc import Sequence
from typing import Any

from services.orders.domain import windows
from services.orders.domain.connection import Connection
from services.orders.usecases.ports import Store
from shared.events.auth import ConnectionAuthorisedV1, ConnectionStateV1
from shared.events.base import Event
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, OrganisationId
from shared.marketplaces.models import Channel


async def apply_connections(store: Store, events: Sequence[Event[Any]], *, clock: Clock) -> None:
    """`events` of `auth.connection.v1`: at most one per connection, in the order of their ids."""
    connections = [_connection(event.body) for event in events]
    await store.connections.put(connections)
    known = await store.polls.of([one.id for one in connections])
    now = clock.now()
    for connection, event in zip(connections, events, strict=True):
        progress = known.get(connection.id)
        if progress is None:
            await store.polls.save(connection.id, windows.started(now), now)
        elif isinstance(event.body, ConnectionAuthorisedV1):
            await store.polls.save(connection.id, windows.due_at_once(progress, now), now)


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
        channels=tuple(Channel(c.id, c.name, c.country, c.currency, c.time_zone) for c in body.channels),
    )
