"""
One call to the Selling Partner API: headers, budgets, clock skew, and what each refusal means.

Classified by HTTP status first: Amazon's error codes are no stable list (developer guide, Error Handling). In a 403
only the text of `details` tells a refused token from our expired secret and from a missing role (section "403" of the
README).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from shared.http.messages import Answer, Request
from shared.kernel.budgets import Budgets
from shared.kernel.clock import Clock
from shared.kernel.errors import (
    ClientSecretInvalid,
    FarSideError,
    Refused,
    RoleMissing,
    TokenRejected,
    Unreadable,
)
from shared.kernel.ports import AccessToken
from shared.marketplaces.amazon.operations import SHARES
from shared.marketplaces.amazon.skew import Skew
from shared.marketplaces.calls import USER_AGENT, Sends, is_no_answer, no_answer, slow_down, spend
from shared.marketplaces.endpoint import Endpoint
from shared.marketplaces.ports import FarAccount

_TELLS_RATE = frozenset({200, 201, 202, 204, 400, 404})


@dataclass(frozen=True, slots=True)
class Call:
    """One operation's call. `path` is encoded; `params` and `body` are not yet."""

    operation: str
    method: Literal["GET", "POST", "PATCH"]
    path: str
    params: Sequence[tuple[str, str]] = ()
    body: bytes | None = None
    send_before_monotonic: float | None = None

    @property
    def effect(self) -> Literal["read", "write"]:
        return "read" if self.method == "GET" else "write"


@dataclass(frozen=True, slots=True)
class Denied:
    """The first error of a refusal, in Amazon's words: not to be shown as they are."""

    code: str
    message: str
    details: str

    @property
    def said(self) -> str:
        return f"{self.message} {self.details}".lower()


class Spapi:
    """The API of all regions, for one process."""

    def __init__(
        self,
        outward: Sends,
        api_urls: Mapping[str, str],
        clock: Clock,
        sandbox_urls: Mapping[str, str] | None = None,
    ) -> None:
        self._outward = outward
        self._urls = {Endpoint.PRODUCTION: api_urls, Endpoint.SANDBOX: sandbox_urls or {}}
        self._clock = clock
        self.skew = Skew()

    def now(self) -> datetime:
        """By our clock."""
        return self._clock.now()

    async def call(self, account: FarAccount, call: Call, token: AccessToken, budgets: Budgets) -> Answer:
        """
        Any answer that no caller needs classified for it: 2xx, and 400, 403, 404, which each operation judges itself.

        Raises Throttled (also before asking, where our own bucket is empty), TokenRejected, ClientSecretInvalid,
        Unavailable, OutcomeUnknown (a write), Unreadable, TooLate.
        """
        spend(call.operation, budgets, self._clock.now())
        answer = await self._outward.call(self._request(account, call, token))
        self._learn(account, call.operation, answer, budgets)
        if answer.status == 429:
            raise slow_down("Amazon", call.operation, budgets, self._clock.now(), answer)
        if is_no_answer(answer.status):
            raise no_answer("Amazon", call.effect, answer)
        if answer.status in (401, 403):
            _raise_for_token(answer)
        return answer

    def _request(self, account: FarAccount, call: Call, token: AccessToken) -> Request:
        return Request(
            method=call.method,
            url=self._urls[account.endpoint][account.region].rstrip("/") + call.path,
            operation=call.operation,
            effect=call.effect,
            headers={
                "accept": "application/json",
                "user-agent": USER_AGENT,
                "x-amz-access-token": token.value,
                "x-amz-date": self._clock.now().strftime("%Y%m%dT%H%M%SZ"),
            },
            params=call.params,
            body=call.body,
            content_type="application/json" if call.body is not None else None,
            send_before_monotonic=call.send_before_monotonic,
        )

    def _learn(self, account: FarAccount, operation: str, answer: Answer, budgets: Budgets) -> None:
        now = self._clock.now()
        self.skew.measure(account.region, answer.headers.get("date"), now)
        # Amazon's own test hosts always say 5.0: nothing to learn a budget from.
        host = urlsplit(self._urls[account.endpoint][account.region]).hostname or ""
        if answer.status in _TELLS_RATE and not host.startswith("sandbox."):
            told = _number(answer.headers.get("x-amzn-ratelimit-limit"))
            budgets.learn(operation, told * SHARES.get(operation, 1.0), now)


def denied(answer: Answer) -> Denied:
    """The error of a refusal; empty texts where the body is not Amazon's (an HTML page of some proxy)."""
    try:
        body = json.loads(answer.body)
    except ValueError:
        body = None
    errors = body.get("errors") if isinstance(body, dict) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return Denied(*(str(first.get(name) or "") for name in ("code", "message", "details")))


def refusal(answer: Answer) -> FarSideError:
    """What a 4xx means that no operation knows better."""
    error, request_id = denied(answer), answer.request_id
    if answer.status in (401, 403):
        if "not valid for region" in error.said:
            return Refused(
                "The store belongs to another region.", code="store_of_another_region", request_id=request_id
            )
        return RoleMissing("Amazon denies this application that call.", code="access_denied", request_id=request_id)
    if answer.status < 400:
        return Unreadable(f"Amazon answered {answer.status}.", code="unexpected_status", request_id=request_id)
    return Refused(f"Amazon refused the call ({answer.status}).", code=f"http_{answer.status}", request_id=request_id)


def _raise_for_token(answer: Answer) -> None:
    """Raises where the text of `details` is about a token or our secret; else the operation judges."""
    said, request_id = denied(answer).said, answer.request_id
    if "lwa secret token" in said:
        raise ClientSecretInvalid("The application's secret has expired.", request_id=request_id)
    if "access token is missing" in said:
        raise Refused("The call reached Amazon without its token.", code="token_missing", request_id=request_id)
    if "access token" in said and ("revoked" in said or "expired" in said):
        raise TokenRejected("Amazon refuses the access token.", request_id=request_id)
    if answer.status == 401:
        raise TokenRejected("Amazon does not accept the access token.", code="unauthorised", request_id=request_id)


def _number(value: str | None) -> float:
    try:
        return float(value or 0)
    except ValueError:
        return 0.0
