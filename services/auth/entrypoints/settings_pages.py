"""The pages Settings: where what is set, the organisation's API clients, how to use the API, and a calendar."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.api_client import CLIENTS_MOST, ClientInvalid, ClientsFull
from services.auth.entrypoints.held import actor_of, auth_of, pages_of, who_of
from services.auth.entrypoints.readers import reader, signed_in
from services.auth.entrypoints.secret_pages import ClientsForm, ClientsReader, living_client
from services.auth.entrypoints.sentences import CLIENT_PROBLEMS, CLIENTS_FULL, SCOPES
from services.auth.usecases.api_clients import make_api_client, revoke_api_client
from services.auth.usecases.calendar import make_calendar, remove_calendar
from services.auth.usecases.errors import ClientUnknown
from shared.access.principal import Principal
from shared.access.scopes import AUTH_CONNECTIONS_WRITE
from shared.web.forms import PostedForm, member_form
from shared.web.languages import PARAMETER, language_of
from shared.web.problems import not_found

router = APIRouter(prefix="/settings", include_in_schema=False)
Reader = Annotated[Principal, Depends(signed_in)]
CalendarReader = Annotated[Principal, Depends(reader(AUTH_CONNECTIONS_WRITE))]
CalendarForm = Annotated[PostedForm, Depends(member_form(AUTH_CONNECTIONS_WRITE))]
_CLIENTS = "/settings/api-clients"


@router.get("")
async def settings_page(request: Request, who: Reader) -> Response:
    """Everything that can be set, and where."""
    async with auth_of(request).uow() as store:
        is_staff = await store.support.is_staff(who_of(request, who).user_id)
    return pages_of(request).render(request, "settings.html", principal=who, is_staff=is_staff)


@router.get("/api")
async def api_page(request: Request, who: Reader) -> Response:
    """How a program talks to us, with examples that work as they stand."""
    return pages_of(request).render(request, "api.html", principal=who, url=auth_of(request).public_url, scopes=SCOPES)


@router.get("/calendar")
async def calendar_page(request: Request, who: CalendarReader) -> Response:
    return await _calendar(request, who)


@router.post("/calendar")
async def make_calendar_form(request: Request, form: CalendarForm) -> Response:
    """Shows the new address: this once, and nowhere else."""
    held, who = auth_of(request), form.principal
    async with held.uow() as store:
        secret = await make_calendar(actor_of(who), store=store, clock=held.clock, new_secret=held.new_secret)
    address = f"{held.public_url}/connections/calendar/{secret}.ics?{PARAMETER}={language_of(request, who)}"
    return await _calendar(request, who, address=address)


@router.post("/calendar/remove")
async def remove_calendar_form(request: Request, form: CalendarForm) -> Response:
    held = auth_of(request)
    async with held.uow() as store:
        await remove_calendar(actor_of(form.principal), store=store, clock=held.clock)
    return RedirectResponse("/settings/calendar", 303)


@router.get("/api-clients")
async def clients_page(request: Request, who: ClientsReader) -> Response:
    return await _clients(request, who)


@router.post("/api-clients")
async def make_form(request: Request, form: ClientsForm) -> Response:
    """The new client's page shows its secret: this once, and nowhere else."""
    held, who = auth_of(request), form.principal
    name, scopes = form.text("name"), frozenset(form.texts("scopes"))
    try:
        async with held.uow() as store:
            client, secret = await make_api_client(
                name, scopes, actor_of(who), store=store, clock=held.clock, new_secret=held.new_secret
            )
    except ClientInvalid as error:
        errors = {field: CLIENT_PROBLEMS[f"{field}.{code}"] for field, code in error.problems.items()}
        return await _clients(request, who, name=name, chosen=scopes, errors=errors, status=422)
    except ClientsFull:
        return await _clients(request, who, name=name, chosen=scopes, errors={"name": CLIENTS_FULL}, status=409)
    return pages_of(request).render(
        request, "api_client.html", principal=who, client=client, secret=secret, url=held.public_url
    )


@router.get("/api-clients/{client_id}/revoke")
async def revoke_page(request: Request, who: ClientsReader, client_id: str) -> Response:
    client = await living_client(request, who, client_id)
    return pages_of(request).render(request, "revoke_client.html", principal=who, client=client)


@router.post("/api-clients/{client_id}/revoke")
async def revoke_form(request: Request, form: ClientsForm, client_id: str) -> Response:
    held = auth_of(request)
    try:
        async with held.uow() as store:
            await revoke_api_client(client_id, actor_of(form.principal), store=store, clock=held.clock)
    except ClientUnknown:
        raise not_found() from None
    return RedirectResponse(_CLIENTS, 303)


async def _calendar(request: Request, who: Principal, *, address: str | None = None) -> Response:
    exists = await auth_of(request).views.has_calendar(who.organisation)
    return pages_of(request).render(request, "calendar.html", principal=who, exists=exists, address=address)


async def _clients(
    request: Request,
    who: Principal,
    *,
    name: str = "",
    chosen: frozenset[str] = frozenset(),
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    pages = pages_of(request)
    said = {field: pages.say(request, sentence, principal=who) for field, sentence in (errors or {}).items()}
    return pages.render(
        request,
        "api_clients.html",
        principal=who,
        status=status,
        clients=await auth_of(request).views.api_clients(who.organisation),
        most=CLIENTS_MOST,
        scopes=SCOPES,
        name=name,
        chosen=chosen,
        errors=said,
    )
