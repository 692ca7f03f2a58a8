"""The pages Connections: the list, one connection, its name and channels, pause, disconnect."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.audit import HOLDERS
from services.auth.domain.claim import CLAIM_LASTS
from services.auth.domain.connection import ChannelsInvalid, Connection, ConnectionState, NameInvalid, ProbeOutcome
from services.auth.domain.life import NotRunning
from services.auth.entrypoints.connection_list import connections_page
from services.auth.entrypoints.held import actor_of, auth_of, endpoint_of, pages_of
from services.auth.entrypoints.looking import look_at_once
from services.auth.entrypoints.readers import reader
from services.auth.entrypoints.sentences import FIELD_PROBLEMS, NOT_RUNNING
from services.auth.usecases.change_settings import (
    choose_channels,
    choose_endpoint,
    pause_connection,
    rename_connection,
    resume_connection,
)
from services.auth.usecases.disconnect_connection import disconnect_connection, erase_connection
from services.auth.usecases.errors import ConnectionUnknown
from shared.access.dependencies import check_role
from shared.access.principal import Principal
from shared.access.roles import BUYERS_ERASE
from shared.access.scopes import AUTH_CONNECTIONS_READ, AUTH_CONNECTIONS_WRITE
from shared.kernel.ids import ConnectionId
from shared.marketplaces.reached import SellerState
from shared.marketplaces.registry import PROFILES
from shared.web.forms import PostedForm, member_form
from shared.web.problems import not_found

router = APIRouter(prefix="/connections", include_in_schema=False)
# For so long the page of a connection says that it is ready.
_NEWLY_READY = timedelta(hours=1)


Reader = Annotated[Principal, Depends(reader(AUTH_CONNECTIONS_READ))]
Writer = Annotated[Principal, Depends(reader(AUTH_CONNECTIONS_WRITE))]
Form = Annotated[PostedForm, Depends(member_form(AUTH_CONNECTIONS_WRITE))]


@router.get("")
async def list_page(
    request: Request, who: Reader, connected: UUID | None = None, waiting: int = 0, known: int = 0
) -> Response:
    return await connections_page(request, who, connected=connected, brought=(waiting, known))


@router.get("/{connection_id:uuid}")
async def one_page(request: Request, who: Reader, connection_id: UUID) -> Response:
    known = await known_connection(request, who, connection_id)
    return connection_page(request, who, known, erased_by=await auth_of(request).views.erased_by(known))


@router.post("/{connection_id:uuid}/name")
async def rename_form(request: Request, form: Form, connection_id: UUID) -> Response:
    held, who, name = auth_of(request), form.principal, form.text("name")
    try:
        async with held.uow() as store:
            await rename_connection(ConnectionId(connection_id), name, actor_of(who), store=store, clock=held.clock)
    except ConnectionUnknown:
        raise not_found() from None
    except NameInvalid:
        known = await known_connection(request, who, connection_id)
        said = pages_of(request).say(request, FIELD_PROBLEMS["name.invalid"], principal=who)
        return connection_page(request, who, known, form={"name": name}, errors={"name": said}, status=422)
    return RedirectResponse("/connections", 303)


@router.post("/{connection_id:uuid}/channels")
async def channels_form(request: Request, form: Form, connection_id: UUID) -> Response:
    held, who = auth_of(request), form.principal
    try:
        async with held.uow() as store:
            await choose_channels(
                ConnectionId(connection_id), chosen_of(form), actor_of(who), store=store, clock=held.clock
            )
    except ConnectionUnknown:
        raise not_found() from None
    except ChannelsInvalid:
        known = await known_connection(request, who, connection_id)
        said = pages_of(request).say(request, FIELD_PROBLEMS["channels.invalid"], principal=who)
        return connection_page(request, who, known, errors={"channels": said}, status=422)
    return RedirectResponse(f"/connections/{connection_id}", 303)


@router.post("/{connection_id:uuid}/endpoint")
async def endpoint_form(request: Request, form: Form, connection_id: UUID) -> Response:
    """At which endpoint it is worked, where the marketplace has one for tests; that is asked at once."""
    held, who = auth_of(request), form.principal
    known = await known_connection(request, who, connection_id)
    wanted = endpoint_of(form, known.marketplace)
    async with held.uow() as store:
        await choose_endpoint(known.id, wanted, actor_of(who), store=store, clock=held.clock)
    if wanted is not known.endpoint:
        await look_at_once(held, known.id)
    return RedirectResponse(f"/connections/{connection_id}", 303)


@router.post("/{connection_id:uuid}/pause")
async def pause_form(request: Request, form: Form, connection_id: UUID) -> Response:
    try:
        await _change(request, form, connection_id, pause_connection)
    except NotRunning:
        known = await known_connection(request, form.principal, connection_id)
        return connection_page(request, form.principal, known, trouble=NOT_RUNNING, status=409)
    return RedirectResponse(f"/connections/{connection_id}", 303)


@router.post("/{connection_id:uuid}/resume")
async def resume_form(request: Request, form: Form, connection_id: UUID) -> Response:
    resumed = partial(resume_connection, goes_on=auth_of(request).expired_goes_on)
    await _change(request, form, connection_id, resumed)
    return RedirectResponse(f"/connections/{connection_id}", 303)


@router.get("/{connection_id:uuid}/disconnect")
async def disconnect_page(request: Request, who: Writer, connection_id: UUID) -> Response:
    known = await known_connection(request, who, connection_id)
    if known.state is ConnectionState.DISCONNECTED:
        check_role(who, BUYERS_ERASE)
    return pages_of(request).render(
        request, "disconnect.html", principal=who, connection=known, profile=PROFILES[known.marketplace]
    )


@router.post("/{connection_id:uuid}/disconnect")
async def disconnect_form(request: Request, form: Form, connection_id: UUID) -> Response:
    if form.text("data") == "erase":
        check_role(form.principal, BUYERS_ERASE)
        await _change(request, form, connection_id, erase_connection)
        return RedirectResponse(f"/connections/{connection_id}", 303)
    await _change(request, form, connection_id, disconnect_connection)
    return RedirectResponse("/connections", 303)


async def _change(
    request: Request, form: PostedForm, connection_id: UUID, change: Callable[..., Awaitable[Connection]]
) -> None:
    """Raises a 404 problem, and what `change` does."""
    held = auth_of(request)
    try:
        async with held.uow() as store:
            await change(ConnectionId(connection_id), actor_of(form.principal), store=store, clock=held.clock)
    except ConnectionUnknown:
        raise not_found() from None


async def known_connection(request: Request, who: Principal, connection_id: UUID) -> Connection:
    """The organisation's own. Raises the Problem of what is not there."""
    found = await auth_of(request).views.connection(who.organisation, ConnectionId(connection_id))
    if found is None:
        raise not_found()
    return found


