"""
Asking an OAuth 2 token endpoint, as every marketplace has one.

Its answers hold tokens, so nothing of their bodies is kept in an error.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import urlencode

from shared.http.messages import Answer, Request
from shared.kernel.errors import ClientSecretInvalid, FarSideError, Throttled, Unreadable
from shared.marketplaces.calls import USER_AGENT, Sends, is_no_answer, no_answer
from shared.marketplaces.fields import text
from shared.marketplaces.models import FarApp, OAuthAnswer

TOKEN = "token"  # noqa: S105 - the operation's name
_FORM = "application/x-www-form-urlencoded;charset=UTF-8"
_HOUR = 3600
_THROTTLED_SECONDS = 5.0

# An error's `error` and the status of the answer -> what to raise.
Refusal = Callable[[str, int], FarSideError]


def app_of(apps: Mapping[str, FarApp], region: str) -> FarApp:
    """Our application there. Raises ClientSecretInvalid: connections outlive the setting they were made with."""
    if region not in apps:
        raise ClientSecretInvalid("There is no application for this region.", code="no_application")
    return apps[region]


async def ask_for_tokens(
    outward: Sends, url: str, form: Mapping[str, str], *, effect: Literal["read", "write"], refusal: Refusal
) -> OAuthAnswer:
    """
    The endpoint's tokens. `effect`: whether the same may be asked again (`read`).

    Raises Throttled, Unavailable, OutcomeUnknown (a write), Unreadable, and what `refusal` makes of any other refusal.
    """
    answer = await outward.call(
        Request(
            method="POST",
            url=url,
            operation=TOKEN,
            effect=effect,
            headers={"accept": "application/json", "user-agent": USER_AGENT},
            body=urlencode(form).encode(),
            content_type=_FORM,
        )
    )
    if answer.status == 200:
        return _tokens(answer)
    if is_no_answer(answer.status):
        raise no_answer("The token endpoint", effect, answer)
    if answer.status == 429:
        raise Throttled("The token endpoint asks us to slow down.", retry_after_seconds=_THROTTLED_SECONDS)
    raise refusal(text(_body(answer), "error") or "", answer.status)


def _tokens(answer: Answer) -> OAuthAnswer:
    body = _body(answer)
    access_token = text(body, "access_token")
    if access_token is None:
        raise Unreadable("The token endpoint gave no access token.", code="access_token_missing")
    lifetime = body.get("expires_in")
    seconds = lifetime if isinstance(lifetime, int) and lifetime > 0 else _HOUR
    return OAuthAnswer(access_token, seconds, text(body, "refresh_token"))


def _body(answer: Answer) -> dict[str, Any]:
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
