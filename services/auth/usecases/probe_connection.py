"""Asks the far side what a consent reaches: at once after it was given, daily, and when a service doubts it."""

from collections.abc import Mapping

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.connection import Change, Connection, Happened, ProbeOutcome, probe_refused, probed
from services.auth.domain.token import TokenState
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store, TokenVault
from shared.kernel.clock import Clock
from shared.kernel.errors import ConsentLost, RoleMissing, TokenRejected
from shared.kernel.ids import ConnectionId, new_id
from shared.kernel.ports import Lease
from shared.marketplaces.models import Channel
from shared.marketplaces.ports import FarAccount, GrantPort

_ACTIONS = {Happened.AUTHORISED: Action.RESUMED, Happened.REVOKED: Action.REFUSED}


async def probe_connection(
    lease: Lease[Store], *, grants: Mapping[str, GrantPort], vault: TokenVault, clock: Clock
) -> None:
    """
    One connection's probe, its outcome kept.

    Raises Throttled, Unavailable, ClientSecretInvalid, Unreadable: the claim loop tries again later. A consent found
    lost while renewing its token was kept by the vault already.
    """
    connection_id = ConnectionId(lease.subject)
    connection, state = await lease.read(lambda store: _read(store, connection_id))
    if connection is None or state is None or not connection.may_be_probed:
        return
    try:
        channels = await _channels(connection, state, lease, grants[connection.marketplace], vault)
    except RoleMissing:
        await lease.settle(lambda store: _refused(store, connection, ProbeOutcome.ROLE_MISSING, clock))
    except (ConsentLost, TokenRejected):
        await lease.settle(lambda store: _refused(store, connection, ProbeOutcome.REFUSED, clock))
    else:
        await lease.settle(lambda store: _answered(store, connection, channels, clock))


async def _read(store: Store, connection_id: ConnectionId) -> tuple[Connection | None, TokenState | None]:
    return await store.connections.lock(connection_id), await store.grants.token_state(connection_id)


async def _channels(
    connection: Connection, state: TokenState, lease: Lease[Store], grants: GrantPort, vault: TokenVault
) -> tuple[Channel, ...]:
    """With a new token where the old one is doubted or refused."""
    account = FarAccount(connection.region, connection.seller_id)
    doubted = state.token_version if connection.suspected_at else None
    token = await vault.current(state, rejected=doubted)
    try:
        return await grants.probe(account, token, lease.budgets)
    except TokenRejected:
        newest = await lease.read(lambda store: store.grants.token_state(connection.id))
        newer = await vault.current(newest or state, rejected=token.token_version)
        return await grants.probe(account, newer, lease.budgets)


async def _answered(store: Store, seen: Connection, channels: tuple[Channel, ...], clock: Clock) -> None:
    now = clock.now()
    current = await _same_consent(store, seen)
    if current is not None:
        await _keep(store, probed(current, channels, now), clock)


async def _refused(store: Store, seen: Connection, outcome: ProbeOutcome, clock: Clock) -> None:
    current = await _same_consent(store, seen)
    if current is not None:
        await _keep(store, probe_refused(current, outcome, clock.now()), clock)


async def _same_consent(store: Store, seen: Connection) -> Connection | None:
    """The row, locked; None: the seller consented again meanwhile, and another probe is due."""
    current = await store.connections.lock(seen.id)
    return current if current is not None and current.consent_version == seen.consent_version else None


async def _keep(store: Store, change: Change, clock: Clock) -> None:
    now = clock.now()
    await keep_change(change, store=store, now=now)
    if change.happened in _ACTIONS:
        connection = change.connection
        entry = AuditEntry(
            new_id(), now, _ACTIONS[change.happened], connection.organisation_id, connection_id=connection.id
        )
        await store.audit.add(entry)
