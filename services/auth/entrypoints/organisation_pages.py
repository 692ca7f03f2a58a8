"""The page *Your organisation*: its addresses, and whether its selling plan is a professional one."""

from collections.abc import Mapping
from dataclasses import asdict

from babel.core import get_global
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.address import Address, AddressInvalid, AddressKind, read_address
from services.auth.entrypoints.connection_pages import Form, Writer
from services.auth.entrypoints.held import actor_of, auth_of, pages_of
from services.auth.entrypoints.sentences import ADDRESS_PROBLEMS
from services.auth.usecases.keep_addresses import keep_address, remove_address, say_professional
from shared.access.principal import Principal
from shared.web.forms import PostedForm
from shared.web.problems import not_found

router = APIRouter(prefix="/settings/organisation", include_in_schema=False)
_HERE = "/settings/organisation"
_FIELDS = ("name", "street", "more", "postal_code", "city", "country")
# Those with a time zone; 001 is the world.
COUNTRIES = frozenset(get_global("zone_territories").values()) - {"001"}


@router.get("")
async def organisation_page(request: Request, who: Writer, saved: bool = False) -> Response:
    return await _page(request, who, saved=saved)


@router.post("/address")
async def address_form(request: Request, form: Form) -> Response:
    """Saves an address, takes the sender's for it, or takes it away."""
    held, who = auth_of(request), actor_of(form.principal)
    try:
        kind = AddressKind(form.text("kind"))
    except ValueError:
        raise not_found() from None
    if form.text("do") == "remove":
        async with held.uow() as store:
            await remove_address(kind, who, store=store, clock=held.clock)
        return RedirectResponse(f"{_HERE}?saved=1", 303)
    try:
        address = await _given(request, form)
    except AddressInvalid as error:
        return await _page(request, form.principal, wrong=(kind, _as_typed(form), error), status=422)
    await keep_address(kind, address, who, uow=held.uow, vault=held.addresses, clock=held.clock)
    return RedirectResponse(f"{_HERE}?saved=1", 303)


@router.post("/plan")
async def plan_form(request: Request, form: Form) -> Response:
    """What the organisation says of its selling plan."""
    held, professional = auth_of(request), form.text("professional") == "yes"
    async with held.uow() as store:
        await say_professional(professional, actor_of(form.principal), store=store, clock=held.clock)
    return RedirectResponse(f"{_HERE}?saved=1", 303)


async def _given(request: Request, form: PostedForm) -> Address:
    """Raises AddressInvalid."""
    sender = (await _opened(request, form.principal)).get(AddressKind.SENDER) if form.text("do") == "sender" else None
    return sender or read_address(_as_typed(form), COUNTRIES)


def _as_typed(form: PostedForm) -> dict[str, str]:
    return {name: form.text(name) for name in _FIELDS}


async def _opened(request: Request, who: Principal) -> Mapping[AddressKind, Address]:
    """The organisation's addresses, as far as their keys are there."""
    held = auth_of(request)
    found = {one.kind: await held.addresses.open(one) for one in await held.views.addresses(who.organisation)}
    return {kind: address for kind, address in found.items() if address is not None}


def _fields(address: Address) -> dict[str, str]:
    street, more = (*address.lines, "")[:2]
    return {name: text for name, text in asdict(address).items() if name != "lines"} | {"street": street, "more": more}


async def _page(
    request: Request,
    who: Principal,
    *,
    wrong: tuple[AddressKind, Mapping[str, str], AddressInvalid] | None = None,
    saved: bool = False,
    status: int = 200,
) -> Response:
    pages, opened = pages_of(request), await _opened(request, who)
    forms: dict[AddressKind, Mapping[str, str]] = {kind: _fields(address) for kind, address in opened.items()}
    errors: dict[AddressKind, dict[str, str]] = {}
    if wrong is not None:
        kind, typed, error = wrong
        forms[kind] = typed
        errors[kind] = {
            name: pages.say(request, ADDRESS_PROBLEMS[name], principal=who) for name in _FIELDS if name in error.fields
        }
    return pages.render(
        request,
        "organisation.html",
        principal=who,
        status=status,
        kinds=list(AddressKind),
        known=set(opened),
        forms=forms,
        errors=errors,
        countries=sorted(COUNTRIES),
        professional=await auth_of(request).views.says_professional(who.organisation),
        saved=saved,
    )
