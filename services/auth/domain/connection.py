"""
A connection: one seller account of one marketplace in one region, what its consent is worth now, and its settings.

How it gets from state to state is in `life.py`. Only auth changes a connection's state; every change that others must
hear of is a `Change` with its event. Others first hear of a connection when it is authorised, and of a claim never.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.auth.domain.opaque import digest
from shared.kernel.ids import ConnectionId, GrantId, OrganisationId, new_id
from shared.marketplaces.endpoint import Endpoint
from shared.marketplaces.models import Channel
from shared.marketplaces.reached import SellerState

NAME_LENGTH = 80


class ConnectionState(StrEnum):
    """
    In `authorised` and `expiring` services work, in `expired` they finish what they took on before.

    `unproven`: nobody has shown yet whose seller account it is: claimed, or brought from an older interface.
    """

    UNPROVEN = "unproven"
    AUTHORISED = "authorised"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    WAITING = "waiting"
    REVOKED = "revoked"
    PAUSED = "paused"
    DISCONNECTED = "disconnected"


# The consent is good for all we know, and its time is not over; in the first two services work.
WORKING = frozenset({ConnectionState.AUTHORISED, ConnectionState.EXPIRING})
# What was taken on before is finished while the consent works.
TOKENS_GIVEN = WORKING | {ConnectionState.EXPIRED}
RUNNING = WORKING | {ConnectionState.WAITING}
# A consent to one of these is a new one, not a renewal.
UNCONNECTED = frozenset({ConnectionState.UNPROVEN, ConnectionState.DISCONNECTED})


class ProbeOutcome(StrEnum):
    """`declined`: neither us nor the consent, but what was asked of this account, such as one of another region."""

    OK = "ok"
    ROLE_MISSING = "role_missing"
    REFUSED = "refused"
    DECLINED = "declined"


class Happened(StrEnum):
    """Which event tells of a change."""

    AUTHORISED = "authorised"
    REVOKED = "revoked"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    SETTINGS_CHANGED = "settings_changed"
    PAUSED = "paused"
    RESUMED = "resumed"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True)
class Connection:
    """
    `suspected_at`: since when a service says the consent is lost, until a probe with a new token has shown it.
    `reached`: the channels the last probe told; `chosen`: the ids of those the organisation wants, None = all.
    `seller_state`: how the marketplace kept the account at that probe, where it tells.
    `orders_from`: orders placed before stay with another system; None: there is no such.
    `endpoint`: at which of the marketplace's it is worked. `professional`: whether its selling plan is, where the
    marketplace tells. `first_authorised_at`: no renewal moves it. `expires_at` None: no end is known. `country`: on
    whose page the seller consented. `login`: the seller's name in the marketplace's portal, personal data.

    `app_id`: the organisation's own application that it is reached by; None: ours. `remind_at`: when its organisation
    is to be reminded of it, where no end is known.

    `erase_asked_at`: when the organisation last wanted all buyers' data that came by it destroyed.

    `lacks_roles`: those our application was asked for since the seller consented, as they were when it was read;
    `roles_told_at`: when its organisation was last told of them.

    Of the client secret of the organisation's own application, as they were when it was read: since when the far side
    refuses it (`secret_refused_at`), and when it ends at the latest (`secret_ends_at`).

    Of a claim: since when it is made, when the far side first refused it since, and whether another organisation
    claimed the account beside it.
    """

    id: ConnectionId
    organisation_id: OrganisationId
    marketplace: str
    region: str
    seller_id: str
    name: str
    state: ConnectionState
    consent_version: int
    grant_id: GrantId | None
    authorised_at: datetime | None = None
    first_authorised_at: datetime | None = None
    expires_at: datetime | None = None
    reached: tuple[Channel, ...] = ()
    chosen: frozenset[str] | None = None
    seller_state: SellerState | None = None
    orders_from: datetime | None = None
    country: str | None = None
    login: str | None = field(default=None, repr=False)
    claimed_at: datetime | None = None
    refused_at: datetime | None = None
    contested: bool = False
    probe_due_at: datetime | None = None
    probed_at: datetime | None = None
    probe_outcome: ProbeOutcome | None = None
    suspected_at: datetime | None = None
    event_sequence: int = 0
    app_id: UUID | None = None
    remind_at: datetime | None = None
    erase_asked_at: datetime | None = None
    endpoint: Endpoint = Endpoint.PRODUCTION
    professional: bool | None = None
    lacks_roles: tuple[str, ...] = ()
    roles_told_at: datetime | None = None
    secret_refused_at: datetime | None = None
    secret_ends_at: datetime | None = None

    @property
    def may_be_erased(self) -> bool:
        """Buyers' data may have come by it since that was last wanted: others have heard of it."""
        asked = self.erase_asked_at
        if self.consent_version == 0:
            return False
        return asked is None or (self.authorised_at is not None and asked < self.authorised_at)

    @property
    def is_proven(self) -> bool:
        """
        The seller account is known to be this organisation's, and is nobody else's meanwhile. By an application of
        one's own an account is reached, but its name is only what somebody typed.
        """
        return self.app_id is None and self.state not in {ConnectionState.UNPROVEN, ConnectionState.DISCONNECTED}

    @property
    def is_claimed(self) -> bool:
        """The far side may let us in any moment, where sellers delegate; elsewhere a consent comes first."""
        return self.state is ConnectionState.UNPROVEN and self.claimed_at is not None

    @property
    def may_be_probed(self) -> bool:
        return self.is_claimed or self.state in RUNNING

    @property
    def reaches_no_store(self) -> bool:
        """The far side named none, although it lets us in; so it does, too, where its probe tells no stores."""
        return self.state in WORKING and self.probe_outcome is ProbeOutcome.OK and not self.reached

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Where services work: reached, and chosen."""
        return tuple(each for each in self.reached if self.chosen is None or each.id in self.chosen)


def new_connection(
    organisation_id: OrganisationId, marketplace: str, region: str, seller_id: str, name: str
) -> Connection:
    """Before its first consent or claim: nothing of it is kept unless that is."""
    return Connection(
        id=ConnectionId(new_id()),
        organisation_id=organisation_id,
        marketplace=marketplace,
        region=region,
        seller_id=seller_id,
        name=name,
        state=ConnectionState.DISCONNECTED,
        consent_version=0,
        grant_id=None,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """A connection after something happened; `happened` None: nothing others must hear of."""

    connection: Connection
    happened: Happened | None


class NameInvalid(Exception):
    """A connection's name is empty or too long."""


