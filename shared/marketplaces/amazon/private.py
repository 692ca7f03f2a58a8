"""
Private applications: self-authorised in Seller Central or Vendor Central, whose console shows the refresh token.

Sources: developer pages Self Authorization and Application Authorization Limits (read 2026-11). No end of such an
authorisation is known. Amazon has no call that only checks a client: a refresh token that is nobody's is refused as a
grant where the client is known (invalid_grant), and as a client where it is not (invalid_client).
"""

from shared.kernel.errors import ClientSecretInvalid, ConsentLost
from shared.marketplaces.amazon.oauth import lwa_refusal
from shared.marketplaces.calls import Sends
from shared.marketplaces.models import OAuthAnswer
from shared.marketplaces.ports import FarAccount
from shared.marketplaces.private import PrivateClient, PrivateWay
from shared.marketplaces.token_endpoint import ask_for_tokens

# Self-authorisations of a private application (developer page Application Authorization Limits).
_AUTHORISED_MOST = 10
_NOBODYS = "Atzr|nobodys"
_CLIENT_IDS = r"amzn1\.application-oa2-client\.[A-Za-z0-9-]{1,100}"
_REFRESH_TOKENS = r"Atzr\|[!-~]{1,2040}"
_FORM = "Fill in this page: first the client id and secret, then a row for each country with the refresh token."

SELLERS = PrivateWay(
    steps=(
        "In Seller Central, open Apps and Services, then Develop Apps.",
        "Complete the developer profile as a private developer, and ask for the roles below.",
        "Press Add new app client, choose SP API and a production app, and tick the same roles.",
        "Beside the app, press View under LWA credentials: it shows the client id and the client secret.",
        "Open the menu beside the app, press Authorize, and authorise your account: a refresh token is shown, once.",
        _FORM,
    ),
    roles=("Product Listing", "Amazon Fulfillment", "Inventory and Order Tracking"),
    client_ids=_CLIENT_IDS,
    refresh_tokens=_REFRESH_TOKENS,
    account_ids="[A-Z0-9]{5,32}",
    authorised_most=_AUTHORISED_MOST,
)
VENDORS = PrivateWay(
    steps=(
        "In Vendor Central, open Integration, then API integration.",
        "Complete the developer profile as a private developer, and ask for the roles below.",
        "Press Add new app client, and tick the same roles.",
        "Beside the app, press View under LWA credentials: it shows the client id and the client secret.",
        "Press Edit App, then Authorize, pick the marketplace, and copy the refresh token: it is shown once.",
        _FORM,
    ),
    roles=("Product Listing", "Amazon Fulfillment", "Amazon Warehousing and Distribution", "Brand Analytics"),
    client_ids=_CLIENT_IDS,
    refresh_tokens=_REFRESH_TOKENS,
    account_ids="[A-Z0-9]{5,10}",
    authorised_most=_AUTHORISED_MOST,
)
# No restricted role is needed: the addresses of these orders are given to Amazon, not read.
FULFILLED = PrivateWay(
    steps=SELLERS.steps,
    roles=("Product Listing", "Amazon Fulfillment", "Inventory and Order Tracking"),
    client_ids=_CLIENT_IDS,
    refresh_tokens=_REFRESH_TOKENS,
    account_ids=SELLERS.account_ids,
    authorised_most=_AUTHORISED_MOST,
)


class AmazonPrivateApps:
    """See `shared.marketplaces.private.PrivatePort`."""

    def __init__(self, outward: Sends, token_url: str) -> None:
        self._outward = outward
        self._token_url = token_url

    async def accepts(self, client: PrivateClient) -> bool:
        try:
            await self.renew(client, _NOBODYS)
        except ClientSecretInvalid:
            return False
        except ConsentLost:
            pass  # as it must be: of a client that is known
        return True

    async def renew(self, client: PrivateClient, refresh_token: str) -> OAuthAnswer:
        """Amazon does not rotate refresh tokens: asking again is harmless."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": client.client_id,
            "client_secret": client.client_secret,
        }
        return await ask_for_tokens(self._outward, self._token_url, form, effect="read", refusal=lwa_refusal)

    async def opens(self, account: FarAccount, granted: OAuthAnswer) -> bool:  # noqa: ARG002 - the port's
        """No call of Amazon's names the account: a probe tells afterwards what is reached."""
        return True
