"""The page *Members*: who they are and what they may do, who is invited; one member removed."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import FormInvalid, TooManyAttempts
from services.auth.domain.member import (
    MEMBERS_MOST,
    InvitationUnknown,
    LastOwner,
    MemberAlready,
    MembersFull,
    MemberUnknown,
)
from services.auth.entrypoints.first_forms import waiting
from services.auth.entrypoints.held import actor_of, address_of, auth_of, check_may_connect, pages_of
from services.auth.entrypoints.letters import INVITATION_PATH
from services.auth.entrypoints.readers import reader
from services.auth.entrypoints.roles import ROLES
from services.auth.entrypoints.sentences import FIELD_PROBLEMS, LAST_OWNER, TOO_MANY_ATTEMPTS
from services.auth.usecases.change_member import change_role, remove_member
from services.auth.usecases.invite_member import (
    count_invitation,
    invite_member,
    make_link,
    own_invitation,
    take_back,
)
from services.auth.usecases.member_views import Member
from shared.access.principal import Principal
from shared.access.roles import MEMBERS_WRITE, Role
from shared.kernel.ids import UserId
from shared.web.forms import PostedForm, member_form
from shared.web.languages import language_of
from shared.web.problems import not_found

router = APIRouter(prefix="/settings/members", include_in_schema=False)
Reader = Annotated[Principal, Depends(reader(MEMBERS_WRITE))]
Form = Annotated[PostedForm, Depends(member_form(MEMBERS_WRITE))]
_HERE = "/settings/members"


@router.get("")
async def members_page(request: Request, who: Reader, invited: bool = False) -> Response:
    """`invited`: somebody was, just now, by a mail."""
    return await _page(request, who, invited=invited)


@router.post("/invitations")
async def invite_form(request: Request, form: Form) -> Response:
    return await _invite(request, form.principal, form.text("email"), form.text("role"))


@router.post("/invitations/{invitation_id:uuid}/again")
async def invite_again_form(request: Request, form: Form, invitation_id: UUID) -> Response:
    """For another week; the links of before end."""
    try:
        async with auth_of(request).uow() as store:
            known = await own_invitation(invitation_id, actor_of(form.principal), store=store)
    except InvitationUnknown:
        raise not_found() from None
    return await _invite(request, form.principal, known.email, known.role)


@router.post("/invitations/{invitation_id:uuid}/take-back")
async def take_back_form(request: Request, form: Form, invitation_id: UUID) -> Response:
    held = auth_of(request)
    try:
        async with held.uow() as store:
            await take_back(invitation_id, actor_of(form.principal), store=store, clock=held.clock)
    except InvitationUnknown:
        raise not_found() from None
    return RedirectResponse(_HERE, 303)


@router.post("/{user_id:uuid}/role")
async def role_form(request: Request, form: Form, user_id: UUID) -> Response:
    held, role = auth_of(request), _role(form.text("role"))
    if role is None:
        raise not_found()
    try:
        async with held.uow() as store:
            await change_role(UserId(user_id), role, actor_of(form.principal), store=store, clock=held.clock)
    except MemberUnknown:
        raise not_found() from None
    except LastOwner:
        return await _page(request, form.principal, trouble=LAST_OWNER, status=409)
    return RedirectResponse(_HERE, 303)


@router.get("/{user_id:uuid}/remove")
async def remove_page(request: Request, who: Reader, user_id: UUID) -> Response:
    member = await _known(request, who, user_id)
    return pages_of(request).render(request, "remove_member.html", principal=who, member=member.account)


@router.post("/{user_id:uuid}/remove")
async def remove_form(request: Request, form: Form, user_id: UUID) -> Response:
    """Their sessions end at once."""
    held = auth_of(request)
    try:
        async with held.uow() as store:
            await remove_member(UserId(user_id), actor_of(form.principal), store=store, clock=held.clock)
    except MemberUnknown:
        raise not_found() from None
    except LastOwner:
        return await _page(request, form.principal, trouble=LAST_OWNER, status=409)
    return RedirectResponse(_HERE, 303)


async def _invite(request: Request, who: Principal, email: str, wished: str) -> Response:
    """By a mail; where none are sent, the page shows the link, this once."""
    held, role, mails = auth_of(request), _role(wished), auth_of(request).mailer is not None
    typed = {"email": email, "role": wished}
    await check_may_connect(request, who)
    if role is None:
        return await _page(request, who, form=typed, errors={"role": "role.unknown"}, status=422)
    actor, link = actor_of(who), None
    try:
        await count_invitation(
            email, actor, address=address_of(request), uow=held.uow, clock=held.clock, mask=held.mask_attempt
        )
        async with held.uow() as store:
            locale = language_of(request, who)
            made = await invite_member(email, role, actor, locale=locale, mails=mails, store=store, clock=held.clock)
            if not mails:
                secret = await make_link(made, store=store, new_secret=held.new_secret)
                link = f"{held.public_url}{INVITATION_PATH}{secret}"
    except FormInvalid as error:
        errors = {name: f"{name}.{code}" for name, code in error.problems.items()}
        return await _page(request, who, form=typed, errors=errors, status=422)
    except (MemberAlready, MembersFull) as error:
        problem = "email.member" if isinstance(error, MemberAlready) else "email.members_full"
        return await _page(request, who, form=typed, errors={"email": problem}, status=409)
    except TooManyAttempts as error:
        return waiting(await _page(request, who, form=typed, trouble=TOO_MANY_ATTEMPTS, status=429), error)
    return await _page(request, who, link=link) if link else RedirectResponse(f"{_HERE}?invited=1", 303)


async def _known(request: Request, who: Principal, user_id: UUID) -> Member:
    members = await auth_of(request).members.members(who.organisation)
    found = next((one for one in members if one.account.id == user_id), None)
    if found is None:
        raise not_found()
    return found


async def _page(
    request: Request,
    who: Principal,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    trouble: str | None = None,
    invited: bool = False,
    link: str | None = None,
    status: int = 200,
) -> Response:
    held, pages = auth_of(request), pages_of(request)
    said = {name: pages.say(request, FIELD_PROBLEMS[code], principal=who) for name, code in (errors or {}).items()}
    return pages.render(
        request,
        "members.html",
        principal=who,
        status=status,
        members=await held.members.members(who.organisation),
        invitations=await held.members.invitations(who.organisation),
        roles=ROLES,
        most=MEMBERS_MOST,
        now=held.clock.now(),
        form={"email": "", "role": Role.VIEWER, **(form or {})},
        errors=said,
        trouble=pages.say(request, trouble, principal=who) if trouble else None,
        invited=invited,
        link=link,
    )


def _role(text: str) -> Role | None:
    return Role(text) if text in set(Role) else None
