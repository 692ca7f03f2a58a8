"""Sign-up, sign-in, a password that is too old to sign in with, sign-out."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import (
    EmailTaken,
    FormInvalid,
    PasswordExpired,
    SignInRefused,
    SignUp,
    TooManyAttempts,
)
from services.auth.entrypoints.first_forms import first_form, first_page, sentences_of, sign_in_page_of, waiting
from services.auth.entrypoints.held import (
    address_of,
    auth_of,
    browser_of,
    session_cookie,
    set_session_cookie,
)
from services.auth.entrypoints.sentences import SIGN_IN_REFUSED, TOO_MANY_ATTEMPTS
from services.auth.usecases.change_password import renew_password
from services.auth.usecases.sign_in import sign_in
from services.auth.usecases.sign_out import sign_out
from services.auth.usecases.sign_up import sign_up
from services.auth.usecases.start_session import SignedIn
from shared.access.access import Access
from shared.web.forms import PostedForm, local_path, posted_form
from shared.web.languages import language_of

router = APIRouter(include_in_schema=False)
_AFTER = "/dashboard"
_AFTER_SIGN_UP = "/connections"  # nothing is connected yet


@router.get("/")
async def start(request: Request) -> Response:
    """To where one goes on from."""
    return RedirectResponse(_AFTER if await _signed_in(request) else "/signin", 303)


@router.get("/signup")
async def sign_up_page(request: Request, next: str = _AFTER) -> Response:
    goal = local_path(next, _AFTER)
    return RedirectResponse(goal, 303) if await _signed_in(request) else _sign_up_form(request, goal)


@router.post("/signup")
async def sign_up_form(request: Request, fields: Annotated[dict[str, str], Depends(first_form)]) -> Response:
    held, goal = auth_of(request), local_path(fields.get("next"), _AFTER)
    form = SignUp(fields.get("email", ""), fields.get("password", ""), fields.get("organisation", ""))
    try:
        made = await sign_up(
            form,
            address=address_of(request),
            browser=browser_of(request),
            second=held.second_factor,
            locale=language_of(request, None),
            uow=held.uow,
            hasher=held.hasher,
            clock=held.clock,
            new_secret=held.new_secret,
            mask=held.mask_attempt,
        )
    except FormInvalid as error:
        return _sign_up_form(request, goal, fields, error.problems, status=422)
    except EmailTaken:
        return _sign_up_form(request, goal, fields, {"email": "taken"}, status=409)
    except TooManyAttempts as error:
        return waiting(_sign_up_form(request, goal, fields, trouble=TOO_MANY_ATTEMPTS, status=429), error)
    return welcome(request, made, _AFTER_SIGN_UP if goal == _AFTER else goal)


@router.get("/signin")
async def sign_in_page(request: Request, next: str = _AFTER, changed: bool = False) -> Response:
    """`changed`: the password, by a link, just now."""
    goal = local_path(next, _AFTER)
    return RedirectResponse(goal, 303) if await _signed_in(request) else sign_in_page_of(request, goal, changed=changed)


@router.post("/signin")
async def sign_in_form(request: Request, fields: Annotated[dict[str, str], Depends(first_form)]) -> Response:
    goal, email = local_path(fields.get("next"), _AFTER), fields.get("email", "")
    try:
        made = await _sign_in(request, email, fields.get("password", ""))
    except SignInRefused:
        return sign_in_page_of(request, goal, email=email, trouble=SIGN_IN_REFUSED, status=401)
    except PasswordExpired:
        return _renewal_form(request, goal, fields, status=403)
    except TooManyAttempts as error:
        return waiting(sign_in_page_of(request, goal, email=email, trouble=TOO_MANY_ATTEMPTS, status=429), error)
    return welcome(request, made, goal)


@router.post("/signin/password")
async def renew_password_form(request: Request, fields: Annotated[dict[str, str], Depends(first_form)]) -> Response:
    """Another password for one that is too old, and in with it."""
    held, goal = auth_of(request), local_path(fields.get("next"), _AFTER)
    email, old, new = (fields.get(name, "") for name in ("email", "password", "new_password"))
    try:
        await renew_password(
            email,
            old,
            new,
            address=address_of(request),
            lasts=held.password_lasts,
            uow=held.uow,
            hasher=held.hasher,
            clock=held.clock,
            mask=held.mask_attempt,
        )
        made = await _sign_in(request, email, new)
    except SignInRefused:
        return _renewal_form(request, goal, fields, trouble=SIGN_IN_REFUSED, status=401)
    except FormInvalid as error:
        return _renewal_form(request, goal, fields, error.problems, status=422)
    except TooManyAttempts as error:
        return waiting(_renewal_form(request, goal, fields, trouble=TOO_MANY_ATTEMPTS, status=429), error)
    return welcome(request, made, goal)


@router.post("/signout")
async def sign_out_form(request: Request, form: Annotated[PostedForm, Depends(posted_form)]) -> Response:
    """`next`: where whoever signs in again goes on."""
    held, goal = auth_of(request), form.text("next")
    async with held.uow() as store:
        await sign_out(session_cookie(request), store=store, clock=held.clock)
    response = RedirectResponse(f"/signin?{urlencode({'next': goal})}" if goal else "/signin", 303)
    set_session_cookie(request, response, "", seconds=0)
    return response


async def _signed_in(request: Request) -> bool:
    access: Access = request.app.state.access
    return await access.by_session(request) is not None


def welcome(request: Request, made: SignedIn, goal: str) -> Response:
    """A new session, whatever cookie the browser had before; by the second factor, where there is to be one."""
    response = RedirectResponse(f"/signin/code?{urlencode({'next': goal})}" if made.pending else goal, 303)
    set_session_cookie(request, response, made.cookie)
    return response


async def _sign_in(request: Request, email: str, password: str) -> SignedIn:
    held = auth_of(request)
    return await sign_in(
        email,
        password,
        address=address_of(request),
        browser=browser_of(request),
        second=held.second_factor,
        lasts=held.password_lasts,
        uow=held.uow,
        hasher=held.hasher,
        clock=held.clock,
        new_secret=held.new_secret,
        mask=held.mask_attempt,
    )


def _sign_up_form(
    request: Request,
    goal: str,
    fields: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    *,
    trouble: str | None = None,
    status: int = 200,
) -> Response:
    said = sentences_of(request, problems)
    return first_page(request, "signup.html", status, fields=fields or {}, next=goal, errors=said, trouble=trouble)


def _renewal_form(
    request: Request,
    goal: str,
    fields: Mapping[str, str],
    problems: Mapping[str, str] | None = None,
    *,
    trouble: str | None = None,
    status: int,
) -> Response:
    said = sentences_of(request, problems)
    return first_page(request, "renew_password.html", status, fields=fields, next=goal, errors=said, trouble=trouble)