class ChannelsInvalid(Exception):
    """No channel is left, or one is chosen that there is not."""


def clean_name(name: str) -> str:
    """The name as it is kept. Raises NameInvalid."""
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > NAME_LENGTH or not cleaned.isprintable():
        raise NameInvalid
    return cleaned


def rename(connection: Connection, name: str) -> Change:
    """Raises NameInvalid."""
    cleaned = clean_name(name)
    if cleaned == connection.name:
        return Change(connection, None)
    return told(replace(connection, name=cleaned), Happened.SETTINGS_CHANGED)


def choose(connection: Connection, wanted: frozenset[str] | None) -> Change:
    """
    From now on these channels only; None: all, also those that come later. Raises ChannelsInvalid.

    A channel that is chosen and not reached just now may stay chosen.
    """
    if wanted == connection.chosen:
        return Change(connection, None)
    if wanted is not None:
        reached = {channel.id for channel in connection.reached}
        if not wanted & reached or wanted - reached - (connection.chosen or frozenset()):
            raise ChannelsInvalid
    changed = replace(connection, chosen=wanted)
    return with_channels(connection, changed)


def work_at(connection: Connection, endpoint: Endpoint, now: datetime) -> Change:
    """From now on at this endpoint, which is asked at once whether it lets us in."""
    if endpoint is connection.endpoint:
        return Change(connection, None)
    due = now if connection.state in RUNNING else connection.probe_due_at
    return told(replace(connection, endpoint=endpoint, probe_due_at=due), Happened.SETTINGS_CHANGED)


def digest_of(connections: Iterable[ConnectionId]) -> str:
    """Of these and no others, in any order: what a page that showed all of them brings back."""
    return digest(" ".join(sorted(str(one) for one in connections)))


def told(connection: Connection, happened: Happened) -> Change:
    """With its event, unless others have never heard of it or it is a claim: then there is nothing to tell."""
    if connection.state is ConnectionState.UNPROVEN or connection.consent_version == 0:
        return Change(connection, None)
    return Change(replace(connection, event_sequence=connection.event_sequence + 1), happened)


def with_channels(before: Connection, after: Connection) -> Change:
    """Told where the channels to work for are others."""
    return Change(after, None) if after.channels == before.channels else told(after, Happened.SETTINGS_CHANGED)
