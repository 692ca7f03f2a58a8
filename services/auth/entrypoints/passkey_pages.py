"""The page *Passkeys* of one's own account: they are added and removed with what an act asks for."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.auth.domain.passkey import (
    PASSKEYS_MOST,
    PasskeyRefused,
    PasskeysFull,
    PasskeyUnknown,
    passkey_name,
)
from services.auth.entrypoints.at_the_act import NOT_SHOWN, Wrong, act_parts, shown_at_act, wrong_of
from services.auth.entrypoints.first_forms import waiting
from services.auth.entrypoints.held import auth_of, origin_of, pages_of, person_of, who_of
from services.auth.entrypoints.readers import signed_in
from services.auth.entrypoints.sentences import PASSKEY_NOT_ADDED, PASSKEYS_FULL
from services.auth.usecases.passkey_ports import RelyingParty
from services.auth.usecases.passkeys import add_passkey, begin_registration, read_created, remove_passkey
from shared.access.principal import Principal
from shared.web.forms import PostedForm, posted_form
from shared.web.problems import not_found

_HERE = "/settings/account/passkeys"
router = APIRouter(prefix=_HERE, include_in_schema=False)
Reader = Annotated[Principal, Depends(signed_in)]
Form = Annotated[PostedForm, Depends(posted_form)]


@router.get("")
async def passkeys_page(request: Request, who: Reader) -> Response:
    return await _page(request, who)


@router.post("/begin")
async def begin_form(request: Request, form: Form) -> Response:
    """JSON for the page's script: what the browser is to be told, or what is wrong."""
    held, who, party = auth_of(request), form.principal, party_of(request)
    try:
        proven = await shown_at_act(request, form)
        async with held.uow() as store:
            account = await proven.locked(store)
            options = await begin_registration(
                account,
                who_of(request, who).session,
                store=store,
                party=party,
                clock=held.clock,
                new_secret=held.new_secret,
            )
    except PasskeysFull:
        return trouble(request, PASSKEYS_FULL, who, status=409)
    except NOT_SHOWN as error:
        wrong = wrong_of(error)
        return waiting(trouble(request, wrong.sentence, who, status=wrong.status), error)
    return Response(options, media_type="application/json")


@router.post("")
async def add_form(request: Request, form: Form) -> Response:
    """The recovery codes are shown this once, where it is the first second factor."""
    held, who, person = auth_of(request), form.principal, person_of(request, form.principal)
    try:
        made = await read_created(
            form.text("credential"),
            who_of(request, who).session,
            uow=held.uow,
            party=party_of(request),
            clock=held.clock,
        )
        async with held.uow() as store:
            name = passkey_name(form.text("name")) or "—"
            codes = await add_passkey(person, made, name, store=store, clock=held.clock, new_secret=held.new_secret)
    except (PasskeyRefused, PasskeysFull):
        return await _page(request, who, wrong=Wrong(422, {"": PASSKEY_NOT_ADDED}))
    if not codes:
        return RedirectResponse(_HERE, 303)
    return pages_of(request).render(request, "recovery_codes.html", principal=who, codes=codes, goal=_HERE)


@router.get("/{passkey_id:uuid}/remove")
async def remove_page(request: Request, who: Reader, passkey_id: UUID) -> Response:
    return await _remove_page(request, who, passkey_id)


@router.post("/{passkey_id:uuid}/remove")
async def remove_form(request: Request, form: Form, passkey_id: UUID) -> Response:
    """With what an act asks for, so that whoever finds a browser open cannot."""
    held, who = auth_of(request), form.principal
    try:
        proven = await shown_at_act(request, form)
        async with held.uow() as store:
            await proven.locked(store)
            await remove_passkey(passkey_id, person_of(request, who), store=store, clock=held.clock)
    except NOT_SHOWN as error:
        return waiting(await _remove_page(request, who, passkey_id, wrong=wrong_of(error)), error)
    except PasskeyUnknown:
        raise not_found() from None
    return RedirectResponse(_HERE, 303)


def party_of(request: Request) -> RelyingParty:
    """Raises the Problem that says that there is no such page: passkeys need an address with a name."""
    party = auth_of(request).relying_party
    if party is None:
        raise not_found()
    return party


def trouble(request: Request, sentence: str, who: Principal | None, *, status: int) -> Response:
    """What the script shows instead of asking the browser."""
    return JSONResponse({"trouble": pages_of(request).say(request, sentence, principal=who)}, status)


async def _page(request: Request, who: Principal, *, wrong: Wrong | None = None) -> Response:
    passkeys = await auth_of(request).views.passkeys(who_of(request, who).user_id)
    return pages_of(request).render(
        request,
        "passkeys.html",
        principal=who,
        status=wrong.status if wrong else 200,
        passkeys=passkeys,
        is_full=len(passkeys) >= PASSKEYS_MOST,
        origin=origin_of(request),
        **await act_parts(request, who, wrong),
    )


async def _remove_page(request: Request, who: Principal, passkey_id: UUID, *, wrong: Wrong | None = None) -> Response:
    own = await auth_of(request).views.passkeys(who_of(request, who).user_id)
    passkey = next((each for each in own if each.id == passkey_id), None)
    if passkey is None:
        raise not_found()
    shown = {"passkey": passkey} | await act_parts(request, who, wrong)
    status = wrong.status if wrong else 200
    return pages_of(request).render(request, "remove_passkey.html", principal=who, status=status, **shown)
