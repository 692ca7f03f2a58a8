"""
Credentials of a seller's own: made in Octopia's portal, for its own use ("Create my clientId and clientSecret") or for
one aggregator, and handed over with the Seller ID (page Authentication of developer.octopia-io.net, read 2026-11).

Client credentials, as for our own application; several of them may exist beside one another. Keycloak, which plays the
token endpoint, allows client ids of 255 signs.
"""

from shared.kernel.clock import Clock
from shared.kernel.errors import ClientSecretInvalid
from shared.marketplaces.calls import Sends
from shared.marketplaces.models import OAuthAnswer, Places
from shared.marketplaces.octopia.oauth import client_token, names_account
from shared.marketplaces.octopia.stores import EU, SELLER_IDS
from shared.marketplaces.octopia.wire import OctopiaApi
from shared.marketplaces.ports import FarAccount
from shared.marketplaces.private import PrivateClient, PrivateWay

_HOME = "FR"

OWN_CREDENTIALS = PrivateWay(
    steps=(
        "In Octopia's portal, sign in with the account of this seller and open the page API Credentials.",
        "Choose “Create my clientId and clientSecret”, or make credentials for an aggregator.",
        "Copy both, and your Seller ID, into the form below.",
    ),
    roles=(),
    client_ids="[!-~]{1,255}",
    refresh_tokens="",
    account_ids=SELLER_IDS,
    places=Places({_HOME: EU}, {EU: _HOME}),
)


class OctopiaPrivateApps:
    """See `shared.marketplaces.private.PrivatePort`."""

    def __init__(self, outward: Sends, api: OctopiaApi, clock: Clock, token_url: str) -> None:
        self._outward = outward
        self._api = api
        self._clock = clock
        self._token_url = token_url

    async def accepts(self, client: PrivateClient) -> bool:
        try:
            await self.renew(client, "")
        except ClientSecretInvalid:
            return False
        return True

    async def renew(self, client: PrivateClient, refresh_token: str) -> OAuthAnswer:
        if refresh_token:
            raise ValueError("at Octopia there are no refresh tokens")
        return await client_token(self._outward, self._token_url, client.client_id, client.client_secret)

    async def opens(self, account: FarAccount, granted: OAuthAnswer) -> bool:
        return await names_account(self._api, account, granted, self._clock.now())
