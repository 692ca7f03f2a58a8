"""
Published by auth: connections on `auth.connection.v1`, keyed by connection id; organisations that end on
`auth.organisation.v1`, keyed by organisation id.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events.base import OwnedBody, Part, Tombstone
from shared.events.topics import AUTH_CONNECTION, AUTH_ORGANISATION

# In which states a service may do all of its work; and in which it may still finish what it took on before.
MAY_WORK = frozenset({"authorised", "expiring"})
MAY_FINISH = MAY_WORK | {"expired"}


class ChannelV1(Part):
    """A marketplace below the connection: `id` is the marketplace's own (Amazon: the marketplace id)."""

    id: str
    name: str
    country: str
    currency: str
    time_zone: str


class ConnectionStateV1(OwnedBody):
    """
    A connection's whole public state.

    `state`: in `authorised` and `expiring` a service may work, in `expired` only finish what it took on before; others:
    `waiting`, `revoked`, `paused`, `disconnected`. `consent_version` rises with each consent. `expires_at`: when the
    seller must have authorised again; None: no end is known. `orders_from`: orders placed before stay with the system
    that had the account until then; None: there is no such. `erase_asked_at`: when the seller last wanted all buyers'
    data that came by it destroyed; whoever holds such does it, works on only then, and tells auth.
    `endpoint`: `sandbox` where the connection is worked at the marketplace's own test endpoint.
    """

    TOPIC: ClassVar[str] = AUTH_CONNECTION.name

    connection_id: UUID
    marketplace: str
    region: str
    seller_id: str
    name: str
    state: str
    consent_version: int
    authorised_at: datetime | None = None
    expires_at: datetime | None = None
    erase_asked_at: datetime | None = None
    channels: tuple[ChannelV1, ...] = ()
    orders_from: datetime | None = None
    endpoint: str = "production"


class ConnectionAuthorisedV1(ConnectionStateV1):
    """The seller consented, for the first time or again."""

    TYPE: ClassVar[str] = "auth.connection.authorised.v1"


class ConnectionRevokedV1(ConnectionStateV1):
    """The far side no longer honours the consent; the seller must authorise again."""

    TYPE: ClassVar[str] = "auth.connection.revoked.v1"


class ConnectionExpiringV1(ConnectionStateV1):
    """The consent ends soon; everything goes on until then."""

    TYPE: ClassVar[str] = "auth.connection.expiring.v1"


class ConnectionExpiredV1(ConnectionStateV1):
    """
    The consent's time is over: nothing new is read or sent until the seller authorises again.

    State `revoked`: the far side ended it, so nothing can be finished either.
    """

    TYPE: ClassVar[str] = "auth.connection.expired.v1"


class ConnectionSettingsChangedV1(ConnectionStateV1):
    """Name, channels, cut-over or endpoint changed."""

    TYPE: ClassVar[str] = "auth.connection.settings_changed.v1"


class ConnectionPausedV1(ConnectionStateV1):
    """Somebody of the organisation wants it to rest."""

    TYPE: ClassVar[str] = "auth.connection.paused.v1"


class ConnectionResumedV1(ConnectionStateV1):
    """It goes on, from where it stood."""

    TYPE: ClassVar[str] = "auth.connection.resumed.v1"


class ConnectionDisconnectedV1(ConnectionStateV1):
    """The seller ended the connection here."""

    TYPE: ClassVar[str] = "auth.connection.disconnected.v1"


class ConnectionDeletedV1(Tombstone):
    """It was disconnected, and kept for its time: of it only its id is known any more."""

    TOPIC: ClassVar[str] = AUTH_CONNECTION.name
    TYPE: ClassVar[str] = "auth.connection.deleted.v1"


class OrganisationClosedV1(OwnedBody):
    """
    Its owner closed it, for good; its connections are told of apart. Whoever holds something of the organisation that
    came by no connection destroys it.
    """

    TOPIC: ClassVar[str] = AUTH_ORGANISATION.name
    TYPE: ClassVar[str] = "auth.organisation.closed.v1"

    closed_at: datetime


class OrganisationDeletedV1(Tombstone):
    """It was closed so long ago that nothing of it is kept any more."""

    TOPIC: ClassVar[str] = AUTH_ORGANISATION.name
    TYPE: ClassVar[str] = "auth.organisation.deleted.v1"
