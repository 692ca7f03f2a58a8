"""How one goes: an owner closes the organisation, a member leaves it. Both with what an act asks for, and for good."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.auth.bootstrap import Auth
from services.auth.domain.account import FormInvalid
from services.auth.domain.connection import Connection, ConnectionState
from services.auth.domain.member import LastOwner, check_owner_left
from services.auth.entrypoints.at_the_act import NOT_SHOWN, Wrong, act_parts, shown_at_act, typed_of, wrong_of
from services.auth.entrypoints.first_forms import first_page, waiting
from services.auth.entrypoints.held import actor_of, auth_of, pages_of, person_of, set_session_cookie, who_of
from services.auth.entrypoints.readers import reader, signed_in
from services.auth.entrypoints.sentences import FIELD_PROBLEMS
from services.auth.usecases.close_organisation import Wish, close_organisation
from services.auth.usecases.leave_organisation import leave_organisation
from shared.access.principal import Principal
from shared.access.roles import ORGANISATION_CLOSE
from shared.marketplaces.registry import PROFILES
from shared.web.forms import PostedForm, member_form, posted_form

router = APIRouter(include_in_schema=False)
Owner = Annotated[Principal, Depends(reader(ORGANISATION_CLOSE))]
OwnersForm = Annotated[PostedForm, Depends(member_form(ORGANISATION_CLOSE))]
Reader = Annotated[Principal, Depends(signed_in)]
Form = Annotated[PostedForm, Depends(posted_form)]
_AT_ONCE = 200


@router.get("/settings/organisation/close")
async def close_page(request: Request, who: Owner) -> Response:
    return await _close_page(request, who)


@router.post("/settings/organisation/close")
async def close_form(request: Request, form: OwnersForm) -> Response:
    """Everybody of the organisation is signed out, whoever closed it at once."""
    held, who, organisation = auth_of(request), form.principal, form.text("organisation")
    try:
        await close_organisation(
            Wish(organisation, typed_of(form)),
            who_of(request, who),
            mails=held.mailer is not None,
            uow=held.uow,
            hasher=held.hasher,
            vault=held.factors,
            clock=held.clock,
            mask=held.mask_attempt,
        )
    except FormInvalid as error:
        said = {name: FIELD_PROBLEMS[f"{name}.{problem}"] for name, problem in error.problems.items()}
        return await _close_page(request, who, typed=organisation, wrong=Wrong(422, said))
    except NOT_SHOWN as error:
        return waiting(await _close_page(request, who, typed=organisation, wrong=wrong_of(error)), error)
    return _gone(request, closed=True)


@router.get("/settings/account/leave")
async def leave_page(request: Request, who: Reader) -> Response:
    return await _leave_page(request, who)


@router.post("/settings/account/leave")
async def leave_form(request: Request, form: Form) -> Response:
    held, who = auth_of(request), form.principal
    try:
        proven = await shown_at_act(request, form)
        await leave_organisation(actor_of(who), proven, uow=held.uow, clock=held.clock)
    except NOT_SHOWN as error:
        return waiting(await _leave_page(request, who, wrong=wrong_of(error)), error)
    except LastOwner:
        return await _leave_page(request, who, wrong=Wrong(409, {}))
    return _gone(request, closed=False)


async def _close_page(request: Request, who: Principal, *, typed: str = "", wrong: Wrong | None = None) -> Response:
    held = auth_of(request)
    concerned = [
        each
        for each in await _connections(held, who)
        if each.state is not ConnectionState.DISCONNECTED or each.may_be_erased
    ]
    living = [each for each in concerned if each.state is not ConnectionState.DISCONNECTED]
    return await _page(
        request,
        who,
        "close.html",
        wrong,
        typed=typed,
        connections=concerned,
        profiles=PROFILES,
        ours={each.marketplace for each in living if each.app_id is None},
        own={each.marketplace for each in living if each.app_id is not None},
        members=[each.account for each in await held.members.members(who.organisation)],
        clients=[each for each in await held.views.api_clients(who.organisation) if each.revoked_at is None],
        invitations=await held.members.invitations(who.organisation),
    )


async def _connections(held: Auth, who: Principal) -> list[Connection]:
    """However many there are: nothing ends that the page did not name."""
    found: list[Connection] = []
    while True:
        after = found[-1].id if found else None
        some = await held.views.connections(who.organisation, after=after, limit=_AT_ONCE)
        found += some
        if len(some) < _AT_ONCE:
            return found


async def _leave_page(request: Request, who: Principal, *, wrong: Wrong | None = None) -> Response:
    members = [each.account for each in await auth_of(request).members.members(who.organisation)]
    try:
        check_owner_left(members, without=person_of(request, who).id)
    except LastOwner:
        is_last = True
    else:
        is_last = False
    return await _page(request, who, "leave.html", wrong, is_last=is_last)


async def _page(request: Request, who: Principal, name: str, wrong: Wrong | None, **shown: object) -> Response:
    async with auth_of(request).uow() as store:
        organisation = await store.accounts.organisation_name(who.organisation)
    shown |= {"organisation": organisation} | await act_parts(request, who, wrong)
    return pages_of(request).render(request, name, principal=who, status=wrong.status if wrong else 200, **shown)


def _gone(request: Request, *, closed: bool) -> Response:
    """The last page: whoever reads it is nobody here any more."""
    response = first_page(request, "gone.html", 200, closed=closed)
    set_session_cookie(request, response, "", seconds=0)
    return response
