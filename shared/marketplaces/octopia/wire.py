"""
One call to the Octopia Seller API v2: headers, budgets, and what each refusal means.

Every call names the seller (`SellerId`), because one token of ours serves all of them. Sources: pages Authentication
and Errors of developer.octopia-io.net, and what its public clients met (read 2026-11): 403 means in practice that the
seller did not let the application in.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from shared.http.messages import Answer, Request
from shared.kernel.budgets import Budgets
from shared.kernel.clock import Clock
from shared.kernel.errors import ConsentLost, FarSideError, Refused, TokenRejected, Unreadable
from shared.kernel.ports import AccessToken
from shared.marketplaces.calls import USER_AGENT, Sends, is_no_answer, no_answer, slow_down, spend
from shared.marketplaces.ports import FarAccount

WHO = "Octopia"
_NEXT = re.compile(r'<([^<>]*)>[^,<]*;\s*rel="?next"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Call:
    """One operation's call. `path` is encoded; `params` and `body` are not yet; `headers` are its own."""

    operation: str
    method: Literal["GET", "POST", "PATCH"]
    path: str
    params: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    send_before_monotonic: float | None = None

    @property
    def effect(self) -> Literal["read", "write"]:
        return "read" if self.method == "GET" else "write"


class OctopiaApi:
    """The API, for one process."""

    def __init__(self, outward: Sends, api_urls: Mapping[str, str], clock: Clock) -> None:
        self._outward = outward
        self._api_urls = api_urls
        self._clock = clock

    async def call(self, account: FarAccount, call: Call, token: AccessToken, budgets: Budgets) -> Answer:
        """
        Any answer that no caller needs classified for it: 2xx, and 4xx that each operation judges itself.

        Raises Throttled (also before asking, where our own bucket is empty), TokenRejected, ConsentLost, Unavailable,
        OutcomeUnknown (a write), TooLate.
        """
        spend(call.operation, budgets, self._clock.now())
        answer = await self._outward.call(self._request(account, call, token))
        if answer.status == 429:
            raise slow_down(WHO, call.operation, budgets, self._clock.now(), answer)
        if is_no_answer(answer.status):
            raise no_answer(WHO, call.effect, answer)
        if answer.status == 401:
            raise TokenRejected("Octopia does not accept the access token.", request_id=answer.request_id)
        if answer.status == 403:
            raise ConsentLost("Octopia says that the seller does not let us in.", request_id=answer.request_id)
        return answer

    def _request(self, account: FarAccount, call: Call, token: AccessToken) -> Request:
        return Request(
            method=call.method,
            url=self._api_urls[account.region].rstrip("/") + call.path,
            operation=call.operation,
            effect=call.effect,
            headers={
                "accept": "application/json",
                "user-agent": USER_AGENT,
                "authorization": f"Bearer {token.value}",
                "SellerId": account.seller_id,
                **call.headers,
            },
            params=call.params,
            body=call.body,
            content_type="application/json" if call.body is not None else None,
            send_before_monotonic=call.send_before_monotonic,
        )


def said(answer: Answer) -> str:
    """
    What a problem document says is wrong, in Octopia's words and lower case: to be judged, never shown.

    Its title, its detail, and by field the field's name and messages. Empty where the body is none (an HTML page).
    """
    try:
        problem = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    told = problem if isinstance(problem, Mapping) else {}
    return " ".join(_words([told.get(name) for name in ("title", "detail", "errors")])).lower()


def refusal(answer: Answer) -> FarSideError:
    """What a 4xx means that no operation knows better."""
    status, request_id = answer.status, answer.request_id
    if status < 400:
        return Unreadable(f"Octopia answered {status}.", code="unexpected_status", request_id=request_id)
    return Refused(f"Octopia refused the call ({status}).", code=f"http_{status}", request_id=request_id)


def order_refusal(answer: Answer) -> FarSideError:
    if answer.status == 404:
        return Refused("Octopia knows no such order.", code="order_unknown", request_id=answer.request_id)
    return refusal(answer)


def next_cursor(answer: Answer) -> str | None:
    """The cursor of the next page, from the Link header; the address in it is never followed. None: the last page."""
    found = _NEXT.search(answer.headers.get("link", ""))
    try:
        cursors = parse_qs(urlsplit(found.group(1)).query).get("cursor") if found else None
    except ValueError:
        return None
    return cursors[0] if cursors else None


def _words(value: object) -> list[str]:
    """Every text inside; of an object also its names."""
    if isinstance(value, Mapping):
        return [word for key, inner in value.items() for word in (str(key), *_words(inner))]
    if isinstance(value, list):
        return [word for inner in value for word in _words(inner)]
    return [value] if isinstance(value, str) else []
