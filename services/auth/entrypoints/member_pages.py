"""
The page *Members*: who they are and what they may do, who is invited; one member removed.

Where somebody becomes an owner, or an owner no longer is one, a page asks for more than the session first.
"""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import FormInvalid
from services.auth.domain.member import (
    MEMBERS_MOST,
    Invitation,
    InvitationUnknown,
    LastOwner,
    MemberAlready,
    MembersFull,
    MemberUnknown,
)
from services.auth.entrypoints.at_the_act import NOT_SHOWN, Wrong, act_parts, shown_if_asked, wrong_of
from services.auth.entrypoints.first_forms import waiting
from services.auth.entrypoints.held import actor_of, address_of, auth_of, check_email_confirmed, pages_of
from services.auth.entrypoints.letters import INVITATION_PATH
from services.auth.entrypoints.readers import reader
from services.auth.entrypoints.roles import ROLES
from services.auth.entrypoints.sentences import FIELD_PROBLEMS, LAST_OWNER
from services.auth.usecases.change_member import change_role, remove_member
from services.auth.usecases.invite_member import (
    count_invitation,
    invite_member,
    make_link,
    own_invitation,
    take_back,
)
from services.auth.usecases.member_views import Member
from services.auth.usecases.prove_password import Proven
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
@router.get("/invitations")  # and below: what its form answers in another language, or loaded again
async def members_page(request: Request, who: Reader, invited: bool = False) -> Response:
    """`invited`: somebody was, just now, by a mail."""
    return await _page(request, who, invited=invited)


@router.post("/invitations")
async def invite_form(request: Request, form: Form) -> Response:
    return await _invite(request, form, form.text("email"), form.text("role"))


@router.get("/invitations/{invitation_id:uuid}/again")
async def invite_again_page(request: Request, who: Reader, invitation_id: UUID) -> Response:
    await _invitation(request, who, invitation_id)
    return await _page(request, who)


@router.post("/invitations/{invitation_id:uuid}/again")
async def invite_again_form(request: Request, form: Form, invitation_id: UUID) -> Response:
    """For another week; the links of before end."""
    known = await _invitation(request, form.principal, invitation_id)
    return await _invite(request, form, known.email, known.role)


@router.post("/invitations/{invitation_id:uuid}/take-back")
async def take_back_form(request: Request, form: Form, invitation_id: UUID) -> Response:
    held = auth_of(request)
    try:
        async with held.uow() as store:
            await take_back(invitation_id, actor_of(form.principal), store=store, clock=held.clock)
    except InvitationUnknown:
        raise not_found() from None
    return RedirectResponse(_HERE, 303)


@router.get("/{user_id:uuid}/role")
async def role_page(request: Request, who: Reader, user_id: UUID) -> Response:
    await _known(request, who, user_id)
    return await _page(request, who)


@router.post("/{user_id:uuid}/role")
async def role_form(request: Request, form: Form, user_id: UUID) -> Response:
    held, who, role = auth_of(request), form.principal, _role(form.text("role"))
    if role is None:
        raise not_found()
    try:
        shown = await shown_if_asked(request, form)
        async with held.uow() as store:
            await change_role(UserId(user_id), role, actor_of(who), shown=shown, store=store, clock=held.clock)
    except NOT_SHOWN as error:
        email = (await _known(request, who, user_id)).account.email
        act = "raise" if role is Role.OWNER else "lower"
        return await _owner_page(request, who, act, email, role, error, action=f"{_HERE}/{user_id}/role")
    except MemberUnknown:
        raise not_found() from None
    except LastOwner:
        return await _page(request, who, trouble=LAST_OWNER, status=409)
    return RedirectResponse(_HERE, 303)


@router.get("/{user_id:uuid}/remove")
async def remove_page(request: Request, who: Reader, user_id: UUID) -> Response:
    return await _remove_page(request, who, user_id)