def connection_page(
    request: Request,
    who: Principal,
    connection: Connection,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    trouble: str | None = None,
    erased_by: Mapping[str, datetime] | None = None,
    status: int = 200,
) -> Response:
    """
    One connection. `trouble`: a sentence about what was asked for and did not work out. `erased_by`: the certificate of
    an erasure, where it is shown.
    """
    held, now = auth_of(request), auth_of(request).clock.now()
    delegation = held.delegations.get(connection.marketplace)
    return pages_of(request).render(
        request,
        "connection.html",
        principal=who,
        status=status,
        connection=connection,
        profile=PROFILES[connection.marketplace],
        zone=home_of(connection).key,
        portal=delegation.portals.get(connection.region) if delegation else None,
        delegation_proves=held.delegation_proves,
        lapses_at=connection.claimed_at + CLAIM_LASTS if connection.claimed_at else None,
        now=now,
        holders=HOLDERS,
        erased_by=erased_by,
        ready=_is_ready(connection, now),
        form={"name": connection.name, "login": connection.login, **(form or {})},
        errors=errors or {},
        trouble=pages_of(request).say(request, trouble, principal=who) if trouble else None,
    )


def home_of(connection: Connection) -> ZoneInfo:
    """Where the account is at home: the country its seller consented in, else its first channel's."""
    stores = PROFILES[connection.marketplace].stores
    channels = [*connection.reached, *(stores[key] for key in sorted(stores))]
    home = [channel for channel in connection.reached if channel.country == connection.country]
    return ZoneInfo((home or channels)[0].time_zone if channels else "UTC")


def chosen_of(form: PostedForm) -> frozenset[str] | None:
    """What the fields of the channels say; None: all."""
    return frozenset(form.texts("channel")) if form.text("which") == "some" else None


def _is_ready(connection: Connection, now: datetime) -> bool:
    if connection.state is not ConnectionState.AUTHORISED or connection.authorised_at is None:
        return False
    if connection.probe_outcome is not ProbeOutcome.OK or connection.secret_refused_at is not None:
        return False
    shut = connection.seller_state in (SellerState.DEACTIVATED, SellerState.BANNED)
    return bool(connection.channels) and not shut and now - connection.authorised_at < _NEWLY_READY
