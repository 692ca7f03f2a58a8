"""The pages Connections: the list, one connection, rename, disconnect."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import LOCALES
from services.auth.domain.connection import Connection, NameInvalid
from services.auth.entrypoints.held import actor_of, auth_of, pages_of
from services.auth.entrypoints.sentences import FIELD_PROBLEMS
from services.auth.usecases.disconnect_connection import disconnect_connection
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.rename_connection import rename_connection
from shared.access.dependencies import signed_in_page
from shared.access.principal import Principal
from shared.kernel.ids import ConnectionId
from shared.marketplaces.registry import PROFILES
from shared.web.forms import PostedForm, posted_form
from shared.web.languages import PARAMETER
from shared.web.problems import not_found

router = APIRouter(prefix="/connections", include_in_schema=False)
# More than any organisation has; the API pages.
_MOST_SHOWN = 500


async def signed_in(request: Request, who: Annotated[Principal, Depends(signed_in_page)]) -> Principal:
    """The signed-in user; a language chosen on the way is remembered with the account."""
    wished = request.query_params.get(PARAMETER)
    if wished in LOCALES and wished != who.locale and who.user_id is not None:
        async with auth_of(request).uow() as store:
            await store.accounts.set_locale(who.user_id, wished)
    return who


Reader = Annotated[Principal, Depends(signed_in)]
Form = Annotated[PostedForm, Depends(posted_form)]


@router.get("")
async def list_page(request: Request, who: Reader, connected: UUID | None = None) -> Response:
    return await connections_page(request, who, connected=connected)


@router.get("/{connection_id:uuid}")
async def one_page(request: Request, who: Reader, connection_id: UUID) -> Response:
    return _one(request, who, await _known(request, who, connection_id))


@router.post("/{connection_id:uuid}/name")
async def rename_form(request: Request, form: Form, connection_id: UUID) -> Response:
    held, who, name = auth_of(request), form.principal, form.text("name")
    try:
        async with held.uow() as store:
            await rename_connection(ConnectionId(connection_id), name, actor_of(who), store=store, clock=held.clock)
    except ConnectionUnknown:
        raise not_found() from None
    except NameInvalid:
        known = await _known(request, who, connection_id)
        said = pages_of(request).say(request, FIELD_PROBLEMS["name.invalid"], principal=who)
        return _one(request, who, known, name=name, errors={"name": said}, status=422)
    return RedirectResponse("/connections", 303)


@router.get("/{connection_id:uuid}/disconnect")
async def disconnect_page(request: Request, who: Reader, connection_id: UUID) -> Response:
    known = await _known(request, who, connection_id)
    return pages_of(request).render(
        request, "disconnect.html", principal=who, connection=known, profile=PROFILES[known.marketplace]
    )


@router.post("/{connection_id:uuid}/disconnect")
async def disconnect_form(request: Request, form: Form, connection_id: UUID) -> Response:
    held = auth_of(request)
    try:
        async with held.uow() as store:
            await disconnect_connection(
                ConnectionId(connection_id), actor_of(form.principal), store=store, clock=held.clock
            )
    except ConnectionUnknown:
        raise not_found() from None
    return RedirectResponse("/connections", 303)


async def connections_page(
    request: Request,
    who: Principal,
    *,
    connected: UUID | None = None,
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The list with its *Connect* form. `connected`: the connection just authorised."""
    held = auth_of(request)
    found = await held.views.connections(who.organisation, after=None, limit=_MOST_SHOWN)
    offers = [(PROFILES[name], sorted(offer.regions)) for name, offer in held.offers.items() if offer.regions]
    return pages_of(request).render(
        request,
        "connections.html",
        principal=who,
        status=status,
        connections=found,
        connected=next((each for each in found if each.id == connected), None),
        offers=offers,
        profiles=PROFILES,
        form=form or {},
        errors=errors or {},
    )


async def _known(request: Request, who: Principal, connection_id: UUID) -> Connection:
    found = await auth_of(request).views.connection(who.organisation, ConnectionId(connection_id))
    if found is None:
        raise not_found()
    return found


def _one(
    request: Request,
    who: Principal,
    connection: Connection,
    *,
    name: str | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    return pages_of(request).render(
        request,
        "connection.html",
        principal=who,
        status=status,
        connection=connection,
        profile=PROFILES[connection.marketplace],
        wished_name=connection.name if name is None else name,
        errors=errors or {},
    )
