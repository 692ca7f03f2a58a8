"""A fresh data key for one connection, on demand: its tokens are sealed anew, and nothing opens by the old one."""

import asyncio
from datetime import timedelta

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.grant import SealedGrant
from services.auth.usecases.errors import Busy, ConnectionUnknown
from services.auth.usecases.ports import NamedLeases, Store
from services.auth.vault.renewal import KIND
from services.auth.vault.seals import GrantSeals
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, GrantId, new_id
from shared.kernel.ports import Lease, LeaseLost, UnitOfWork

_WAIT = timedelta(seconds=20)
_LOOK_AGAIN_SECONDS = 0.1


class NoOwnGrant(Exception):
    """It has no tokens of its own: it is ended, or works by our application's, which get a new key with each token."""


class FreshKeys:
    def __init__(self, uow: UnitOfWork[Store], leases: NamedLeases, seals: GrantSeals, clock: Clock) -> None:
        self._uow = uow
        self._leases = leases
        self._seals = seals
        self._clock = clock

    async def renew(self, connection_id: ConnectionId) -> None:
        """
        Under the lease by which tokens are renewed, so that neither overwrites what the other has sealed.

        Raises ConnectionUnknown, NoOwnGrant, Busy, LeaseLost, UnknownKey, CannotOpen, Unavailable.
        """
        grant_id = await self._grant_of(connection_id)
        until = self._clock.now() + _WAIT
        while self._clock.now() < until:
            async with self._leases.lease_of(KIND, grant_id) as lease:
                if lease is not None:
                    await self._under(lease, grant_id)
                    return
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        raise Busy("its token is being renewed all the time")

    async def _grant_of(self, connection_id: ConnectionId) -> GrantId:
        async with self._uow() as store:
            connection = await store.connections.get(connection_id)
        if connection is None:
            raise ConnectionUnknown
        if connection.grant_id is None:
            raise NoOwnGrant
        return connection.grant_id

    async def _under(self, lease: Lease[Store], grant_id: GrantId) -> None:
        grant = (await lease.intend(lambda store: store.grants.get(grant_id))).value
        if grant is None or grant.is_shared:
            raise NoOwnGrant
        sealed = await self._seals.under_a_new_key(grant)
        await lease.settle(lambda store: self._keep(store, sealed))

    async def _keep(self, store: Store, sealed: SealedGrant) -> None:
        """Raises LeaseLost: somebody renewed the token meanwhile."""
        if not await store.grants.reseal(sealed):
            raise LeaseLost(KIND)
        for its in await store.connections.lock_of_grant(sealed.id):
            entry = AuditEntry(
                new_id(),
                self._clock.now(),
                Action.KEY_RENEWED,
                its.organisation_id,
                connection_id=its.id,
                reason="operator",
            )
            await store.audit.add(entry)
