"""
Shows whose a claimed seller account is: by credentials of the seller's own, or because an operator says so.

Whoever is proven first has the account: until the transaction ends nobody else can.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.claim import ClaimProblem, ClaimRefused, Proof, prove, standing
from services.auth.domain.connection import Connection
from services.auth.usecases.actor import Actor
from services.auth.usecases.count_attempt import check_attempts, count_attempt
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, UserId, new_id
from shared.kernel.ports import Lease, UnitOfWork
from shared.marketplaces.ports import DelegationPort, FarAccount


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of the seller's own. `client_secret` is secret: used once, kept nowhere."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)


async def prove_by_credentials(
    lease: Lease[Store],
    credentials: Credentials,
    who: Actor,
    *,
    keys: Mapping[str, str],
    uow: UnitOfWork[Store],
    delegations: Mapping[str, DelegationPort],
    clock: Clock,
) -> None:
    """
    Asks the far side whether they open the account of the lease's connection. `keys`: what the try is counted by.

    Raises ConnectionUnknown, ClaimRefused, TooManyAttempts, Throttled, Unavailable, Unreadable.
    """
    connection_id = ConnectionId(lease.subject)
    connection = await lease.read(lambda store: store.connections.get_own(connection_id, who.organisation_id))
    if connection is None:
        raise ConnectionUnknown
    if not connection.is_claimed:
        raise ClaimRefused(ClaimProblem.NOT_OPEN)
    now = clock.now()
    async with uow() as store:
        counted = await count_attempt(keys, store=store, now=now)
    check_attempts(counted, now)
    account = FarAccount(connection.region, connection.seller_id)
    far = delegations[connection.marketplace]
    if await far.is_account_of(account, credentials.client_id, credentials.client_secret):
        problem = await lease.settle(lambda store: _keep(connection, Proof.CREDENTIALS, who.user_id, store, clock))
        async with uow() as store:
            await store.attempts.uncount(keys)
    else:
        problem = ClaimProblem.CREDENTIALS_REFUSED
        async with uow() as store:
            await _note(connection, problem, who.user_id, store, clock.now())
    if problem is not None:
        raise ClaimRefused(problem)


async def approve_claim(connection_id: ConnectionId, *, store: Store, clock: Clock) -> None:
    """An operator has seen whose it is. Raises ConnectionUnknown, ClaimRefused."""
    connection = await store.connections.get(connection_id)
    if connection is None:
        raise ConnectionUnknown
    problem = await _keep(connection, Proof.OPERATOR, None, store, clock)
    if problem is not None:
        raise ClaimRefused(problem)


async def _keep(
    seen: Connection, proof: Proof, user_id: UserId | None, store: Store, clock: Clock
) -> ClaimProblem | None:
    """The claim that was seen, proven; else why not, which is noted."""
    now, account = clock.now(), (seen.marketplace, seen.region, seen.seller_id)
    found = standing(await store.connections.lock_of_seller(*account, seen.organisation_id), seen.organisation_id)
    own = found.own
    if own is None or not own.is_claimed or own.claimed_at != seen.claimed_at:
        return ClaimProblem.NOT_OPEN
    if found.holder is not None:
        await _note(own, ClaimProblem.OTHER_ORGANISATION, user_id, store, now)
        return ClaimProblem.OTHER_ORGANISATION
    await keep_change(prove(own, now), store=store, now=now)
    await store.audit.add(AuditEntry(new_id(), now, Action.PROVEN, own.organisation_id, user_id, own.id, proof.value))
    return None


async def _note(
    connection: Connection, problem: ClaimProblem, user_id: UserId | None, store: Store, now: datetime
) -> None:
    organisation_id = connection.organisation_id
    await store.audit.add(
        AuditEntry(new_id(), now, Action.PROOF_REFUSED, organisation_id, user_id, connection.id, problem.value)
    )
