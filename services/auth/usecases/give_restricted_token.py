"""A token for calls that show buyers' data, for one of our services: for exactly the calls it names."""

from collections.abc import Sequence
from typing import Protocol

from services.auth.domain.connection import TOKENS_GIVEN, Connection
from services.auth.domain.token import TokenState
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.ports import Store
from shared.kernel.errors import ConsentLost
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken, Reads
from shared.marketplaces.restricted import RestrictedResource


class NotRestricted(Exception):
    """A call of these wants no such token, or there are too many of them."""


class RestrictedVault(Protocol):
    def allows(self, marketplace: str, resources: Sequence[RestrictedResource]) -> bool: ...

    async def current(
        self,
        connection: Connection,
        state: TokenState,
        resources: Sequence[RestrictedResource],
        *,
        rejected: int | None,
    ) -> AccessToken:
        """
        One that is good for a minute yet, of the present consent.

        Raises ConsentLost, ClientSecretInvalid, RoleMissing, Refused, Throttled, Unavailable, Busy, TokenRejected.
        """
        ...


async def give_restricted_token(
    connection_id: ConnectionId,
    resources: Sequence[RestrictedResource],
    *,
    rejected: int | None,
    reads: Reads[Store],
    vault: RestrictedVault,
) -> AccessToken:
    """
    `rejected`: the version of such a token that the far side refused; a newer one is given.

    Raises ConnectionUnknown, NotRestricted, and what `RestrictedVault.current` does.
    """
    async with reads() as store:
        connection = await store.connections.get(connection_id)
        state = await store.grants.token_state(connection_id)
    if connection is None or state is None:
        raise ConnectionUnknown
    if not vault.allows(connection.marketplace, resources):
        raise NotRestricted
    if state.state not in TOKENS_GIVEN:
        raise ConsentLost("the connection is not authorised", consent_version=state.consent_version)
    return await vault.current(connection, state, resources, rejected=rejected)
