"""The API of connections."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from services.auth.domain.connection import NameInvalid
from services.auth.entrypoints.held import actor_of, auth_of
from services.auth.entrypoints.schemas import ConnectionList, ConnectionOut, NameIn
from services.auth.entrypoints.sentences import FIELD_PROBLEMS
from services.auth.usecases.disconnect_connection import disconnect_connection
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.rename_connection import rename_connection
from shared.access.dependencies import principal
from shared.access.principal import Principal
from shared.access.scopes import AUTH_CONNECTIONS_READ, AUTH_CONNECTIONS_WRITE
from shared.kernel.ids import ConnectionId
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
    found = await auth_of(request).views.connection(who.organisation, ConnectionId(connection_id))
    if found is None:
        raise not_found()
    return ConnectionOut.of(found)


@router.patch("/{connection_id}")
async def change_connection(request: Request, who: Writer, connection_id: UUID, change: NameIn) -> ConnectionOut:
    """Renames it."""
    held = auth_of(request)
    try:
        async with held.uow() as store:
            renamed = await rename_connection(
                ConnectionId(connection_id), change.name, actor_of(who), store=store, clock=held.clock
            )
    except ConnectionUnknown:
        raise not_found() from None
    except NameInvalid:
        raise Problem(422, "invalid", FIELD_PROBLEMS["name.invalid"], field="name") from None
    return ConnectionOut.of(renamed)


@router.post("/{connection_id}/disconnect")
async def end_connection(request: Request, who: Writer, connection_id: UUID) -> ConnectionOut:
    """Ends it: no service works on it from now on, its secrets are destroyed. Again changes nothing."""
    held = auth_of(request)
    try:
        async with held.uow() as store:
            ended = await disconnect_connection(
                ConnectionId(connection_id), actor_of(who), store=store, clock=held.clock
            )
    except ConnectionUnknown:
        raise not_found() from None
    return ConnectionOut.of(ended)