@router.post("/{user_id:uuid}/remove")
async def remove_form(request: Request, form: Form, user_id: UUID) -> Response:
    """Their sessions end at once."""
    held, who = auth_of(request), form.principal
    try:
        shown = await shown_if_asked(request, form)
        async with held.uow() as store:
            await remove_member(UserId(user_id), actor_of(who), shown=shown, store=store, clock=held.clock)
    except NOT_SHOWN as error:
        return waiting(await _remove_page(request, who, user_id, wrong_of(error)), error)
    except MemberUnknown:
        raise not_found() from None
    except LastOwner:
        return await _page(request, who, trouble=LAST_OWNER, status=409)
    return RedirectResponse(_HERE, 303)


async def _invite(request: Request, form: PostedForm, email: str, wished: str) -> Response:
    """By a mail; where none are sent, the page shows the link, this once."""
    who, role, typed, link = form.principal, _role(wished), {"email": email, "role": wished}, None
    await check_email_confirmed(request, who)
    if role is None:
        return await _page(request, who, form=typed, errors={"role": "role.unknown"}, status=422)
    try:
        shown = await shown_if_asked(request, form)
        if shown is not None or role is not Role.OWNER:
            await _count(request, who, email)
        link = await _invited(request, who, email, role, shown)
    except FormInvalid as error:
        errors = {name: f"{name}.{code}" for name, code in error.problems.items()}
        return await _page(request, who, form=typed, errors=errors, status=422)
    except (MemberAlready, MembersFull) as error:
        problem = "email.member" if isinstance(error, MemberAlready) else "email.members_full"
        return await _page(request, who, form=typed, errors={"email": problem}, status=409)
    except NOT_SHOWN as error:
        if role is Role.OWNER:
            return await _owner_page(request, who, "invite", email, role, error, action=f"{_HERE}/invitations")
        wrong = wrong_of(error)
        return waiting(await _page(request, who, form=typed, trouble=wrong.sentence, status=wrong.status), error)
    return await _page(request, who, link=link) if link else RedirectResponse(f"{_HERE}?invited=1", 303)


async def _count(request: Request, who: Principal, email: str) -> None:
    """Raises TooManyAttempts."""
    held = auth_of(request)
    await count_invitation(
        email, actor_of(who), address=address_of(request), uow=held.uow, clock=held.clock, mask=held.mask_attempt
    )


async def _invited(request: Request, who: Principal, email: str, role: Role, shown: Proven | None) -> str | None:
    """The address of the link, where no mails are sent. Raises as `invite_member`."""
    held = auth_of(request)
    locale, mails = language_of(request, who), held.mailer is not None
    async with held.uow() as store:
        made = await invite_member(
            email, role, actor_of(who), shown=shown, locale=locale, mails=mails, store=store, clock=held.clock
        )
        if mails:
            return None
        return f"{held.public_url}{INVITATION_PATH}{await make_link(made, store=store, new_secret=held.new_secret)}"


async def _owner_page(
    request: Request, who: Principal, act: str, email: str, role: Role, error: Exception, *, action: str
) -> Response:
    """Asks for what the act needs, and keeps what was chosen. `error`: one of `NOT_SHOWN`."""
    wrong = wrong_of(error)
    shown: dict[str, object] = {"act": act, "email": email, "role": role.value, "said": ROLES[role], "action": action}
    shown |= await act_parts(request, who, wrong)
    response = pages_of(request).render(request, "owner_act.html", principal=who, status=wrong.status, **shown)
    return waiting(response, error)


async def _remove_page(request: Request, who: Principal, user_id: UUID, wrong: Wrong | None = None) -> Response:
    """Of an owner, it asks for what the act needs."""
    member = (await _known(request, who, user_id)).account
    asks = member.role is Role.OWNER or wrong is not None
    shown = {"asked": None} | (await act_parts(request, who, wrong) if asks else {})
    status = wrong.status if wrong else 200
    return pages_of(request).render(request, "remove_member.html", principal=who, status=status, member=member, **shown)


async def _invitation(request: Request, who: Principal, invitation_id: UUID) -> Invitation:
    try:
        async with auth_of(request).uow() as store:
            return await own_invitation(invitation_id, actor_of(who), store=store)
    except InvitationUnknown:
        raise not_found() from None


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
