"""Asks the far side what a consent reaches: at once after it was given, daily, and when a service doubts it."""

from collections.abc import Mapping
from dataclasses import replace

import structlog

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.claim import Proof, contest, let_in, refused, standing
from services.auth.domain.connection import (
    Change,
    Connection,
    ConnectionState,
    Happened,
    ProbeOutcome,
)
from services.auth.domain.life import PROBE_REFUSED_EVERY, probe_refused, probed
from services.auth.domain.mail import REFUSED_FOR, MailKind, lost_a_role
from services.auth.domain.private_app import PrivateApp
from services.auth.domain.token import TokenState
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store
from services.auth.usecases.token_ports import TokenVault
from shared.kernel.clock import Clock
from shared.kernel.errors import ClientSecretInvalid, ConsentLost, Refused, RoleMissing, TokenRejected
from shared.kernel.ids import ConnectionId, new_id
from shared.kernel.ports import Lease
from shared.marketplaces.ports import FarAccount, GrantPort
from shared.marketplaces.reached import Reached

log = structlog.get_logger()

_ACTIONS = {Happened.AUTHORISED: Action.RESUMED, Happened.REVOKED: Action.REFUSED}


async def probe_connection(
    lease: Lease[Store],
    *,
    grants: Mapping[str, GrantPort],
    vault: TokenVault,
    clock: Clock,
    delegation_proves: bool,
) -> None:
    """
    One connection's probe, its outcome kept. `delegation_proves`: being let in after a refusal proves a claim.

    Raises Throttled, Unavailable, ClientSecretInvalid (ours), Unreadable, TokenRejected (a shared one): the claim loop
    tries again later. A consent found lost while renewing its token, and an own secret refused then, were kept by the
    vault already.
    """
    connection_id = ConnectionId(lease.subject)
    connection, state, app = await lease.read(lambda store: _read(store, connection_id))
    if connection is None or state is None or not connection.may_be_probed:
        return
    try:
        reached = await _reached(connection, state, lease, grants[connection.marketplace], vault)
    except RoleMissing:
        await lease.settle(lambda store: _refused(store, connection, ProbeOutcome.ROLE_MISSING, clock))
    except Refused:
        await lease.settle(lambda store: _refused(store, connection, ProbeOutcome.DECLINED, clock))
    except TokenRejected:
        if state.is_shared:  # all sellers' token: it says nothing about this one
            raise
        await lease.settle(lambda store: _refused(store, connection, ProbeOutcome.REFUSED, clock))
    except ConsentLost:
        await lease.settle(lambda store: _refused(store, connection, ProbeOutcome.REFUSED, clock))
    except ClientSecretInvalid:
        if app is None:
            raise
        await lease.settle(lambda store: _secret_refused(store, connection, app, clock))
    else:
        await lease.settle(lambda store: _settled(store, connection, app, reached, clock, proves=delegation_proves))


async def _read(
    store: Store, connection_id: ConnectionId
) -> tuple[Connection | None, TokenState | None, PrivateApp | None]:
    """With the application it is reached by, if that is not ours: as it is before anybody is asked."""
    connection = await store.connections.lock(connection_id)
    app_id = connection.app_id if connection else None
    state = await store.grants.token_state(connection_id)
    return connection, state, await store.private_apps.get(app_id) if app_id else None


async def _reached(
    connection: Connection, state: TokenState, lease: Lease[Store], grants: GrantPort, vault: TokenVault
) -> Reached:
    """
    With a new token where the old one is refused, or doubted: a doubt about one seller is none of a shared token. What
    is said of an own secret may be of the one before, by which that token was given.
    """
    account = FarAccount(
        connection.region,
        connection.seller_id,
        connection.country,
        private=connection.app_id is not None,
        endpoint=connection.endpoint,
    )
    doubted = state.token_version if connection.suspected_at and not state.is_shared else None
    token = await vault.current(state, rejected=doubted)
    try:
        return await grants.probe(account, token, lease.budgets)
    except (TokenRejected, ClientSecretInvalid) as error:
        if isinstance(error, ClientSecretInvalid) and not account.private:
            raise
        newest = await lease.read(lambda store: store.grants.token_state(connection.id))
        newer = await vault.current(newest or state, rejected=token.token_version)
        return await grants.probe(account, newer, lease.budgets)


async def _settled(
    store: Store, seen: Connection, app: PrivateApp | None, reached: Reached, clock: Clock, *, proves: bool
) -> None:
    await _answered(store, seen, reached, clock, proves=proves)
    if app is not None and app.refused_at is not None:
        await store.private_apps.known(app)


async def _answered(store: Store, seen: Connection, reached: Reached, clock: Clock, *, proves: bool) -> None:
    now = clock.now()
    current = await _same_consent(store, seen)
    if current is None:
        return
    if current.state is not ConnectionState.UNPROVEN:
        await _keep(store, probed(current, reached, now), clock)
        return
    change = let_in(current, reached, now, proves=proves)
    await keep_change(change, store=store, now=now)
    if change.happened is not None:
        proven = AuditEntry(new_id(), now, Action.PROVEN, current.organisation_id, None, current.id, Proof.DELEGATION)
        await store.audit.add(proven)


async def _refused(store: Store, seen: Connection, outcome: ProbeOutcome, clock: Clock) -> None:
    current = await _same_consent(store, seen)
    if current is None:
        return
    claimed, now = current.state is ConnectionState.UNPROVEN, clock.now()
    change = (refused if claimed else probe_refused)(current, outcome, now)
    await _keep(store, change, clock)
    if lost_a_role(current, change.connection):
        about = (current.id,)
        await store.mails.add(current.organisation_id, MailKind.ROLE_MISSING, about, due_at=now + REFUSED_FOR, now=now)
    if not claimed:
        log.warning("probe.refused", connection_id=current.id, outcome=outcome.value)


async def _secret_refused(store: Store, seen: Connection, app: PrivateApp, clock: Clock) -> None:
    """Of the organisation's own application: nobody but it can mend that, and its consent is not doubted."""
    current, now = await _same_consent(store, seen), clock.now()
    if current is not None:
        await store.private_apps.refused(app, now)
        await store.connections.save(replace(current, probe_due_at=now + PROBE_REFUSED_EVERY))


async def _same_consent(store: Store, seen: Connection) -> Connection | None:
    """The row, locked; None: the seller consented or claimed again meanwhile, and another probe is due."""
    if seen.state is ConnectionState.UNPROVEN:
        current = await _claim(store, seen)
    else:
        current = await store.connections.lock(seen.id)
    return current if current is not None and _consent(current) == _consent(seen) else None


def _consent(connection: Connection) -> tuple[object, ...]:
    claimed = connection.state is ConnectionState.UNPROVEN
    return (connection.id, connection.consent_version, connection.claimed_at, claimed, connection.endpoint)


async def _claim(store: Store, seen: Connection) -> Connection | None:
    """With its seller account, so that nobody claims or is proven beside it; a holder is a rival for good."""
    account = (seen.marketplace, seen.region, seen.seller_id)
    found = standing(await store.connections.lock_of_seller(*account, seen.organisation_id), seen.organisation_id)
    if found.own is None or found.holder is None:
        return found.own
    return contest(found.own).connection


async def _keep(store: Store, change: Change, clock: Clock) -> None:
    now = clock.now()
    await keep_change(change, store=store, now=now)
    if change.happened in _ACTIONS:
        connection = change.connection
        entry = AuditEntry(
            new_id(), now, _ACTIONS[change.happened], connection.organisation_id, connection_id=connection.id
        )
        await store.audit.add(entry)
