"""The page *Your account*: the e-mail address, the password, and the sessions of whoever is signed in."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import FormInvalid, SignInRefused, TooManyAttempts, is_live
from services.auth.domain.mail import MailKind
from services.auth.entrypoints.first_forms import waiting
from services.auth.entrypoints.held import address_of, auth_of, pages_of, who_of
from services.auth.entrypoints.readers import signed_in
from services.auth.entrypoints.sentences import FIELD_PROBLEMS, PRESENT_ONE_WRONG, TOO_MANY_ATTEMPTS
from services.auth.usecases.ask_for_mail import ask_for_mail
from services.auth.usecases.change_password import change_password
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
        return waiting(await _account(request, who, trouble=TOO_MANY_ATTEMPTS, status=429), error)
    return RedirectResponse(local_path(form.text("next"), f"{_HERE}?done=sent"), 303)


@router.post("/password")
async def password_form(request: Request, form: Form) -> Response:
    """Asks for the present one; other sessions end."""
    held, who = auth_of(request), form.principal
    try:
        await change_password(
            who.label,
            form.typed("password"),
            form.typed("new_password"),
            session=who_of(request, who).session,
            address=address_of(request),
            uow=held.uow,
            hasher=held.hasher,
            clock=held.clock,
            mask=held.mask_attempt,
        )
    except SignInRefused:
        return await _account(request, who, errors={"password": PRESENT_ONE_WRONG}, status=422)
    except FormInvalid as error:
        errors = {name: FIELD_PROBLEMS[f"{name}.{code}"] for name, code in error.problems.items()}
        return await _account(request, who, errors=errors, status=422)
    except TooManyAttempts as error:
        return waiting(await _account(request, who, trouble=TOO_MANY_ATTEMPTS, status=429), error)
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


async def _account(
    request: Request,
    who: Principal,
    *,
    done: str = "",
    errors: Mapping[str, str] | None = None,
    trouble: str | None = None,
    status: int = 200,
) -> Response:
    held, pages, person = auth_of(request), pages_of(request), who_of(request, who)
    now = held.clock.now()
    sessions = await held.views.sessions(person.user_id)
    return pages.render(
        request,
        "account.html",
        principal=who,
        status=status,
        account=await held.views.account(person.user_id),
        sessions=[each for each in sessions if is_live(each, now) and not each.pending],
        passkeys=await held.views.passkeys(person.user_id),
        factor=await held.views.has_factor(person.user_id),
        this=person.session,
        done=done,
        errors={name: pages.say(request, sentence, principal=who) for name, sentence in (errors or {}).items()},
        trouble=pages.say(request, trouble, principal=who) if trouble else None,
    )
