"""
A claim: an organisation says that a seller account is its own, where the seller lets us in by delegation.

Anybody can type a seller id, and one grant of ours reaches every seller who delegates to us, so that being let in
proves nothing by itself. What proves: the far side refused us after the claim and lets us in later, while nobody else
claimed the account (only its owner could do that, and only who waits for it asks them to); credentials of the seller's
own; an operator who looked (decision 0007).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.auth.domain.connection import Change, Connection, ConnectionState, ProbeOutcome
from services.auth.domain.life import PROBE_EVERY, PROBE_REFUSED_EVERY, authorise, disconnect
from shared.kernel.ids import GrantId, OrganisationId
from shared.marketplaces.reached import Reached

CLAIM_LASTS = timedelta(days=30)
CLAIMS_MOST = 20
LOGIN_LENGTH = 254
# How often a claim is looked at, by its age: its owner is giving the delegation now, or will do it some day.
PACE = (
    (timedelta(minutes=2), timedelta(seconds=15)),
    (timedelta(minutes=10), timedelta(minutes=1)),
    (timedelta(days=1), timedelta(minutes=10)),
)


class Proof(StrEnum):
    """How it was shown whose account it is."""

    DELEGATION = "delegation"
    CREDENTIALS = "credentials"
    OPERATOR = "operator"


class ClaimProblem(StrEnum):
    """Why a claim is not taken, or not proven."""

    SELLER_INVALID = "seller-invalid"
    LOGIN_INVALID = "login-invalid"
    NOT_DELEGATED = "not-delegated"
    OTHER_ORGANISATION = "other-organisation"
    TOO_MANY = "too-many-claims"
    NOT_OPEN = "not-open"
    CREDENTIALS_REFUSED = "credentials-refused"


class ClaimRefused(Exception):
    def __init__(self, problem: ClaimProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Standing:
    """Who has to do with a seller account here, as one organisation sees it. `rivals`: claims of others."""

    own: Connection | None
    holder: OrganisationId | None
    rivals: tuple[Connection, ...]


def standing(connections: Sequence[Connection], organisation_id: OrganisationId) -> Standing:
    """Of all connections of the account that live, and the organisation's ended ones."""
    own = [each for each in connections if each.organisation_id == organisation_id]
    living = [each for each in own if each.state is not ConnectionState.DISCONNECTED]
    holders = [each.organisation_id for each in connections if each.is_proven]
    rivals = (each for each in connections if each.state is ConnectionState.UNPROVEN and each not in own)
    return Standing(next(reversed(living or own), None), next(iter(holders), None), tuple(rivals))


def clean_login(login: str) -> str | None:
    """The name in the marketplace's portal as it is kept; None where there is none. Raises ClaimRefused."""
    cleaned = login.strip()
    if len(cleaned) > LOGIN_LENGTH or not cleaned.isprintable():
        raise ClaimRefused(ClaimProblem.LOGIN_INVALID)
    return cleaned or None


def with_login(connection: Connection, login: str) -> Change:
    """Of which others hear nothing: it is for the organisation alone. Raises ClaimRefused."""
    if connection.claimed_at is None or connection.app_id is not None:
        raise ClaimRefused(ClaimProblem.NOT_DELEGATED)
    return Change(replace(connection, login=clean_login(login)), None)


def claim(connection: Connection, grant_id: GrantId, now: datetime, *, contested: bool) -> Change:
    """The organisation says, for the first time or again, that the account is its own. What was shown before is not."""
    claimed = replace(
        connection,
        state=ConnectionState.UNPROVEN,
        grant_id=grant_id,
        claimed_at=now,
        refused_at=None,
        contested=contested,
        probe_due_at=now,
        probed_at=None,
        probe_outcome=None,
        suspected_at=None,
    )
    return Change(claimed, None)


def contest(connection: Connection) -> Change:
    """Another organisation claims the account too: from now on being let in cannot tell which of them did it."""
    return Change(replace(connection, contested=True, refused_at=None), None)


def refused(connection: Connection, outcome: ProbeOutcome, now: datetime) -> Change:
    """The far side did not let us in: remembered, for what comes after it. Nothing else tells of a delegation."""
    noted = _looked(connection, outcome, now)
    if outcome is ProbeOutcome.REFUSED:
        noted = replace(noted, refused_at=connection.refused_at or now)
    return Change(noted, None)


def let_in(connection: Connection, reached: Reached, now: datetime, *, proves: bool) -> Change:
    """
    The far side lets us in: a proof after a refusal, where nobody else claims the account and `proves` allows it.

    Until a proof nothing of the account is kept: not even which channels it has.
    """
    noted = _looked(connection, ProbeOutcome.OK, now)
    if not proves or connection.refused_at is None or connection.contested:
        return Change(noted, None)
    change = prove(noted, now)
    known = replace(
        change.connection,
        reached=reached.channels,
        seller_state=reached.seller_state,
        probe_outcome=ProbeOutcome.OK,
        probe_due_at=now + PROBE_EVERY,
    )
    return replace(change, connection=known)


def prove(connection: Connection, now: datetime) -> Change:
    """It is shown that the account is theirs: authorised where we are let in already, else as soon as we are."""
    proven = replace(connection, refused_at=None, contested=False)
    if connection.probe_outcome is ProbeOutcome.OK:
        return authorise(proven, connection.grant_id, now, lasts=None)
    return Change(replace(proven, state=ConnectionState.WAITING, probe_due_at=now), None)


def lapse(connection: Connection, now: datetime) -> Change:
    """A claim that nothing proved in its time is ended."""
    over = connection.claimed_at is not None and connection.claimed_at + CLAIM_LASTS <= now
    if connection.state is not ConnectionState.UNPROVEN or not over:
        return Change(connection, None)
    return disconnect(connection)


def _looked(connection: Connection, outcome: ProbeOutcome, now: datetime) -> Connection:
    age = now - (connection.claimed_at or now)
    every = next((every for until, every in PACE if age < until), PROBE_REFUSED_EVERY)
    return replace(connection, probed_at=now, probe_outcome=outcome, probe_due_at=now + every)
