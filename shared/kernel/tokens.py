"""Calling a far side with a connection's access token: one renewal when the token itself is refused."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.kernel.errors import ConsentLost, TokenRejected
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken, AccessTokens

T = TypeVar("T")


async def with_token(
    tokens: AccessTokens, connection_id: ConnectionId, call: Callable[[AccessToken], Awaitable[T]]
) -> T:
    """
    What `call` gives with a token of this connection.

    A refused token is renewed once. Refused again, or the consent refused outright: auth is told, and ConsentLost
    goes on to the caller, who stops this connection's work.
    """
    token = await tokens.get(connection_id)
    try:
        try:
            return await call(token)
        except TokenRejected:
            token = await tokens.get(connection_id, rejected=token.token_version)
            return await call(token)
    except (TokenRejected, ConsentLost) as error:
        await tokens.report_consent_lost(connection_id, token.consent_version)
        raise ConsentLost(error.detail, code=error.code, consent_version=token.consent_version) from error
