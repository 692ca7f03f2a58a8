"""Passkeys at sign-in: alone, as the second factor after the password, or made there where one is required."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import Account, Session, SignInRefused, TooManyAttempts
from services.auth.domain.audit import AuditSession
from services.auth.domain.opaque import digest
from services.auth.domain.passkey import CounterWentBack, PasskeyRefused, PasskeysFull, passkey_name
from services.auth.entrypoints.factor_pages import code_page_of
from services.auth.entrypoints.first_forms import cookie_of, first_form, first_page, sign_in_page_of, waiting
from services.auth.entrypoints.held import (
    address_of,
    auth_of,
    browser_of,
    in_session,
    session_cookie,
    set_session_cookie,
)
from services.auth.entrypoints.passkey_pages import party_of, trouble
from services.auth.entrypoints.sentences import (
    PASSKEY_COPIED,
    PASSKEY_NOT_ADDED,
    PASSKEY_REFUSED,
    TOO_MANY_ATTEMPTS,
)
from services.auth.usecases.actor import Person
from services.auth.usecases.passkeys import (
    add_first_passkey,
    begin_assertion,
    begin_registration,
    count_challenge,
    read_created,
)
from services.auth.usecases.prove_factor import prove_passkey
from services.auth.usecases.resolve_session import resolve_pending
from services.auth.usecases.sign_in_by_passkey import sign_in_by_passkey
from services.auth.usecases.start_session import finish_session
from shared.web.forms import local_path

router = APIRouter(prefix="/signin", include_in_schema=False)
Fields = Annotated[dict[str, str], Depends(first_form)]
_AFTER = "/dashboard"


@router.post("/passkey/begin")
async def begin_alone(request: Request, _fields: Fields) -> Response:
    """JSON for the page's script."""
    return await _begin(request, None)


@router.post("/passkey")
async def sign_in_alone(request: Request, fields: Fields) -> Response:
    held, goal = auth_of(request), local_path(fields.get("next"), _AFTER)
    try:
        made = await sign_in_by_passkey(
            fields.get("credential", ""),
            digest(cookie_of(request)),
            browser=browser_of(request),
            uow=held.uow,
            party=party_of(request),
            clock=held.clock,
            new_secret=held.new_secret,
        )
    except (PasskeyRefused, SignInRefused) as error:
        return sign_in_page_of(request, goal, trouble=_sentence(error), status=401)
    response = RedirectResponse(goal, 303)
    set_session_cookie(request, response, made.cookie)
    return response


@router.post("/code/passkey/begin")
async def begin_second(request: Request, _fields: Fields) -> Response:
    """JSON for the page's script."""
    found = await _pending(request)
    return await _begin(request, found[1]) if found else trouble(request, PASSKEY_REFUSED, None, status=401)


@router.post("/code/passkey")
async def second_form(request: Request, fields: Fields) -> Response:
    """In, under another cookie."""
    held, goal, found = auth_of(request), local_path(fields.get("next"), _AFTER), await _pending(request)
    if found is None:
        return RedirectResponse("/signin", 303)
    held, person = in_session(held, AuditSession.of(found[0])), Person(found[1].id, found[1].organisation_id)
    try:
        await prove_passkey(
            person,
            fields.get("credential", ""),
            digest(session_cookie(request)),
            uow=held.uow,
            party=party_of(request),
            clock=held.clock,
            mask=held.mask_attempt,
        )
        async with held.uow() as store:
            made = await finish_session(*found, store=store, now=held.clock.now(), new_secret=held.new_secret)
    except PasskeyRefused as error:
        return await code_page_of(request, goal, trouble=_sentence(error), status=401)
    except TooManyAttempts as error:
        return waiting(await code_page_of(request, goal, trouble=TOO_MANY_ATTEMPTS, status=429), error)
    except SignInRefused:
        return RedirectResponse("/signin", 303)
    response = RedirectResponse(goal, 303)
    set_session_cookie(request, response, made.cookie)
    return response


@router.post("/code/passkeys/begin")
async def begin_first(request: Request, _fields: Fields) -> Response:
    """JSON for the page's script, of whoever needs a second factor and has none yet."""
    held, found = auth_of(request), await _pending(request)
    try:
        await count_challenge(address_of(request), uow=held.uow, clock=held.clock, mask=held.mask_attempt)
        async with held.uow() as store:
            if found is None or await store.factors.is_set_up(found[1].id):
                return trouble(request, PASSKEY_REFUSED, None, status=401)
            options = await begin_registration(
                found[1],
                digest(session_cookie(request)),
                store=store,
                party=party_of(request),
                clock=held.clock,
                new_secret=held.new_secret,
            )
    except TooManyAttempts as error:
        return waiting(trouble(request, TOO_MANY_ATTEMPTS, None, status=429), error)
    return Response(options, media_type="application/json")


@router.post("/code/passkeys")
async def first_passkey_form(request: Request, fields: Fields) -> Response:
    """The recovery codes are shown this once, and in, under another cookie."""
    held, goal, found = auth_of(request), local_path(fields.get("next"), _AFTER), await _pending(request)
    if found is None:
        return RedirectResponse("/signin", 303)
    person, holder = Person(found[1].id, found[1].organisation_id), digest(session_cookie(request))
    try:
        answer, party = fields.get("credential", ""), party_of(request)
        created = await read_created(answer, holder, uow=held.uow, party=party, clock=held.clock)
        async with in_session(held, AuditSession.of(found[0])).uow() as store:
            name = passkey_name(fields.get("name", "")) or "—"
            codes = await add_first_passkey(
                person, created, name, store=store, clock=held.clock, new_secret=held.new_secret
            )
            made = await finish_session(*found, store=store, now=held.clock.now(), new_secret=held.new_secret)
    except (PasskeyRefused, PasskeysFull):
        return await code_page_of(request, goal, trouble=PASSKEY_NOT_ADDED, status=401)
    except SignInRefused:
        return RedirectResponse("/signin", 303)
    response = first_page(request, "recovery_codes.html", 200, codes=codes, goal=goal)
    set_session_cookie(request, response, made.cookie)
    return response


async def _begin(request: Request, account: Account | None) -> Response:
    held, party = auth_of(request), party_of(request)
    holder = digest(session_cookie(request) if account else cookie_of(request))
    try:
        await count_challenge(address_of(request), uow=held.uow, clock=held.clock, mask=held.mask_attempt)
    except TooManyAttempts as error:
        return waiting(trouble(request, TOO_MANY_ATTEMPTS, None, status=429), error)
    async with held.uow() as store:
        options = await begin_assertion(
            account.id if account else None,
            holder,
            store=store,
            party=party,
            clock=held.clock,
            new_secret=held.new_secret,
        )
    return Response(options, media_type="application/json")


async def _pending(request: Request) -> tuple[Session, Account] | None:
    held = auth_of(request)
    async with held.uow() as store:
        return await resolve_pending(session_cookie(request), store=store, clock=held.clock)


def _sentence(error: Exception) -> str:
    return PASSKEY_COPIED if isinstance(error, CounterWentBack) else PASSKEY_REFUSED
