"""
Consent and tokens: the website authorization workflow and Login with Amazon (LWA), and the probe of a consent.

Sources: developer pages Website Authorization Workflow and Authorization Errors, the 2021 developer guide (read
2026-11). LWA's answers hold tokens, so nothing of their bodies is kept in an error.
"""

from collections.abc import Mapping
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
from shared.marketplaces.amazon.operations import GET_PARTICIPATIONS
from shared.marketplaces.amazon.stores import STORES
from shared.marketplaces.amazon.wire import Call, Spapi, refusal
from shared.marketplaces.calls import Sends
from shared.marketplaces.fields import Json, load_object, part, parts, text
from shared.marketplaces.models import FarApp, OAuthAnswer
from shared.marketplaces.ports import FarAccount
from shared.marketplaces.reached import Reached
from shared.marketplaces.token_endpoint import app_of, ask_for_tokens


class AmazonOAuth:
    """See `shared.marketplaces.ports.ConsentPort` and `GrantPort`."""

    def __init__(
        self,
        outward: Sends,
        spapi: Spapi,
        *,
        token_url: str,
        central_urls: Mapping[str, str],
        apps: Mapping[str, FarApp],
    ) -> None:
        self._outward = outward
        self._spapi = spapi
        self._token_url = token_url
        self._central_urls = central_urls
        self._apps = apps

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

    async def probe(self, account: FarAccount, token: AccessToken, budgets: Budgets) -> Reached:
        """The stores of the table in this region that the seller takes part in: the list has rows that are no store."""
        call = Call(GET_PARTICIPATIONS, "GET", "/sellers/v1/marketplaceParticipations")
        answer = await self._spapi.call(account, call, token, budgets)
        if answer.status != 200:
            raise refusal(answer)
        body = load_object(answer.body)
        if not isinstance(body.get("payload"), list):
            raise Unreadable("The answer holds no list of stores.", code="no_payload", raw=answer.body)
        ids = {text(part(row, "marketplace"), "id") for row in parts(body, "payload") if _takes_part(row)}
        stores = [store for store in STORES.values() if store.id in ids and store.region == account.region]
        return Reached(tuple(store.channel for store in stores))

    async def _ask(self, region: str, form: Mapping[str, str], effect: Literal["read", "write"]) -> OAuthAnswer:
        app = app_of(self._apps, region)
        secret = {"client_id": app.client_id, "client_secret": app.client_secret}
        return await ask_for_tokens(self._outward, self._token_url, {**form, **secret}, effect=effect, refusal=_refusal)


def _takes_part(row: Json) -> bool:
    return part(row, "participation").get("isParticipating") is True


def _refusal(error: str, status: int) -> FarSideError:
    """LWA's error table: a lost grant is the seller's to mend, a refused client is ours."""
    match error:
        case "invalid_grant":
            return ConsentLost("Amazon no longer honours this authorisation.", code="invalid_grant")
        case "invalid_client":
            return ClientSecretInvalid("Amazon refuses the application's id or secret.", code="invalid_client")
        case "invalid_request" | "invalid_scope" | "unsupported_grant_type" | "unauthorized_client":
            return Refused(f"The token endpoint refused our call ({error}).", code=error)
    return Refused(f"The token endpoint answered {status}.", code=f"http_{status}")
