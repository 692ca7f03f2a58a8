"""
The links of our mails: an address confirmed, a forgotten password replaced; and asking for the latter.

Opening a link changes nothing, because programs that look through mails open it too: a button on its page does.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import FormInvalid, LinkInvalid, TooManyAttempts
from services.auth.domain.mail import MailKind
from services.auth.entrypoints.first_forms import first_form, first_page, sentences_of, waiting
from services.auth.entrypoints.held import address_of, auth_of
from services.auth.entrypoints.sentences import LINK_INVALID, TOO_MANY_ATTEMPTS
from services.auth.entrypoints.visits import visited_from
from services.auth.usecases.ask_for_mail import ask_for_mail
from services.auth.usecases.change_password import reset_password
from services.auth.usecases.confirm_email import confirm_email
from shared.web.problems import Problem

router = APIRouter(include_in_schema=False)
Fields = Annotated[dict[str, str], Depends(first_form)]


@router.get("/signup/confirm/{secret}")
async def confirm_page(request: Request, secret: str) -> Response:
    return first_page(request, "confirm.html", 200, secret=secret)


@router.post("/signup/confirm/{secret}")
async def confirm_form(request: Request, _fields: Fields, secret: str) -> Response:
    held = auth_of(request)
    try:
        async with held.uow() as store:
            await confirm_email(secret, store=store, clock=held.clock)
    except LinkInvalid:
        raise _link_invalid() from None
    return RedirectResponse("/signup/confirmed", 303)


@router.get("/signup/confirmed")
async def confirmed_page(request: Request) -> Response:
    return first_page(request, "confirmed.html", 200, visited=visited_from(request))


@router.get("/signin/forgotten")
async def forgotten_page(request: Request) -> Response:
    return _forgotten(request)


@router.post("/signin/forgotten")
async def forgotten_form(request: Request, fields: Fields) -> Response:
    """The same answer whether somebody has this address or not."""
    held = auth_of(request)
    try:
        await ask_for_mail(
            fields.get("email", ""),
            MailKind.RESET,
            address=address_of(request),
            uow=held.uow,
            clock=held.clock,
            mask=held.mask_attempt,
        )
    except TooManyAttempts as error:
        return waiting(_forgotten(request, trouble=TOO_MANY_ATTEMPTS, status=429), error)
    return _forgotten(request, sent=True)


@router.get("/signin/reset/{secret}")
async def reset_page(request: Request, secret: str) -> Response:
    return _reset(request, secret)


@router.post("/signin/reset/{secret}")
async def reset_form(request: Request, fields: Fields, secret: str) -> Response:
    held = auth_of(request)
    try:
        await reset_password(secret, fields.get("new_password", ""), uow=held.uow, hasher=held.hasher, clock=held.clock)
    except FormInvalid as error:
        return _reset(request, secret, error.problems, status=422)
    except LinkInvalid:
        raise _link_invalid() from None
    return RedirectResponse("/signin?changed=1", 303)


def _forgotten(request: Request, *, sent: bool = False, trouble: str | None = None, status: int = 200) -> Response:
    mails = auth_of(request).mailer is not None
    return first_page(request, "forgotten.html", status, sent=sent, mails=mails, trouble=trouble)


def _reset(request: Request, secret: str, problems: Mapping[str, str] | None = None, *, status: int = 200) -> Response:
    errors = sentences_of(request, problems)
    return first_page(request, "reset_password.html", status, secret=secret, errors=errors)


def _link_invalid() -> Problem:
    title, detail = LINK_INVALID
    return Problem(410, "link-invalid", title, detail)
