"""
How a connection lives: what the seller, the far side and time do to it.

    authorised --(thirty days before the end)--> expiring --(the end)--> expired
    authorised, expiring --(far side refuses, 403)--> waiting --(it answers again, 200)--> authorised
    waiting --(the end)--> expired
    authorised, expiring, waiting, expired --(consent gone at the far side)--> revoked
    authorised, expiring, waiting --(somebody pauses it)--> paused --(resumes it)--> as it stood, or expired
    any --(seller consents)--> authorised
    any --(seller ends it)--> disconnected

Where sellers delegate in the marketplace's portal, nothing leads back to us, and a claim comes first (`claim.py`):

    new, disconnected --(an organisation claims the account)--> unproven
    unproven --(proof, and the far side lets us in)--> authorised
    unproven --(proof, before it does)--> waiting
    unproven --(thirty days, or ended)--> disconnected
"""

from dataclasses import replace
from datetime import datetime, timedelta

from services.auth.domain.connection import (
    RUNNING,
    WORKING,
    Change,
    Connection,
    ConnectionState,
    Happened,
    ProbeOutcome,
    told,
    with_channels,
)
from shared.kernel.ids import GrantId
from shared.marketplaces.reached import Reached

EXPIRING_FOR = timedelta(days=30)
# The far side's clock, and the moment it counts from, are not ours.
_END_LEEWAY = timedelta(days=1)
PROBE_EVERY = timedelta(days=1)
# A refusal is asked about sooner: the seller may be mending it now.
PROBE_REFUSED_EVERY = timedelta(hours=1)
# Every service may report the same lost consent, again and again: one check a minute answers them all.
REPORTS_AT_MOST_EVERY = timedelta(minutes=1)


class NotRunning(Exception):
    """Only a connection that works, or waits for the far side, can be paused."""


def authorise(connection: Connection, grant_id: GrantId | None, now: datetime, *, lasts: timedelta | None) -> Change:
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
            first_authorised_at=connection.first_authorised_at or now,
            expires_at=now + lasts if lasts else None,
            probe_due_at=now,
            probe_outcome=None,
            suspected_at=None,
            lacks_roles=(),
        ),
        Happened.AUTHORISED,
    )


def revoke(connection: Connection, now: datetime) -> Change:
    """
    The far side says the consent is gone: withdrawn, or, at its known end, expired. Only the seller can mend it.

    What expired here before, and was good over there until now, is withdrawn.
    """
    if connection.state not in RUNNING | {ConnectionState.EXPIRED}:
        return Change(connection, None)
    lost = replace(connection, state=ConnectionState.REVOKED, probe_due_at=None, suspected_at=None)
    ended = connection.expires_at is not None and now >= connection.expires_at - _END_LEEWAY
    expired = ended and connection.state is not ConnectionState.EXPIRED
    return told(lost, Happened.EXPIRED if expired else Happened.REVOKED)


def age(connection: Connection, now: datetime, *, goes_on: bool) -> Change:
    """
    What time alone does. At the end the far side is asked once more: nothing dies of a consent we never looked at, nor
    because the far side is down. `goes_on`: what still works after its end stays as it is, else it stops then.
    """
    end = connection.expires_at
    if end is None or now < end - EXPIRING_FOR:
        return Change(connection, None)
    if connection.state is ConnectionState.AUTHORISED:
        return told(replace(connection, state=ConnectionState.EXPIRING), Happened.EXPIRING)
    if now < end or connection.state not in {ConnectionState.EXPIRING, ConnectionState.WAITING}:
        return Change(connection, None)
    if connection.probed_at is None or connection.probed_at < end:
        return Change(replace(connection, probe_due_at=min(now, connection.probe_due_at or now)), None)
    if connection.state is ConnectionState.EXPIRING and goes_on:
        return Change(connection, None)
    over = replace(connection, state=ConnectionState.EXPIRED, probe_due_at=None, suspected_at=None)
    return told(over, Happened.EXPIRED)


def pause(connection: Connection) -> Change:
    """Somebody wants it to rest: nothing is asked at the far side, nothing is forgotten. Raises NotRunning."""
    if connection.state is ConnectionState.PAUSED:
        return Change(connection, None)
    if connection.state not in RUNNING:
        raise NotRunning
    resting = replace(connection, state=ConnectionState.PAUSED, probe_due_at=None, suspected_at=None)
    return told(resting, Happened.PAUSED)


