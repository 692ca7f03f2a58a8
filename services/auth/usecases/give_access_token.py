"""A short-lived token of a connection, for one of our services."""

from services.auth.domain.connection import TOKENS_GIVEN
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.token_ports import TokenStates, TokenVault
from shared.kernel.errors import ConsentLost
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken


async def give_access_token(
    connection_id: ConnectionId, *, rejected: int | None, states: TokenStates, vault: TokenVault
) -> AccessToken:
    """
    `rejected`: the version of a token the far side refused; a newer one is given.

    Raises ConnectionUnknown, ConsentLost (also while auth itself waits for the far side to answer again),
    ClientSecretInvalid, Throttled, Unavailable, Busy.
    """
    # Who was refused a token may know of a newer one than is kept here.
    state = await (states.get(connection_id) if rejected is None else states.read(connection_id))
    if state is None:
        raise ConnectionUnknown
    if state.state not in TOKENS_GIVEN:
        raise ConsentLost("the connection is not authorised", consent_version=state.consent_version)
    return await vault.current(state, rejected=rejected)
