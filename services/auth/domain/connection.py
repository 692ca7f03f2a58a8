"""
A connection: one seller account of one marketplace in one region, and what its consent is worth now.

    authorised --(far side refuses, 403)--> waiting --(it answers again, 200)--> authorised
    authorised, waiting --(consent withdrawn)--> revoked --(seller consents)--> authorised
    authorised, waiting --(somebody pauses it)--> paused --(resumes it, or consents)--> authorised, waiting
    any --(seller ends it)--> disconnected --(seller consents)--> authorised

Where sellers delegate in the marketplace's portal, nothing leads back to us, and a claim comes first (`claim.py`):

    new, disconnected --(an organisation claims the account)--> unproven
    unproven --(proof, and the far side lets us in)--> authorised
    unproven --(proof, before it does)--> waiting
    unproven --(thirty days, or ended)--> disconnected

Only auth changes a connection's state; every change that others must hear of is a `Change` with its event. Others
first hear of a connection when it is authorised, and of a claim never.
"""

from dataclasses import dataclass, field, replace
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
    """Only in `authorised` may a service work. `unproven`: nobody has shown yet whose seller account it is."""

    UNPROVEN = "unproven"
    AUTHORISED = "authorised"
    WAITING = "waiting"
    REVOKED = "revoked"
    PAUSED = "paused"
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
    PAUSED = "paused"
    RESUMED = "resumed"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True)
class Connection:
    """
    `suspected_at`: since when a service says the consent is lost, until a probe with a new token has shown it.
    `reached`: the channels the last probe told; `chosen`: the ids of those the organisation wants, None = all.
    `expires_at` None: no end is known. `login`: the seller's name in the marketplace's portal, personal data.

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
    expires_at: datetime | None = None
    reached: tuple[Channel, ...] = ()
    chosen: frozenset[str] | None = None
    login: str | None = field(default=None, repr=False)
    claimed_at: datetime | None = None
    refused_at: datetime | None = None
    contested: bool = False
    probe_due_at: datetime | None = None
    probed_at: datetime | None = None
    probe_outcome: ProbeOutcome | None = None
    suspected_at: datetime | None = None
    event_sequence: int = 0

    @property
    def is_proven(self) -> bool:
        """The seller account is known to be this organisation's, and is nobody else's meanwhile."""
        return self.state not in {ConnectionState.UNPROVEN, ConnectionState.DISCONNECTED}

    @property
    def may_be_probed(self) -> bool:
        return self.state in {ConnectionState.UNPROVEN, ConnectionState.AUTHORISED, ConnectionState.WAITING}

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Where services work: reached, and chosen."""
        return tuple(each for each in self.reached if self.chosen is None or each.id in self.chosen)


@dataclass(frozen=True, slots=True)
class Change:
    """A connection after something happened; `happened` None: nothing others must hear of."""

    connection: Connection
    happened: Happened | None


class NameInvalid(Exception):
    """A connection's name is empty or too long."""


class NotRunning(Exception):
    """Only a connection that works, or waits for the far side, can be paused."""


class ChannelsInvalid(Exception):
    """No channel is left, or one is chosen that there is not."""


def clean_name(name: str) -> str:
    """The name as it is kept. Raises NameInvalid."""
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > NAME_LENGTH or not cleaned.isprintable():
        raise NameInvalid
    return cleaned


def authorise(
    connection: Connection, grant_id: GrantId | None, now: datetime, *, lasts: timedelta | None = CONSENT_LASTS
) -> Change:
    """
    The seller consented, for the first time (`consent_version` 0 before) or again: settings are kept.

    `lasts` None: until the seller ends it.
    """
    return told(
        replace(
            connection,
            state=ConnectionState.AUTHORISED,
            consent_version=connection.consent_version + 1,
            grant_id=grant_id,
            authorised_at=now,
            expires_at=now + lasts if lasts else None,
            probe_due_at=now,
            probe_outcome=None,
            suspected_at=None,
        ),
        Happened.AUTHORISED,
    )


