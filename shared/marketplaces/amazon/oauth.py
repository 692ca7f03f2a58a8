"""
Consent and tokens: the website authorization workflow and Login with Amazon (LWA).

Sources: developer pages Website Authorization Workflow and Authorization Errors, the 2021 developer guide (read
2026-11). LWA's answers hold tokens, so nothing of their bodies is kept in an error.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal
from urllib.parse import quote, urlencode

from shared.kernel.budgets import Budgets
from shared.kernel.errors import (
    ClientSecretInvalid,
    ConsentLost,
    FarSideError,
    Refused,
    Unreadable,
)
from shared.kernel.ports import AccessToken
from shared.marketplaces.amazon.wire import Spapi
from shared.marketplaces.calls import Sends
from shared.marketplaces.client_secrets import ClientSecrets, with_a_secret
from shared.marketplaces.models import FarApp, OAuthAnswer
from shared.marketplaces.ports import FarAccount
from shared.marketplaces.reached import Reached
from shared.marketplaces.token_endpoint import app_of, ask_for_tokens

Reach = Callable[[Spapi, FarAccount, AccessToken, Budgets], Awaitable[Reached]]


class AmazonOAuth:
    """See `shared.marketplaces.ports.ConsentPort` and `GrantPort`. `reach`: how accounts of this kind are probed."""

    def __init__(
        self,
        outward: Sends,
        spapi: Spapi,
        *,
        token_url: str,
        central_urls: Mapping[str, str],
        apps: Mapping[str, FarApp],
        secrets: ClientSecrets,
        reach: Reach,
    ) -> None:
        self._outward = outward
        self._reach = reach
        self._spapi = spapi
        self._token_url = token_url
        self._central_urls = central_urls
        self._apps = apps
        self._secrets = secrets

    def consent_url(self, country: str, region: str, state: str, redirect_uri: str) -> str:
        """`version=beta` for a draft application only: without it Amazon shows MD1000, with it a published one errs."""
        app = self._apps[region]
        query = {"application_id": app.application_id, "state": state, "redirect_uri": redirect_uri}
        if app.draft:
            query["version"] = "beta"
        central = self._central_urls[country].rstrip("/")
        return f"{central}/apps/authorize/consent?{urlencode(query, quote_via=quote, safe='')}"

    async def exchange(self, region: str, code: str, redirect_uri: str) -> OAuthAnswer:
        """A code is good once and for five minutes, so a lost answer cannot be asked for again (domain rule 34)."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        answer = await self._ask(region, form, "write")
        if answer.refresh_token is None:
            raise Unreadable("The token endpoint gave no refresh token.", code="refresh_token_missing")
        return answer

    async def renew(self, region: str, refresh_token: str | None) -> OAuthAnswer:
        """Amazon does not rotate refresh tokens: asking again is harmless."""
        if refresh_token is None:
            raise ValueError("at Amazon every grant is a seller's own")
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return await self._ask(region, form, "read")

    async def grantless(self, region: str, scope: str) -> OAuthAnswer:
        """A token for what is asked in no seller's name."""
        return await self._ask(region, {"grant_type": "client_credentials", "scope": scope}, "read")

    async def probe(self, account: FarAccount, token: AccessToken, budgets: Budgets) -> Reached:
        return await self._reach(self._spapi, account, token, budgets)

    async def _ask(self, region: str, form: Mapping[str, str], effect: Literal["read", "write"]) -> OAuthAnswer:
        app = app_of(self._apps, region)

        async def ask(secret: str) -> OAuthAnswer:
            whole = {**form, "client_id": app.client_id, "client_secret": secret}
            return await ask_for_tokens(self._outward, self._token_url, whole, effect=effect, refusal=lwa_refusal)

        return await with_a_secret(app, self._secrets, ask)


def lwa_refusal(error: str, status: int) -> FarSideError:
    """LWA's error table: a lost grant is the seller's to mend, a refused client is ours."""
    match error:
        case "invalid_grant":
            return ConsentLost("Amazon no longer honours this authorisation.", code="invalid_grant")
        case "invalid_client":
            return ClientSecretInvalid("Amazon refuses the application's id or secret.", code="invalid_client")
        case "invalid_request" | "invalid_scope" | "unsupported_grant_type" | "unauthorized_client":
            return Refused(f"The token endpoint refused our call ({error}).", code=error)
    return Refused(f"The token endpoint answered {status}.", code=f"http_{status}")
