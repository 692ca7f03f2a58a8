"""The API of connections."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.auth.domain.account import TooManyAttempts
from services.auth.domain.claim import ClaimRefused
from services.auth.domain.connection import ChannelsInvalid, Connection, NameInvalid
from services.auth.domain.cut_over import CutOverInvalid
from services.auth.domain.life import NotRunning
from services.auth.entrypoints.held import actor_of, auth_of, check_email_confirmed
from services.auth.entrypoints.looking import look_at_once, look_if_asked
from services.auth.entrypoints.schemas import ChangeIn, ClaimIn, ConnectionList, ConnectionOut, DisconnectIn
from services.auth.entrypoints.sentences import CLAIM_REFUSALS, FIELD_PROBLEMS, NOT_RUNNING, TOO_MANY_ATTEMPTS
from services.auth.usecases.change_settings import (
    choose_channels,
    choose_endpoint,
    enter_login,
    import_orders_from,
    pause_connection,
    rename_connection,
    resume_connection,
)
from services.auth.usecases.claim_seller import Claimed, claim_seller
from services.auth.usecases.disconnect_connection import disconnect_connection, erase_connection
from services.auth.usecases.errors import ConnectionUnknown, RegionNotOffered
from shared.access.dependencies import check_role, principal
from shared.access.principal import Principal
from shared.access.roles import BUYERS_ERASE
from shared.access.scopes import AUTH_CONNECTIONS_READ, AUTH_CONNECTIONS_WRITE
from shared.kernel.ids import ConnectionId
from shared.marketplaces.endpoint import Endpoint
from shared.marketplaces.registry import PROFILES
from shared.web.problems import Problem, not_found

router = APIRouter(prefix="/api/auth/v1/connections", tags=["connections"])
Reader = Annotated[Principal, Depends(principal(AUTH_CONNECTIONS_READ))]
Writer = Annotated[Principal, Depends(principal(AUTH_CONNECTIONS_WRITE))]
Cursor = Annotated[UUID | None, Query(alias="cursor", description="`next_cursor` of the answer before.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Items of one answer, at most.")]


@router.get("")
async def list_connections(request: Request, who: Reader, after: Cursor = None, limit: Limit = 50) -> ConnectionList:
    """The organisation's connections, in the order they were made."""
    last = ConnectionId(after) if after else None
    found = await auth_of(request).views.connections(who.organisation, after=last, limit=limit + 1)
    items = [ConnectionOut.of(each) for each in found[:limit]]
    return ConnectionList(items=items, next_cursor=str(items[-1].id) if len(found) > limit else None)


@router.get("/{connection_id}")
async def read_connection(request: Request, who: Reader, connection_id: UUID) -> ConnectionOut:
    """One connection."""
    return await _own(request, who, connection_id)


@router.post(
    "",
    status_code=201,
    responses={
        200: {"model": ConnectionOut, "description": "The account is connected or claimed here already."},
        409: {
            "description": "`other-organisation` holds it, `too-many-claims` of yours are not proven yet, or nobody of "
            "yours has confirmed an e-mail address (`email-unconfirmed`)."
        },
    },
)
async def claim(request: Request, response: Response, who: Writer, claimed: ClaimIn) -> ConnectionOut:
    """
    Claims a seller account where sellers delegate in the marketplace's portal, and asks the marketplace about it.

    Claim first, delegate then: that we were refused in between shows that the account is yours.
    """
    held, asked_at = auth_of(request), auth_of(request).clock.now()
    await check_email_confirmed(request, who)
    chosen = None if claimed.chosen_channels is None else frozenset(claimed.chosen_channels)
    account = (claimed.marketplace, claimed.region, claimed.seller_id)
    wanted = Claimed(*account, claimed.name, claimed.login, chosen)
    try:
        async with held.uow() as store:
            made = await claim_seller(
                wanted, actor_of(who), store=store, offers=held.delegations, grants=held.shared_grants, clock=held.clock
            )
    except (ClaimRefused, NameInvalid, ChannelsInvalid, RegionNotOffered) as error:
        raise _problem(error) from None
    if made.claimed_at is None or made.claimed_at < asked_at:
        response.status_code = 200
    else:
        await look_at_once(held, made.id)
    return await _own(request, who, made.id)


@router.post(
    "/{connection_id}/check",
    responses={429: {"description": "`too-many-attempts`: asked too often; again after Retry-After."}},
)
async def check_connection(request: Request, who: Writer, connection_id: UUID) -> ConnectionOut:
    """Asks the marketplace at once; where it does not answer, `probed_at` stays as it was."""
    await _own(request, who, connection_id)
    try:
        await look_if_asked(auth_of(request), ConnectionId(connection_id))
    except TooManyAttempts as error:
        raise Problem(429, "too-many-attempts", TOO_MANY_ATTEMPTS, retry_after=error.retry_after_seconds) from None
    return await _own(request, who, connection_id)


