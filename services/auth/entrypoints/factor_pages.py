"""The second factor: its code at sign-in, or setting it up there where it is required; set up and removed by choice."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

import segno
from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.bootstrap import Auth
from services.auth.domain.account import SignInRefused, TooManyAttempts
from services.auth.domain.audit import AuditSession
from services.auth.domain.second_factor import CodeRefused, FactorThere, NoFactor, SecondFactor, TypedCode
from services.auth.entrypoints.at_the_act import NOT_SHOWN, Wrong, act_parts, shown_at_act, wrong_of
from services.auth.entrypoints.first_forms import first_form, first_page, waiting
from services.auth.entrypoints.held import (
    auth_of,
    in_session,
    origin_of,
    pages_of,
    person_of,
    session_cookie,
    set_session_cookie,
)
from services.auth.entrypoints.readers import signed_in
from services.auth.entrypoints.recovery_pages import RECOVERY
from services.auth.entrypoints.sentences import CODE_REFUSED, TOO_MANY_ATTEMPTS
from services.auth.usecases.actor import Person
from services.auth.usecases.ports import Store
from services.auth.usecases.prove_factor import prove_code
from services.auth.usecases.resolve_session import resolve_pending
from services.auth.usecases.second_factor import begin_factor, finish_factor, read_first_code, remove_factor
from services.auth.usecases.start_session import SignedIn, finish_session
from shared.access.principal import Principal
from shared.web.forms import PostedForm, local_path, posted_form

router = APIRouter(include_in_schema=False)
Reader = Annotated[Principal, Depends(signed_in)]
Form = Annotated[PostedForm, Depends(posted_form)]
_AFTER = "/dashboard"
_ACCOUNT = "/settings/account"
_FACTOR = "/settings/account/second-factor"


@router.get("/signin/code")
@router.get("/signin/code/begin")  # what its form answers in another language, or loaded again
async def code_page(request: Request, next: str = _AFTER) -> Response:
    return await code_page_of(request, local_path(next, _AFTER))


@router.post("/signin/code")
async def code_form(request: Request, fields: Annotated[dict[str, str], Depends(first_form)]) -> Response:
    """In, under another cookie; with the recovery codes shown first, where it was set up here."""
    goal = local_path(fields.get("next"), _AFTER)
    try:
        done = await _finish(request, fields.get("code", ""))
    except (CodeRefused, FactorThere, NoFactor):
        return await code_page_of(request, goal, trouble=CODE_REFUSED, status=401)
    except TooManyAttempts as error:
        return waiting(await code_page_of(request, goal, trouble=TOO_MANY_ATTEMPTS, status=429), error)
    except SignInRefused:
        done = None
    if done is None:
        return RedirectResponse("/signin", 303)
    made, codes = done
    response: Response = RedirectResponse(goal, 303)
    if codes:
        response = first_page(request, "recovery_codes.html", 200, codes=codes, goal=goal)
    set_session_cookie(request, response, made.cookie)
    return response


@router.post("/signin/code/begin")
async def begin_code_form(request: Request, fields: Annotated[dict[str, str], Depends(first_form)]) -> Response:
    """Where everybody needs one, by whoever has none yet and has shown the password in the last ten minutes."""
    held, goal = auth_of(request), local_path(fields.get("next"), _AFTER)
    async with held.uow() as store:
        found = await resolve_pending(session_cookie(request), store=store, clock=held.clock)
        wanted = found is not None and not await store.factors.is_set_up(found[1].id)
    if found is None or not wanted:
        return RedirectResponse(f"/signin/code?{urlencode({'next': goal})}", 303)
    made = await begin_factor(Person(found[1].id, found[1].organisation_id), uow=held.uow, vault=held.factors)
    return await code_page_of(request, goal, made=made)


@router.get(_FACTOR)
@router.get(f"{_FACTOR}/begin")  # as above
@router.get(f"{_FACTOR}/remove")
async def factor_page(request: Request, who: Reader) -> Response:
    return await _factor_page(request, who)


@router.post(_FACTOR)
async def factor_form(request: Request, form: Form) -> Response:
    """Set up by its first code, which only whoever began it can know; the recovery codes are shown this once."""
    held, who = auth_of(request), form.principal
    person = person_of(request, who)
    try:
        code = await _read_first(held, person, form.text("code"))
        async with held.uow() as store:
            codes = await _set_up(held, person, code, store)
    except FactorThere:  # pressed twice: the answer that shows the codes may be lost
        return RedirectResponse(RECOVERY, 303)
    except (CodeRefused, NoFactor, TooManyAttempts) as error:
        return waiting(await _factor_page(request, who, wrong=wrong_of(error)), error)
    return pages_of(request).render(request, "recovery_codes.html", principal=who, codes=codes, goal=_ACCOUNT)


@router.post(f"{_FACTOR}/begin")
async def begin_form(request: Request, form: Form) -> Response:
    """The secret is in this answer and on no other page."""
    held, who = auth_of(request), form.principal
    try:
        await shown_at_act(request, form)
        made = await begin_factor(person_of(request, who), uow=held.uow, vault=held.factors)
    except FactorThere:
        return RedirectResponse(_FACTOR, 303)
    except NOT_SHOWN as error:
        return waiting(await _factor_page(request, who, wrong=wrong_of(error)), error)
    return await _factor_page(request, who, made=made)


@router.post(f"{_FACTOR}/remove")
async def remove_form(request: Request, form: Form) -> Response:
    """With what an act asks for, so that whoever finds a browser open cannot."""
    held, who = auth_of(request), form.principal
    try:
        proven = await shown_at_act(request, form)
        async with held.uow() as store:
            await proven.locked(store)
            await remove_factor(person_of(request, who), store=store, clock=held.clock)
    except NOT_SHOWN as error:
        return waiting(await _factor_page(request, who, wrong=wrong_of(error)), error)
    return RedirectResponse(_ACCOUNT, 303)


async def _finish(request: Request, code: str) -> tuple[SignedIn, Sequence[str]] | None:
    """
    The session, and recovery codes if the factor was set up now; None: nobody waits. Raises as `prove_code`, and
    FactorThere if it was set up meanwhile.
    """
    held, cookie = auth_of(request), session_cookie(request)
    async with held.uow() as store:
        found = await resolve_pending(cookie, store=store, clock=held.clock)
        is_set_up = found is not None and await store.factors.is_set_up(found[1].id)
    if found is None:
        return None
    person, held = Person(found[1].id, found[1].organisation_id), in_session(held, AuditSession.of(found[0]))
    if is_set_up:
        await _prove(held, person, code)
    else:
        typed = await _read_first(held, person, code)
    async with held.uow() as store:
        codes: Sequence[str] = ()
        if not is_set_up:
            if await store.factors.is_set_up(person.id):
                raise CodeRefused  # since it was looked for: that one is to be shown
            codes = await _set_up(held, person, typed, store)
        now = held.clock.now()
        return await finish_session(*found, store=store, now=now, new_secret=held.new_secret), codes


async def _prove(held: Auth, person: Person, code: str) -> None:
    await prove_code(person, code, uow=held.uow, vault=held.factors, clock=held.clock, mask=held.mask_attempt)


async def _read_first(held: Auth, person: Person, code: str) -> TypedCode:
    return await read_first_code(
        person, code, uow=held.uow, vault=held.factors, clock=held.clock, mask=held.mask_attempt
    )


async def _set_up(held: Auth, person: Person, code: TypedCode, store: Store) -> Sequence[str]:
    return await finish_factor(
        person, code, store=store, clock=held.clock, new_secret=held.new_secret, mask=held.mask_attempt
    )


async def code_page_of(
    request: Request, goal: str, *, trouble: str | None = None, made: SecondFactor | None = None, status: int = 200
) -> Response:
    """
    Of whoever has shown their password; others are led to *Sign in*. `made`: an app they have just begun to set up.
    """
    held = auth_of(request)
    async with held.uow() as store:
        found = await resolve_pending(session_cookie(request), store=store, clock=held.clock)
        if found is None:
            return RedirectResponse("/signin", 303)
        passkeys = await store.passkeys.of(found[1].id)
        factor = await store.factors.lock(found[1].id)
    shown = await _shown(request, found[1].email, factor, made)
    shown |= {"next": goal, "trouble": trouble, "passkeys": len(passkeys), "origin": origin_of(request)}
    return first_page(request, "code.html", status, **shown)


async def _factor_page(
    request: Request, who: Principal, *, wrong: Wrong | None = None, made: SecondFactor | None = None
) -> Response:
    async with auth_of(request).uow() as store:
        factor = await store.factors.lock(person_of(request, who).id)
    shown = await _shown(request, who.label, factor, made) | await act_parts(request, who, wrong)
    status = wrong.status if wrong else 200
    return pages_of(request).render(request, "second_factor.html", principal=who, status=status, **shown)


async def _shown(
    request: Request, email: str, factor: SecondFactor | None, made: SecondFactor | None
) -> dict[str, object]:
    """How far it is; of `made`, begun by this very request, what an app is told: as a picture, and to be typed."""
    vault = auth_of(request).factors
    confirmed = factor is not None and factor.confirmed_at is not None
    shown: dict[str, object] = {"begun": factor is not None, "confirmed": confirmed, "qr_code": None, "secret": None}
    if made is not None:
        picture = segno.make(await vault.app_address(made, email), micro=False)
        shown |= {
            "qr_code": picture.svg_inline(scale=5, border=4, light="#fff"),
            "secret": await vault.secret_text(made),
        }
    return shown
