"""
Applications of an organisation's own: registered by it, authorised by itself, and known to nobody else.

Such an application has no consent page. Its console shows a client id, a client secret and, for each account it was
authorised for, a refresh token; the organisation brings them here.
"""

from dataclasses import dataclass, field
from typing import Protocol

from shared.marketplaces.models import NOWHERE, OAuthAnswer, Places
from shared.marketplaces.ports import FarAccount


@dataclass(frozen=True, slots=True)
class PrivateWay:
    """
    How it is done, for pages. `steps`: a sentence each, English, translated by catalogues; `roles`: to be ticked, by
    the names they have there. What a client id, a token and an account's id look like, as regular expressions; no
    `refresh_tokens`: there are none, the client itself is let in. `authorised_most`: how often an application may be
    authorised, by as many accounts (None: no limit is known). `places`: where its accounts are, if not where consent pages are.
    """

    steps: tuple[str, ...]
    roles: tuple[str, ...]
    client_ids: str
    refresh_tokens: str
    account_ids: str
    authorised_most: int | None = None
    places: Places = NOWHERE

    @property
    def by_client(self) -> bool:
        """Who the client is says all: such credentials are the seller's own, or were made for us."""
        return not self.refresh_tokens


@dataclass(frozen=True, slots=True)
class PrivateClient:
    """Who such an application is at the token endpoint. `client_secret` is secret."""

    client_id: str
    client_secret: str = field(repr=False)


class PrivatePort(Protocol):
    """Access tokens of such applications. Only auth calls it."""

    async def accepts(self, client: PrivateClient) -> bool:
        """Whether the far side knows this client id and secret. Raises Throttled, Unavailable, Refused."""
        ...

    async def renew(self, client: PrivateClient, refresh_token: str) -> OAuthAnswer:
        """
        A new access token. `refresh_token` empty: for the client itself.

        Raises ConsentLost (the token is not good for this client), ClientSecretInvalid (theirs), Throttled,
        Unavailable, Unreadable, Refused.
        """
        ...

    async def opens(self, account: FarAccount, granted: OAuthAnswer) -> bool:
        """
        Whether what was granted opens this very account; True also where that shows only when it is worked with.

        Raises Throttled, Unavailable, Unreadable.
        """
        ...