def resume(connection: Connection, now: datetime, *, goes_on: bool) -> Change:
    """
    It goes on as it stood, and as old as it is by now; what became of its consent meanwhile, the probe that is due now
    finds out. What was proven and never answered still waits for that. `goes_on`: as in `age`; without, past its end it
    has expired.
    """
    end = connection.expires_at
    if connection.state is not ConnectionState.PAUSED:
        return Change(connection, None)
    if end is not None and now >= end and not goes_on:
        return told(replace(connection, state=ConnectionState.EXPIRED), Happened.EXPIRED)
    if connection.probe_outcome is ProbeOutcome.REFUSED or _is_unanswered(connection):
        state = ConnectionState.WAITING
    else:
        ends_soon = end is not None and now >= end - EXPIRING_FOR
        state = ConnectionState.EXPIRING if ends_soon else ConnectionState.AUTHORISED
    return told(replace(connection, state=state, probe_due_at=now), Happened.RESUMED)


def disconnect(connection: Connection) -> Change:
    """The seller ended it here. Its grant is no longer named, and is to be destroyed."""
    if connection.state is ConnectionState.DISCONNECTED:
        return Change(connection, None)
    return told(_ended(connection), Happened.DISCONNECTED)


def erase(connection: Connection, now: datetime) -> Change:
    """The same, and whoever holds buyers' data of it is to destroy that; also of one that was ended before."""
    if not connection.may_be_erased:
        return disconnect(connection)
    return told(replace(_ended(connection), erase_asked_at=now), Happened.DISCONNECTED)


def _ended(connection: Connection) -> Connection:
    return replace(
        connection,
        state=ConnectionState.DISCONNECTED,
        grant_id=None,
        probe_due_at=None,
        suspected_at=None,
        refused_at=None,
        contested=False,
        lacks_roles=(),
    )


def ask(connection: Connection, now: datetime) -> Change:
    """Somebody wants the far side asked at once. Raises NotRunning."""
    if not connection.may_be_probed:
        raise NotRunning
    return Change(replace(connection, probe_due_at=min(now, connection.probe_due_at or now)), None)


def suspect(connection: Connection, consent_version: int, now: datetime) -> Change:
    """A service says the consent is lost: older consents' reports are ignored, the rest is checked soon."""
    if consent_version < connection.consent_version or connection.state not in WORKING:
        return Change(connection, None)
    soon = now if connection.probed_at is None else max(now, connection.probed_at + REPORTS_AT_MOST_EVERY)
    due = min(soon, connection.probe_due_at or soon)
    return Change(replace(connection, suspected_at=connection.suspected_at or now, probe_due_at=due), None)


def probed(connection: Connection, reached: Reached, now: datetime) -> Change:
    """The far side answered. After a refusal that is a new consent: what stopped may go on."""
    if connection.state not in RUNNING:
        return Change(connection, None)
    waited = connection.state is ConnectionState.WAITING
    after_refusal = waited or connection.probe_outcome not in {None, ProbeOutcome.OK}
    since = connection.authorised_at
    news = replace(
        connection,
        state=ConnectionState.AUTHORISED if waited else connection.state,
        consent_version=connection.consent_version + (1 if after_refusal else 0),
        authorised_at=now if _is_unanswered(connection) else since,
        first_authorised_at=connection.first_authorised_at or since or now,
        reached=reached.channels,
        seller_state=reached.seller_state,
        professional=connection.professional if reached.professional is None else reached.professional,
        probe_due_at=now + PROBE_EVERY,
        probed_at=now,
        probe_outcome=ProbeOutcome.OK,
        suspected_at=None,
    )
    return told(news, Happened.AUTHORISED) if after_refusal else with_channels(connection, news)


def _is_unanswered(connection: Connection) -> bool:
    """Nothing let us in since it was claimed. What did in a life before that says nothing: it may have been erased."""
    since, claimed_at = connection.authorised_at, connection.claimed_at
    return since is None or (claimed_at is not None and since < claimed_at)


def probe_refused(connection: Connection, outcome: ProbeOutcome, now: datetime) -> Change:
    """
    The far side said no. A missing role stops only what needs it, and a question it declines nothing; a token refused
    although it was renewed stops everything until the far side answers again.
    """
    if connection.state not in RUNNING:
        return Change(connection, None)
    noted = replace(
        connection,
        probe_due_at=now + PROBE_REFUSED_EVERY,
        probed_at=now,
        probe_outcome=outcome,
        suspected_at=None,
    )
    if outcome is not ProbeOutcome.REFUSED or connection.state is ConnectionState.WAITING:
        return Change(noted, None)
    return told(replace(noted, state=ConnectionState.WAITING), Happened.REVOKED)
