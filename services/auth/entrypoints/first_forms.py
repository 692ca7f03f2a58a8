"""
Forms before there is a session: sign-up, sign-in and the links of mails carry a random value that must fit a cookie.

Without it a stranger's page could sign somebody in to the stranger's account (login CSRF).
"""

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from services.auth.domain.account import TooManyAttempts
from services.auth.entrypoints.held import auth_of, origin_of, pages_of, set_cookie
from services.auth.entrypoints.sentences import FIELD_PROBLEMS
from shared.access.errors import FormExpired
from shared.web.forms import FIELD, sent_fields

_HOUR_SECONDS = 3600
_MOST_FIELDS = 20


def first_page(request: Request, name: str, status: int, **context: object) -> Response:
    """A page with such a form; its value is the cookie's, or a new one."""
    token = request.cookies.get(_cookie_name(request)) or auth_of(request).new_secret()
    response = pages_of(request).render(request, name, principal=None, status=status, csrf_token=token, **context)
    keep_cookie(request, response, token)
    return response


def sign_in_page_of(
    request: Request,
    goal: str,
    *,
    email: str = "",
    trouble: str | None = None,
    changed: bool = False,
    status: int = 200,
) -> Response:
    """The page *Sign in*, with every way in that there is here."""
    held = auth_of(request)
    return first_page(
        request,
        "signin.html",
        status,
        fields={"email": email},
        next=goal,
        trouble=trouble,
        changed=changed,
        origin=origin_of(request),
        openid=held.openid.name if held.openid else None,
    )


def keep_cookie(request: Request, response: Response, token: str) -> None:
    set_cookie(request, response, _cookie_name(request), token, _HOUR_SECONDS)


def sentences_of(request: Request, problems: Mapping[str, str] | None) -> dict[str, str]:
    """What is said of each field's problem."""
    pages = pages_of(request)
    return {
        name: pages.say(request, FIELD_PROBLEMS[f"{name}.{code}"], principal=None)
        for name, code in (problems or {}).items()
    }


def waiting(response: Response, error: Exception) -> Response:
    """With how long to wait, where that is what was wrong."""
    if isinstance(error, TooManyAttempts):
        response.headers["retry-after"] = str(error.retry_after_seconds)
    return response


def cookie_of(request: Request) -> str:
    """The value that such a form must fit; empty where the browser has none."""
    return request.cookies.get(_cookie_name(request), "")


async def first_form(request: Request) -> dict[str, str]:
    """The posted fields. Raises FormExpired unless the form's token fits the cookie."""
    async with sent_fields(request, most_fields=_MOST_FIELDS) as posted:
        fields = {name: value for name, value in posted.items() if isinstance(value, str)}
    cookie, token = cookie_of(request), fields.get(FIELD, "")
    if not cookie or not hmac.compare_digest(cookie.encode(), token.encode()):
        raise FormExpired("the form does not belong to this browser")
    return fields


def _cookie_name(request: Request) -> str:
    https = urlsplit(auth_of(request).public_url).scheme == "https"
    return "__Host-passerelle_form" if https else "passerelle_form"
