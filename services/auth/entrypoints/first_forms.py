"""
Forms before there is a session: sign-up and sign-in carry a random value that must fit a cookie.

Without it a stranger's page could sign somebody in to the stranger's account (login CSRF).
"""

import hmac
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from services.auth.entrypoints.held import auth_of, set_cookie
from shared.access.errors import FormExpired
from shared.web.forms import FIELD, sent_fields

_HOUR_SECONDS = 3600
_MOST_FIELDS = 20


def form_token(request: Request) -> str:
    """The value for the form: the cookie's, or a new one."""
    return request.cookies.get(_cookie_name(request)) or auth_of(request).new_secret()


def keep_form_token(request: Request, response: Response, token: str) -> None:
    set_cookie(request, response, _cookie_name(request), token, _HOUR_SECONDS)


async def first_form(request: Request) -> dict[str, str]:
    """The posted fields. Raises FormExpired unless the form's token fits the cookie."""
    async with sent_fields(request, most_fields=_MOST_FIELDS) as posted:
        fields = {name: value for name, value in posted.items() if isinstance(value, str)}
    cookie, token = request.cookies.get(_cookie_name(request), ""), fields.get(FIELD, "")
    if not cookie or not hmac.compare_digest(cookie.encode(), token.encode()):
        raise FormExpired("the form does not belong to this browser")
    return fields


def _cookie_name(request: Request) -> str:
    https = urlsplit(auth_of(request).public_url).scheme == "https"
    return "__Host-passerelle_form" if https else "passerelle_form"
