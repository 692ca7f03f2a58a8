"""
The link of an invitation: what it is to, and a password to accept it with.

Opening it changes nothing, because programs that look through mails open it too.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.auth.domain.account import FormInvalid, LinkInvalid, TooManyAttempts
from services.auth.domain.member import MemberAlready, OtherOrganisation
from services.auth.entrypoints.account_pages import welcome
from services.auth.entrypoints.first_forms import first_form, first_page, sentences_of, waiting
from services.auth.entrypoints.held import address_of, auth_of, browser_of
from services.auth.entrypoints.roles import ROLES
from services.auth.entrypoints.sentences import LINK_INVALID, MEMBER_ALREADY, OTHER_ORGANISATION, TOO_MANY_ATTEMPTS
from services.auth.usecases.accept_invitation import accept_invitation, find_invitation
from shared.web.languages import language_of
from shared.web.problems import Problem

router = APIRouter(include_in_schema=False)
Fields = Annotated[dict[str, str], Depends(first_form)]
_AFTER = "/dashboard"


@router.get("/signup/invited/{secret}")
async def invited_page(request: Request, secret: str) -> Response:
    return await _page(request, secret)


@router.post("/signup/invited/{secret}")
async def invited_form(request: Request, fields: Fields, secret: str) -> Response:
    """Signed in at once, by the second factor where there is to be one; as whoever was signed in before no more."""
    held = auth_of(request)
    try:
        made = await accept_invitation(
            secret,
            fields.get("password", ""),
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
        return await _page(request, secret, error.problems, status=422)
    except TooManyAttempts as error:
        return waiting(await _page(request, secret, trouble=TOO_MANY_ATTEMPTS, status=429), error)
    except OtherOrganisation:
        return _elsewhere(request)
    except (LinkInvalid, MemberAlready) as error:
        raise _problem(error) from None
    return welcome(request, made, _AFTER)


async def _page(
    request: Request,
    secret: str,
    problems: Mapping[str, str] | None = None,
    *,
    trouble: str | None = None,
    status: int = 200,
) -> Response:
    held = auth_of(request)
    try:
        async with held.uow() as store:
            found = await find_invitation(secret, store=store, clock=held.clock)
    except OtherOrganisation:
        return _elsewhere(request)
    except (LinkInvalid, MemberAlready) as error:
        raise _problem(error) from None
    errors = sentences_of(request, problems)
    shown = {"invitation": found.invitation, "organisation": found.organisation, "role": ROLES[found.invitation.role]}
    return first_page(request, "invited.html", status, secret=secret, errors=errors, trouble=trouble, **shown)


def _elsewhere(request: Request) -> Response:
    """What the address's owner can do about it; only who can read its mailbox sees this."""
    title, detail = OTHER_ORGANISATION
    return first_page(request, "elsewhere.html", 409, title=title, detail=detail)


def _problem(error: Exception) -> Problem:
    if isinstance(error, MemberAlready):
        return Problem(409, "member-already", *MEMBER_ALREADY)
    return Problem(410, "link-invalid", *LINK_INVALID)
