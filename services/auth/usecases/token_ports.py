"""What giving a token needs from the outside: how it is kept, and the vault that opens or renews it."""

import asyncio
from typing import Protocol

from services.auth.domain.token import TokenState
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken


class TokenStates(Protocol):
    async def listen(self, stop: asyncio.Event) -> None:
        """A part of the process that gives tokens: without it each is read."""
        ...

    async def get(self, connection_id: ConnectionId) -> TokenState | None:
        """One by which a token can be given may be a second old, any other is as it is now; None: no connection."""
        ...

    async def read(self, connection_id: ConnectionId) -> TokenState | None:
        """As it is now."""
        ...


class TokenVault(Protocol):
    async def current(self, state: TokenState, *, rejected: int | None = None) -> AccessToken:
        """
        A token that is good for a minute yet, renewed where needed.

        Raises ConsentLost, ClientSecretInvalid, Throttled, Unavailable, Busy.
        """
        ...
