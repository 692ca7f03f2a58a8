"""
A connection: one seller account of one marketplace in one region, and what its consent is worth now.

    authorised --(far side refuses, 403)--> waiting --(it answers again, 200)--> authorised
    authorised, waiting --(consent withdrawn)--> revoked --(seller consents)--> authorised
    any --(seller ends it)--> disconnected --(seller consents)--> authorised

Only auth changes a connection's state; every change that others must hear of is a `Change` with its event.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.kernel.ids import ConnectionId, GrantId, OrganisationId
from shared.marketplaces.models import Channel

CONSENT_LASTS = timedelta(days=365)
PROBE_EVERY = timedelta(days=1)
# A refusal is asked about sooner: the seller may be mending it now.
PROBE_REFUSED_EVERY = timedelta(hours=1)
# Every service may report the same lost consent, again and again: one check a minute answers them all.
REPORTS_AT_MOST_EVERY = timedelta(minutes=1)
NAME_LENGTH = 80


class ConnectionState(StrEnum):
    """Only in `authorised` may a service work."""

    AUTHORISED = "authorised"
    WAITING = "waiting"
    REVOKED = "revoked"
    DISCONNECTED = "disconnected"


class ProbeOutcome(StrEnum):
    OK = "ok"
    ROLE_MISSING = "role_missing"
    REFUSED = "refused"


class Happened(StrEnum):
    """Which event tells of a change."""

    AUTHORISED = "authorised"
    REVOKED = "revoked"
    SETTINGS_CHANGED = "settings_changed"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True)
class Connection:
    """`suspected_at`: since when a service says the consent is lost, until a probe with a new token has shown it."""

    id: ConnectionId
    organisation_id: OrganisationId
    marketplace: str
    region: str
    seller_id: str
    name: str
    state: ConnectionState
    consent_version: int
    grant_id: GrantId | None
    authorised_at: datetime
    expires_at: datetime
    channels: tuple[Channel, ...] = ()
    probe_due_at: datetime | None = None
    probed_at: datetime | None = None
    probe_outcome: ProbeOutcome | None = None
    suspected_at: datetime | None = None
    event_sequence: int = 0

    @property
    def may_be_probed(self) -> bool:
        return self.state in {ConnectionState.AUTHORISED, ConnectionState.WAITING}


@dataclass(frozen=True, slots=True)
class Change:
    """A connection after something happened; `happened` None: nothing others must hear of."""

    connection: Connection
    happened: Happened | None


class NameInvalid(Exception):
    """A connection's name is empty or too long."""


def clean_name(name: str) -> str:
    """The name as it is kept. Raises NameInvalid."""
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > NAME_LENGTH or not cleaned.isprintable():
        raise NameInvalid
    return cleaned


def authorise(connection: Connection, grant_id: GrantId, now: datetime) -> Change:
    """The seller consented, for the first time (`consent_version` 0 before) or again: settings are kept."""
    return _told(
        replace(
            connection,
            state=ConnectionState.AUTHORISED,
            consent_version=connection.consent_version + 1,
            grant_id=grant_id,
            authorised_at=now,
            expires_at=now + CONSENT_LASTS,
            probe_due_at=now,
            probe_outcome=None,
            suspected_at=None,
        ),
        Happened.AUTHORISED,
    )


def revoke(connection: Connection) -> Change:
    """The far side says the consent is gone: only the seller can mend it."""
    if not connection.may_be_probed:
        return Change(connection, None)
    lost = replace(connection, state=ConnectionState.REVOKED, probe_due_at=None, suspected_at=None)
    return _told(lost, Happened.REVOKED)


def disconnect(connection: Connection) -> Change:
    """The seller ended it here. Its grant is no longer named, and is to be destroyed."""
    if connection.state is ConnectionState.DISCONNECTED:
        return Change(connection, None)
    ended = replace(connection, state=ConnectionState.DISCONNECTED, grant_id=None, probe_due_at=None, suspected_at=None)
    return _told(ended, Happened.DISCONNECTED)


def rename(connection: Connection, name: str) -> Change:
    """Raises NameInvalid."""
    cleaned = clean_name(name)
    if cleaned == connection.name:
        return Change(connection, None)
    return _told(replace(connection, name=cleaned), Happened.SETTINGS_CHANGED)


def suspect(connection: Connection, consent_version: int, now: datetime) -> Change:
    """A service says the consent is lost: older consents' reports are ignored, the rest is checked soon."""
    if consent_version < connection.consent_version or connection.state is not ConnectionState.AUTHORISED:
        return Change(connection, None)
    soon = now if connection.probed_at is None else max(now, connection.probed_at + REPORTS_AT_MOST_EVERY)
    due = min(soon, connection.probe_due_at or soon)
    return Change(replace(connection, suspected_at=connection.suspected_at or now, probe_due_at=due), None)


def probed(connection: Connection, channels: tuple[Channel, ...], now: datetime) -> Change:
    """The far side answered. After a refusal that is a new consent: what stopped may go on."""
    if not connection.may_be_probed:
        return Change(connection, None)
    after_refusal = connection.probe_outcome in {ProbeOutcome.REFUSED, ProbeOutcome.ROLE_MISSING}
    news = replace(
        connection,
        state=ConnectionState.AUTHORISED,
        consent_version=connection.consent_version + (1 if after_refusal else 0),
        channels=channels,
        probe_due_at=now + PROBE_EVERY,
        probed_at=now,
        probe_outcome=ProbeOutcome.OK,
        suspected_at=None,
    )
    if after_refusal:
        return _told(news, Happened.AUTHORISED)
    if channels != connection.channels:
        return _told(news, Happened.SETTINGS_CHANGED)
    return Change(news, None)


def probe_refused(connection: Connection, outcome: ProbeOutcome, now: datetime) -> Change:
    """
    The far side answered 403. A missing role stops only what needs it; a token refused although it was renewed
    stops everything until the far side answers again.
    """
    if not connection.may_be_probed:
        return Change(connection, None)
    noted = replace(
        connection,
        probe_due_at=now + PROBE_REFUSED_EVERY,
        probed_at=now,
        probe_outcome=outcome,
        suspected_at=None,
    )
    if outcome is ProbeOutcome.ROLE_MISSING or connection.state is ConnectionState.WAITING:
        return Change(noted, None)
    return _told(replace(noted, state=ConnectionState.WAITING), Happened.REVOKED)


def _told(connection: Connection, happened: Happened) -> Change:
    return Change(replace(connection, event_sequence=connection.event_sequence + 1), happened)