def revoke(connection: Connection) -> Change:
    """The far side says the consent is gone: only the seller can mend it."""
    if connection.state not in {ConnectionState.AUTHORISED, ConnectionState.WAITING}:
        return Change(connection, None)
    lost = replace(connection, state=ConnectionState.REVOKED, probe_due_at=None, suspected_at=None)
    return told(lost, Happened.REVOKED)


def pause(connection: Connection) -> Change:
    """Somebody wants it to rest: nothing is asked at the far side, nothing is forgotten. Raises NotRunning."""
    if connection.state is ConnectionState.PAUSED:
        return Change(connection, None)
    if connection.state not in {ConnectionState.AUTHORISED, ConnectionState.WAITING}:
        raise NotRunning
    resting = replace(connection, state=ConnectionState.PAUSED, probe_due_at=None, suspected_at=None)
    return told(resting, Happened.PAUSED)


def resume(connection: Connection, now: datetime) -> Change:
    """It goes on as it stood; what became of its consent meanwhile, the probe that is due now finds out."""
    if connection.state is not ConnectionState.PAUSED:
        return Change(connection, None)
    refused = connection.probe_outcome is ProbeOutcome.REFUSED
    state = ConnectionState.WAITING if refused else ConnectionState.AUTHORISED
    return told(replace(connection, state=state, probe_due_at=now), Happened.RESUMED)


def disconnect(connection: Connection) -> Change:
    """The seller ended it here. Its grant is no longer named, and is to be destroyed."""
    if connection.state is ConnectionState.DISCONNECTED:
        return Change(connection, None)
    ended = replace(
        connection,
        state=ConnectionState.DISCONNECTED,
        grant_id=None,
        probe_due_at=None,
        suspected_at=None,
        refused_at=None,
        contested=False,
    )
    return told(ended, Happened.DISCONNECTED)


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
    return _with_channels(connection, changed)


def suspect(connection: Connection, consent_version: int, now: datetime) -> Change:
    """A service says the consent is lost: older consents' reports are ignored, the rest is checked soon."""
    if consent_version < connection.consent_version or connection.state is not ConnectionState.AUTHORISED:
        return Change(connection, None)
    soon = now if connection.probed_at is None else max(now, connection.probed_at + REPORTS_AT_MOST_EVERY)
    due = min(soon, connection.probe_due_at or soon)
    return Change(replace(connection, suspected_at=connection.suspected_at or now, probe_due_at=due), None)


def probed(connection: Connection, channels: tuple[Channel, ...], now: datetime) -> Change:
    """The far side answered. After a refusal that is a new consent: what stopped may go on."""
    if connection.state not in {ConnectionState.AUTHORISED, ConnectionState.WAITING}:
        return Change(connection, None)
    waited = connection.state is ConnectionState.WAITING
    after_refusal = waited or connection.probe_outcome in {ProbeOutcome.REFUSED, ProbeOutcome.ROLE_MISSING}
    news = replace(
        connection,
        state=ConnectionState.AUTHORISED,
        consent_version=connection.consent_version + (1 if after_refusal else 0),
        authorised_at=connection.authorised_at or now,
        reached=channels,
        probe_due_at=now + PROBE_EVERY,
        probed_at=now,
        probe_outcome=ProbeOutcome.OK,
        suspected_at=None,
    )
    return told(news, Happened.AUTHORISED) if after_refusal else _with_channels(connection, news)


def probe_refused(connection: Connection, outcome: ProbeOutcome, now: datetime) -> Change:
    """
    The far side answered 403. A missing role stops only what needs it; a token refused although it was renewed
    stops everything until the far side answers again.
    """
    if connection.state not in {ConnectionState.AUTHORISED, ConnectionState.WAITING}:
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
    return told(replace(noted, state=ConnectionState.WAITING), Happened.REVOKED)


def told(connection: Connection, happened: Happened) -> Change:
    """With its event, unless others have never heard of it or it is a claim: then there is nothing to tell."""
    if connection.state is ConnectionState.UNPROVEN or connection.consent_version == 0:
        return Change(connection, None)
    return Change(replace(connection, event_sequence=connection.event_sequence + 1), happened)


def _with_channels(before: Connection, after: Connection) -> Change:
    """Told where the channels to work for are others."""
    return Change(after, None) if after.channels == before.channels else told(after, Happened.SETTINGS_CHANGED)
