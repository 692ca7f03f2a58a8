"""The page *Your account*: the e-mail address, the password, and the sessions of whoever is signed in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import FormInvalid, TooManyAttempts, is_live
from services.auth.domain.mail import MailKind
from services.auth.entrypoints.at_the_act import NOT_SHOWN, Wrong, act_parts, shown_at_act, wrong_of
from services.auth.entrypoints.first_forms import waiting
from services.auth.entrypoints.held import address_of, auth_of, pages_of, who_of
from services.auth.entrypoints.readers import signed_in
from services.auth.entrypoints.sentences import FIELD_PROBLEMS
from services.auth.usecases.ask_for_mail import ask_for_mail
from services.auth.usecases.change_password import change_password, check_new_password
from services.auth.usecases.end_sessions import end_other_sessions, end_session
from services.auth.usecases.errors import SessionUnknown
from shared.access.principal import Principal
from shared.web.forms import PostedForm, local_path, posted_form
from shared.web.problems import not_found

router = APIRouter(prefix="/settings/account", include_in_schema=False)
Reader = Annotated[Principal, Depends(signed_in)]
Form = Annotated[PostedForm, Depends(posted_form)]
_HERE = "/settings/account"
# Of the page's address, after a form: what it says was done.
_DONE = {"sent", "password"}


@router.get("")
@router.get("/password")  # what its form answers in another language, or loaded again
async def account_page(request: Request, who: Reader, done: str = "") -> Response:
    return await _account(request, who, done=done if done in _DONE else "")


@router.post("/confirmation")
async def send_again_form(request: Request, form: Form) -> Response:
    held, who = auth_of(request), form.principal
    try:
        await ask_for_mail(
            who.label,
            MailKind.CONFIRM,
            address=address_of(request),
            uow=held.uow,
            clock=held.clock,
            mask=held.mask_attempt,
        )
    except TooManyAttempts as error:
        return waiting(await _account(request, who, wrong=wrong_of(error)), error)
    return RedirectResponse(local_path(form.text("next"), f"{_HERE}?done=sent"), 303)


@router.post("/password")
async def password_form(request: Request, form: Form) -> Response:
    """Other sessions end."""
    held, who, new = auth_of(request), form.principal, form.typed("new_password")
    try:
        person = who_of(request, who)
        async with held.uow() as store:
            await check_new_password(person, new, store=store, now=held.clock.now())
        proven = await shown_at_act(request, form)
        await change_password(proven, new, session=person.session, uow=held.uow, hasher=held.hasher, clock=held.clock)
    except FormInvalid as error:
        said = {name: FIELD_PROBLEMS[f"{name}.{code}"] for name, code in error.problems.items()}
        return await _account(request, who, wrong=Wrong(422, said))
    except NOT_SHOWN as error:
        return waiting(await _account(request, who, wrong=wrong_of(error)), error)
    return RedirectResponse(f"{_HERE}?done=password", 303)


@router.post("/sessions/end-others")
async def end_others_form(request: Request, form: Form) -> Response:
    held = auth_of(request)
    async with held.uow() as store:
        await end_other_sessions(who_of(request, form.principal), store=store, clock=held.clock)
    return RedirectResponse(_HERE, 303)


@router.post("/sessions/{session_id:uuid}/end")
async def end_session_form(request: Request, form: Form, session_id: UUID) -> Response:
    held = auth_of(request)
    try:
        async with held.uow() as store:
            await end_session(session_id, who_of(request, form.principal), store=store, clock=held.clock)
    except SessionUnknown:
        raise not_found() from None
    return RedirectResponse(_HERE, 303)


async def _account(request: Request, who: Principal, *, done: str = "", wrong: Wrong | None = None) -> Response:
    held, person = auth_of(request), who_of(request, who)
    now = held.clock.now()
    sessions = await held.views.sessions(person.user_id)
    return pages_of(request).render(
        request,
        "account.html",
        principal=who,
        status=wrong.status if wrong else 200,
        account=await held.views.account(person.user_id),
        sessions=[each for each in sessions if is_live(each, now) and not each.pending],
        passkeys=await held.views.passkeys(person.user_id),
        factor=await held.views.has_factor(person.user_id),
        recovery_codes=await held.views.recovery_codes(person.user_id),
        this=person.session,
        done=done,
        **await act_parts(request, who, wrong),
    )
