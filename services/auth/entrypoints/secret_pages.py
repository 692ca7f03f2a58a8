"""The page of one API client: its secrets, a second one made for rotation, the old one ended."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.api_client import SECRETS_MOST, ApiClient, MadeBefore, SecretsFull
from services.auth.entrypoints.at_the_act import NOT_SHOWN, Wrong, act_parts, shown_at_act, wrong_of
from services.auth.entrypoints.client_sentences import MADE_BEFORE
from services.auth.entrypoints.first_forms import waiting
from services.auth.entrypoints.held import actor_of, auth_of, check_email_confirmed, pages_of
from services.auth.entrypoints.readers import reader
from services.auth.usecases.api_clients import check_secret, end_client_secret, make_secret
from services.auth.usecases.errors import ClientUnknown
from shared.access.principal import Principal
from shared.access.roles import CLIENTS_WRITE
from shared.kernel.ids import new_id
from shared.web.forms import PostedForm, member_form
from shared.web.problems import not_found

router = APIRouter(prefix="/settings/api-clients", include_in_schema=False)
ClientsReader = Annotated[Principal, Depends(reader(CLIENTS_WRITE))]
ClientsForm = Annotated[PostedForm, Depends(member_form(CLIENTS_WRITE))]


@router.get("/{client_id}")
@router.get("/{client_id}/secrets")  # what its form answers in another language, or loaded again
async def client_page(request: Request, who: ClientsReader, client_id: str) -> Response:
    return await _page(request, who, client_id)


@router.post("/{client_id}/secrets")
async def make_secret_form(request: Request, form: ClientsForm, client_id: str) -> Response:
    """Shows the second secret: this once, and nowhere else."""
    held, who = auth_of(request), form.principal
    try:
        client, secret = await _made(request, form, client_id)
    except ClientUnknown:
        raise not_found() from None
    except SecretsFull:
        return await _page(request, who, client_id, Wrong(409, {}))
    except MadeBefore:
        return await _page(request, who, client_id, Wrong(409, {"": MADE_BEFORE}))
    except NOT_SHOWN as error:
        return waiting(await _page(request, who, client_id, wrong_of(error)), error)
    return pages_of(request).render(
        request, "api_client.html", principal=who, client=client, secret=secret, url=held.public_url
    )


@router.post("/{client_id}/secrets/{secret_id}/end")
async def end_secret_form(request: Request, form: ClientsForm, client_id: str, secret_id: UUID) -> Response:
    held = auth_of(request)
    try:
        async with held.uow() as store:
            await end_client_secret(client_id, secret_id, actor_of(form.principal), store=store, clock=held.clock)
    except ClientUnknown:
        raise not_found() from None
    return RedirectResponse(f"/settings/api-clients/{client_id}", 303)


async def living_client(request: Request, who: Principal, client_id: str) -> ApiClient:
    """The organisation's; else there is none."""
    found = await auth_of(request).views.api_clients(who.organisation)
    client = next((one for one in found if one.id == client_id and one.revoked_at is None), None)
    if client is None:
        raise not_found()
    return client


async def _made(request: Request, form: PostedForm, client_id: str) -> tuple[ApiClient, str]:
    """With the new secret. Raises as `make_secret` and `shown_at_act`."""
    await check_email_confirmed(request, form.principal)
    held, who, once = auth_of(request), actor_of(form.principal), form.text("once")
    async with held.uow() as store:
        await check_secret(client_id, once, who, store=store)
    shown = await shown_at_act(request, form)
    async with held.uow() as store:
        return await make_secret(
            client_id, once, who, shown=shown, store=store, clock=held.clock, new_secret=held.new_secret
        )


async def _page(request: Request, who: Principal, client_id: str, wrong: Wrong | None = None) -> Response:
    client = await living_client(request, who, client_id)
    return pages_of(request).render(
        request,
        "client_secrets.html",
        principal=who,
        status=wrong.status if wrong else 200,
        client=client,
        is_full=len(client.living) >= SECRETS_MOST,
        once=new_id(),
        **await act_parts(request, who, wrong),
    )
