"""
Consent and tokens: the website authorization workflow and Login with Amazon (LWA), and the probe of a consent.

Sources: developer pages Website Authorization Workflow and Authorization Errors, the 2021 developer guide (read
2026-11). LWA's answers hold tokens, so nothing of their bodies is kept in an error.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote, urlencode

from shared.http.messages import Answer, Request
from shared.kernel.budgets import Budgets
from shared.kernel.errors import (
    ClientSecretInvalid,
    ConsentLost,
    FarSideError,
    OutcomeUnknown,
    Refused,
    Throttled,
    Unavailable,
    Unreadable,
)
from shared.kernel.ports import AccessToken
from shared.marketplaces.amazon.fields import Json, part, parts, text
from shared.marketplaces.amazon.operations import GET_PARTICIPATIONS
from shared.marketplaces.amazon.parse import load
from shared.marketplaces.amazon.stores import STORES
from shared.marketplaces.amazon.wire import USER_AGENT, Call, Sends, Spapi, refusal
from shared.marketplaces.models import Channel, FarApp, OAuthAnswer
from shared.marketplaces.ports import FarAccount

TOKEN = "token"  # noqa: S105 - the operation's name
_FORM = "application/x-www-form-urlencoded;charset=UTF-8"
_HOUR = 3600
_THROTTLED_SECONDS = 5.0


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

    def consent_url(self, region: str, state: str, redirect_uri: str) -> str:
        """`version=beta` for a draft application only: without it Amazon shows MD1000, with it a published one errs."""
        app = self._apps[region]
        query = {"application_id": app.application_id, "state": state, "redirect_uri": redirect_uri}
        if app.draft:
            query["version"] = "beta"
        central = self._central_urls[region].rstrip("/")
        return f"{central}/apps/authorize/consent?{urlencode(query, quote_via=quote, safe='')}"

    async def exchange(self, region: str, code: str, redirect_uri: str) -> OAuthAnswer:
        """A code is good once and for five minutes, so a lost answer cannot be asked for again (domain rule 34)."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        answer = _read(await self._post(region, form, "write"))
        if answer.refresh_token is None:
            raise Unreadable("The token endpoint gave no refresh token.", code="refresh_token_missing")
        return answer

    async def renew(self, region: str, refresh_token: str | None) -> OAuthAnswer:
        """Amazon does not rotate refresh tokens: asking again is harmless."""
        if refresh_token is None:
            raise ValueError("at Amazon every grant is a seller's own")
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return _read(await self._post(region, form, "read"))

    async def probe(self, account: FarAccount, token: AccessToken, budgets: Budgets) -> tuple[Channel, ...]:
        """The stores of the table in this region that the seller takes part in: the list has rows that are no store."""
        call = Call(GET_PARTICIPATIONS, "GET", "/sellers/v1/marketplaceParticipations")
        answer = await self._spapi.call(account, call, token, budgets)
        if answer.status != 200:
            raise refusal(answer)
        body = load(answer.body)
        if not isinstance(body.get("payload"), list):
            raise Unreadable("The answer holds no list of stores.", code="no_payload", raw=answer.body)
        ids = {text(part(row, "marketplace"), "id") for row in parts(body, "payload") if _takes_part(row)}
        return tuple(store.channel for store in STORES.values() if store.id in ids and store.region == account.region)

    async def _post(self, region: str, form: Mapping[str, str], effect: Literal["read", "write"]) -> Answer:
        app = self._apps.get(region)
        if app is None:  # connections outlive the setting they were made with
            raise ClientSecretInvalid("There is no application for this region.", code="no_application")
        secret = {"client_id": app.client_id, "client_secret": app.client_secret}
        answer = await self._outward.call(
            Request(
                method="POST",
                url=self._token_url,
                operation=TOKEN,
                effect=effect,
                headers={"accept": "application/json", "user-agent": USER_AGENT},
                body=urlencode({**form, **secret}).encode(),
                content_type=_FORM,
            )
        )
        if answer.status != 200:
            raise _refusal(answer, effect)
        return answer


def _takes_part(row: Json) -> bool:
    return part(row, "participation").get("isParticipating") is True


def _read(answer: Answer) -> OAuthAnswer:
    body = _body(answer)
    access_token = text(body, "access_token")
    if access_token is None:
        raise Unreadable("The token endpoint gave no access token.", code="access_token_missing")
    lifetime = body.get("expires_in")
    seconds = lifetime if isinstance(lifetime, int) and lifetime > 0 else _HOUR
    return OAuthAnswer(access_token, seconds, text(body, "refresh_token"))


def _refusal(answer: Answer, effect: str) -> FarSideError:
    """LWA's error table: a lost grant is the seller's to mend, a refused client is ours."""
    error = text(_body(answer), "error") or ""
    if answer.status >= 500 or answer.status == 408:
        lost = OutcomeUnknown if effect == "write" else Unavailable
        return lost(f"The token endpoint answered {answer.status}.", code="server_error")
    if answer.status == 429:
        return Throttled("The token endpoint asks us to slow down.", retry_after_seconds=_THROTTLED_SECONDS)
    match error:
        case "invalid_grant":
            return ConsentLost("Amazon no longer honours this authorisation.", code="invalid_grant")
        case "invalid_client":
            return ClientSecretInvalid("Amazon refuses the application's id or secret.", code="invalid_client")
        case "invalid_request" | "invalid_scope" | "unsupported_grant_type" | "unauthorized_client":
            return Refused(f"The token endpoint refused our call ({error}).", code=error)
    return Refused(f"The token endpoint answered {answer.status}.", code=f"http_{answer.status}")


def _body(answer: Answer) -> dict[str, Any]:
    try:
        body = json.loads(answer.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
