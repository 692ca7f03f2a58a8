"""Sign-in at an OpenID provider, where the installation has one: to its page, and back."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import TooManyAttempts
from services.auth.domain.opaque import digest
from services.auth.domain.openid import OpenIdFailed
from services.auth.entrypoints.first_forms import cookie_of, keep_cookie, sign_in_page_of, waiting
from services.auth.entrypoints.held import address_of, auth_of, browser_of, set_session_cookie
from services.auth.entrypoints.sentences import OPENID_PROBLEMS, TOO_MANY_ATTEMPTS
from services.auth.usecases.openid_ports import OpenIdProvider
from services.auth.usecases.passkeys import count_challenge
from services.auth.usecases.sign_in_by_openid import Back, begin_openid, finish_openid
from shared.web.forms import local_path
from shared.web.problems import not_found

router = APIRouter(prefix="/signin/openid", include_in_schema=False)
_AFTER = "/dashboard"


@router.get("")
async def begin(request: Request, next: str = _AFTER) -> Response:
    """A link, not a form: browsers hold a form's redirect against addresses that only the provider knows."""
    held, provider, goal = auth_of(request), _provider(request), local_path(next, _AFTER)
    cookie = cookie_of(request) or held.new_secret()
    try:
        await count_challenge(address_of(request), uow=held.uow, clock=held.clock, mask=held.mask_attempt)
        address = await begin_openid(
            digest(cookie),
            goal,
            uow=held.uow,
            provider=provider,
            clock=held.clock,
            new_secret=held.new_secret,
            mask=held.mask_attempt,
        )
    except OpenIdFailed as error:
        return sign_in_page_of(request, goal, trouble=OPENID_PROBLEMS[error.problem], status=503)
    except TooManyAttempts as error:
        return waiting(sign_in_page_of(request, goal, trouble=TOO_MANY_ATTEMPTS, status=429), error)
    response = RedirectResponse(address, 303)
    keep_cookie(request, response, cookie)
    return response


@router.get("/callback")
async def back(request: Request, state: str = "", code: str = "", iss: str = "") -> Response:
    """In, or to the second factor where the provider does not say that it asked for one."""
    held, provider = auth_of(request), _provider(request)
    try:
        made, goal = await finish_openid(
            Back(state, code, iss),
            digest(cookie_of(request)),
            browser=browser_of(request),
            second=held.second_factor,
            uow=held.uow,
            provider=provider,
            clock=held.clock,
            new_secret=held.new_secret,
            mask=held.mask_attempt,
        )
    except OpenIdFailed as error:
        return sign_in_page_of(request, _AFTER, trouble=OPENID_PROBLEMS[error.problem], status=401)
    response = RedirectResponse(f"/signin/code?{urlencode({'next': goal})}" if made.pending else goal, 303)
    set_session_cookie(request, response, made.cookie)
    return response


def _provider(request: Request) -> OpenIdProvider:
    provider = auth_of(request).openid
    if provider is None:
        raise not_found()
    return provider
