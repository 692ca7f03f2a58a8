"""The pages Settings: where what is set, the organisation's API clients, how to use the API, and a calendar."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.api_client import ApiClient, ClientInvalid, ClientsFull, MadeBefore
from services.auth.entrypoints.at_the_act import NOT_SHOWN, Wrong, act_parts, shown_at_act, wrong_of
from services.auth.entrypoints.client_sentences import CLIENT_PROBLEMS, CLIENTS_FULL, MADE_BEFORE
from services.auth.entrypoints.first_forms import waiting
from services.auth.entrypoints.held import actor_of, auth_of, check_email_confirmed, pages_of, who_of
from services.auth.entrypoints.readers import reader, signed_in
from services.auth.entrypoints.secret_pages import ClientsForm, ClientsReader, living_client
from services.auth.entrypoints.sentences import SCOPES
from services.auth.usecases.api_clients import Wish, check_client, make_api_client, revoke_api_client
from services.auth.usecases.calendar import make_calendar, remove_calendar
from services.auth.usecases.errors import ClientUnknown
from shared.access.principal import Principal
from shared.access.scopes import AUTH_CONNECTIONS_WRITE
from shared.kernel.ids import new_id
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
    await check_email_confirmed(request, who)
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
    wish = Wish(form.text("name"), frozenset(form.texts("scopes")), form.text("once"))
    try:
        client, secret = await _made(request, form, wish)
    except ClientInvalid as error:
        said = {field: CLIENT_PROBLEMS[f"{field}.{code}"] for field, code in error.problems.items()}
        return await _clients(request, who, wish, Wrong(422, said))
    except ClientsFull:
        return await _clients(request, who, wish, Wrong(409, {"name": CLIENTS_FULL}))
    except MadeBefore:
        return await _clients(request, who, wrong=Wrong(409, {"": MADE_BEFORE}))
    except NOT_SHOWN as error:
        return waiting(await _clients(request, who, wish, wrong_of(error)), error)
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


async def _made(request: Request, form: PostedForm, wish: Wish) -> tuple[ApiClient, str]:
    """With its secret. Raises as `make_api_client` and `shown_at_act`."""
    await check_email_confirmed(request, form.principal)
    held, who = auth_of(request), actor_of(form.principal)
    async with held.uow() as store:
        await check_client(wish, who, store=store)
    shown = await shown_at_act(request, form)
    async with held.uow() as store:
        return await make_api_client(wish, who, shown=shown, store=store, clock=held.clock, new_secret=held.new_secret)


async def _clients(request: Request, who: Principal, wish: Wish | None = None, wrong: Wrong | None = None) -> Response:
    """`wish`: what was filled in."""
    return pages_of(request).render(
        request,
        "api_clients.html",
        principal=who,
        status=wrong.status if wrong else 200,
        clients=await auth_of(request).views.api_clients(who.organisation),
        scopes=SCOPES,
        name=wish.name if wish else "",
        chosen=wish.scopes if wish else (),
        once=new_id(),
        **await act_parts(request, who, wrong),
    )
