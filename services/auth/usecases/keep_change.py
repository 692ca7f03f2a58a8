"""Writes a changed connection, its event and its mail, in the caller's transaction, which has locked its row."""

from dataclasses import asdict
from datetime import datetime

from services.auth.domain.connection import Change, Connection, Happened
from services.auth.domain.mail import told_by_mail
from services.auth.usecases.ports import Store
from shared.events.auth import (
    ChannelV1,
    ConnectionAuthorisedV1,
    ConnectionDisconnectedV1,
    ConnectionExpiredV1,
    ConnectionExpiringV1,
    ConnectionPausedV1,
    ConnectionResumedV1,
    ConnectionRevokedV1,
    ConnectionSettingsChangedV1,
    ConnectionStateV1,
)
from shared.events.base import Event
from shared.kernel.ids import new_id

EVENTS: dict[Happened, type[ConnectionStateV1]] = {
    Happened.AUTHORISED: ConnectionAuthorisedV1,
    Happened.REVOKED: ConnectionRevokedV1,
    Happened.EXPIRING: ConnectionExpiringV1,
    Happened.EXPIRED: ConnectionExpiredV1,
    Happened.SETTINGS_CHANGED: ConnectionSettingsChangedV1,
    Happened.PAUSED: ConnectionPausedV1,
    Happened.RESUMED: ConnectionResumedV1,
    Happened.DISCONNECTED: ConnectionDisconnectedV1,
}


async def keep_change(change: Change, *, store: Store, now: datetime) -> None:
    """Saves the connection; publishes where services must hear of it, writes to the members where they must act."""
    await store.connections.save(change.connection)
    if change.happened is not None:
        await store.outbox.add(event_of(change.connection, change.happened, now))
    if mail := told_by_mail(change, now):
        kind, due_at = mail
        await store.mails.add(change.connection.organisation_id, kind, (change.connection.id,), due_at=due_at, now=now)


def event_of(connection: Connection, happened: Happened, now: datetime) -> Event[ConnectionStateV1]:
    """The connection's whole public state."""
    body = EVENTS[happened](
        organisation_id=connection.organisation_id,
        connection_id=connection.id,
        marketplace=connection.marketplace,
        region=connection.region,
        seller_id=connection.seller_id,
        name=connection.name,
        state=connection.state.value,
        consent_version=connection.consent_version,
        authorised_at=connection.authorised_at,
        expires_at=connection.expires_at,
        erase_asked_at=connection.erase_asked_at,
        channels=tuple(ChannelV1(**asdict(channel)) for channel in connection.channels),
        orders_from=connection.orders_from,
        endpoint=connection.endpoint.value,
    )
    return Event(new_id(), connection.id, connection.event_sequence, now, body)
