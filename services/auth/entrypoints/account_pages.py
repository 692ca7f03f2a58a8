"""Sign-up, sign-in, sign-out."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import EmailTaken, FormInvalid, SignInRefused, SignUp, TooManyAttempts
from services.auth.entrypoints.first_forms import first_form, form_token, keep_form_token
from services.auth.entrypoints.held import (
    address_of,
    auth_of,
    pages_of,
    session_cookie,
    set_session_cookie,
)
from services.auth.entrypoints.sentences import FIELD_PROBLEMS, SIGN_IN_REFUSED, TOO_MANY_ATTEMPTS
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
        return _waiting(_sign_up_form(request, goal, fields, trouble=TOO_MANY_ATTEMPTS, status=429), error)
    return _welcome(request, made, _AFTER_SIGN_UP if goal == _AFTER else goal)


@router.get("/signin")
async def sign_in_page(request: Request, next: str = _AFTER) -> Response:
    goal = local_path(next, _AFTER)
    return RedirectResponse(goal, 303) if await _signed_in(request) else _sign_in_form(request, goal)


@router.post("/signin")
async def sign_in_form(request: Request, fields: Annotated[dict[str, str], Depends(first_form)]) -> Response:
    held, goal = auth_of(request), local_path(fields.get("next"), _AFTER)
    try:
        made = await sign_in(
            fields.get("email", ""),
            fields.get("password", ""),
            address=address_of(request),
            uow=held.uow,
            hasher=held.hasher,
            clock=held.clock,
            new_secret=held.new_secret,
            mask=held.mask_attempt,
        )
    except SignInRefused:
        return _sign_in_form(request, goal, fields, trouble=SIGN_IN_REFUSED, status=401)
    except TooManyAttempts as error:
        return _waiting(_sign_in_form(request, goal, fields, trouble=TOO_MANY_ATTEMPTS, status=429), error)
    return _welcome(request, made, goal)


@router.post("/signout")
async def sign_out_form(request: Request, _form: Annotated[PostedForm, Depends(posted_form)]) -> Response:
    held = auth_of(request)
    async with held.uow() as store:
        await sign_out(session_cookie(request), store=store, clock=held.clock)
    response = RedirectResponse("/signin", 303)
    set_session_cookie(request, response, "", seconds=0)
    return response


async def _signed_in(request: Request) -> bool:
    access: Access = request.app.state.access
    return await access.by_session(request) is not None


def _welcome(request: Request, made: SignedIn, goal: str) -> Response:
    """A new session, whatever cookie the browser had before."""
    response = RedirectResponse(goal, 303)
    set_session_cookie(request, response, made.cookie)
    return response


def _waiting(response: Response, error: TooManyAttempts) -> Response:
    response.headers["retry-after"] = str(error.retry_after_seconds)
    return response


def _sign_up_form(
    request: Request,
    goal: str,
    fields: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    *,
    trouble: str | None = None,
    status: int = 200,
) -> Response:
    said = {
        name: pages_of(request).say(request, FIELD_PROBLEMS[f"{name}.{code}"], principal=None)
        for name, code in (problems or {}).items()
    }
    return _first_page(request, "signup.html", status, fields=fields or {}, next=goal, errors=said, trouble=trouble)


def _sign_in_form(
    request: Request,
    goal: str,
    fields: Mapping[str, str] | None = None,
    *,
    trouble: str | None = None,
    status: int = 200,
) -> Response:
    return _first_page(request, "signin.html", status, fields=fields or {}, next=goal, trouble=trouble)


def _first_page(request: Request, name: str, status: int, **context: object) -> Response:
    token = form_token(request)
    response = pages_of(request).render(request, name, principal=None, status=status, csrf_token=token, **context)
    keep_form_token(request, response, token)
    return response