@router.patch("/{connection_id}")
async def change_connection(request: Request, who: Writer, connection_id: UUID, change: ChangeIn) -> ConnectionOut:
    """
    Its name, its login in the portal, the channels that are wanted, from when on its orders are imported, and where it
    is worked.
    """
    held, actor, before = auth_of(request), actor_of(who), await _own(request, who, connection_id)
    known = ConnectionId(connection_id)
    if change.endpoint is Endpoint.SANDBOX and not PROFILES[before.marketplace].has_sandbox:
        raise Problem(422, "invalid", FIELD_PROBLEMS["endpoint.not_offered"], field="endpoint")
    try:
        async with held.uow() as store:
            if change.name is not None:
                await rename_connection(known, change.name, actor, store=store, clock=held.clock)
            if change.login is not None:
                await enter_login(known, change.login, actor, store=store, clock=held.clock)
            if "chosen_channels" in change.model_fields_set:
                wanted = None if change.chosen_channels is None else frozenset(change.chosen_channels)
                await choose_channels(known, wanted, actor, store=store, clock=held.clock)
            if "orders_from" in change.model_fields_set:
                await import_orders_from(known, change.orders_from, actor, store=store, clock=held.clock)
            if change.endpoint is not None:
                await choose_endpoint(known, change.endpoint, actor, store=store, clock=held.clock)
    except ConnectionUnknown:
        raise not_found() from None
    except (NameInvalid, ClaimRefused, ChannelsInvalid, CutOverInvalid) as error:
        raise _problem(error) from None
    if change.endpoint not in {None, before.endpoint}:
        await look_at_once(held, known)
    return await _own(request, who, connection_id)


@router.post(
    "/{connection_id}/pause",
    responses={409: {"description": "`not-running`: it is not authorised, so that there is nothing to pause."}},
)
async def pause(request: Request, who: Writer, connection_id: UUID) -> ConnectionOut:
    """No service works on it until it is resumed: nothing is read, told or asked. Again changes nothing."""
    try:
        return await _changed(request, who, connection_id, pause_connection)
    except NotRunning:
        raise Problem(409, "not-running", NOT_RUNNING) from None


@router.post("/{connection_id}/resume")
async def resume(request: Request, who: Writer, connection_id: UUID) -> ConnectionOut:
    """
    It goes on from where it stood, unless its time is over and it stops then: `expired`. What is not paused stays as it
    is.
    """
    resumed = partial(resume_connection, goes_on=auth_of(request).expired_goes_on)
    return await _changed(request, who, connection_id, resumed)


@router.post("/{connection_id}/disconnect")
async def end_connection(
    request: Request, who: Writer, connection_id: UUID, wanted: DisconnectIn | None = None
) -> ConnectionOut:
    """Ends it: no service works on it from now on, its secrets are destroyed. Again changes nothing."""
    if wanted is None or not wanted.erase:
        return await _changed(request, who, connection_id, disconnect_connection)
    check_role(who, BUYERS_ERASE)
    return await _changed(request, who, connection_id, erase_connection)


async def _changed(
    request: Request, who: Principal, connection_id: UUID, change: Callable[..., Awaitable[Connection]]
) -> ConnectionOut:
    held = auth_of(request)
    try:
        async with held.uow() as store:
            changed = await change(ConnectionId(connection_id), actor_of(who), store=store, clock=held.clock)
    except ConnectionUnknown:
        raise not_found() from None
    return ConnectionOut.of(changed)


async def _own(request: Request, who: Principal, connection_id: UUID) -> ConnectionOut:
    found = await auth_of(request).views.connection(who.organisation, ConnectionId(connection_id))
    if found is None:
        raise not_found()
    return ConnectionOut.of(found)


def _problem(error: Exception) -> Problem:
    """Each with the field it is about."""
    match error:
        case ClaimRefused(problem=problem):
            refusal = CLAIM_REFUSALS[problem]
            return Problem(refusal.status, problem.value, refusal.sentence, field=refusal.field)
        case NameInvalid():
            return Problem(422, "invalid", FIELD_PROBLEMS["name.invalid"], field="name")
        case CutOverInvalid():
            return Problem(422, "invalid", FIELD_PROBLEMS["orders_from.invalid"], field="orders_from")
        case ChannelsInvalid():
            return Problem(422, "invalid", FIELD_PROBLEMS["channels.invalid"], field="chosen_channels")
        case _:
            return Problem(422, "invalid", FIELD_PROBLEMS["region.not_offered"], field="region")
