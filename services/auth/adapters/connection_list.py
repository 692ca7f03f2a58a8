"""The list of an organisation's connections, in PostgreSQL: a page of it, and how many it has."""

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.adapters.asked_roles import lacks_any
from services.auth.adapters.connections import CONNECTIONS, to_connection
from services.auth.adapters.private_apps import OWN_SECRET_REFUSED
from services.auth.domain.connection import ConnectionState, ProbeOutcome
from services.auth.usecases.connection_list import Counts, ListAsked, ListPage
from shared.kernel.ids import OrganisationId
from shared.marketplaces.reached import SellerState
from shared.marketplaces.registry import CAPABILITIES

_ITS = tables.connection
LIVES = _ITS.c.state != ConnectionState.DISCONNECTED
_TOLD = [ProbeOutcome.ROLE_MISSING, ProbeOutcome.DECLINED]
# What its seller can mend in the marketplace's portal alone; a holiday is the seller's own, and ends.
_SHUT = [SellerState.ON_NOTICE, SellerState.DEACTIVATED, SellerState.BANNED]
_NO_STORE = and_(
    _ITS.c.probe_outcome == ProbeOutcome.OK,
    func.jsonb_array_length(_ITS.c.channels) == 0,
    _ITS.c.marketplace.in_(CAPABILITIES),
)
# One at rest is so by somebody's wish: only a role that it lacks is told of it.
_NEEDS_SOMEBODY = or_(
    _ITS.c.state.not_in([ConnectionState.AUTHORISED, ConnectionState.PAUSED]),
    and_(
        _ITS.c.state == ConnectionState.AUTHORISED,
        or_(_ITS.c.probe_outcome.in_(_TOLD), _ITS.c.seller_state.in_(_SHUT), _NO_STORE, OWN_SECRET_REFUSED),
    ),
    lacks_any(),
)
_URGENCY: ColumnElement[int] = case((~LIVES, 2), (_NEEDS_SOMEBODY, 0), else_=1)


async def listed(connection: AsyncConnection, organisation_id: OrganisationId, asked: ListAsked) -> ListPage:
    query = (
        CONNECTIONS.add_columns(_URGENCY.label("urgency"))
        .where(_ITS.c.organisation_id == organisation_id, *_wanted(asked))
        .order_by(_URGENCY, _ITS.c.id.desc())
        .limit(asked.limit + 1)
    )
    rows = (await connection.execute(query)).all()
    shown = rows[: asked.limit]
    after = (shown[-1].urgency, shown[-1].id) if len(rows) > asked.limit else None
    return ListPage([to_connection(row) for row in shown], after)


async def counted(connection: AsyncConnection, organisation_id: OrganisationId) -> Counts:
    query = select(_ITS.c.state, func.count().label("connections")).group_by(_ITS.c.state)
    rows = await connection.execute(query.where(_ITS.c.organisation_id == organisation_id))
    found = {row.state: row.connections for row in rows}
    return {state: found[state] for state in ConnectionState if state in found}


def _wanted(asked: ListAsked) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if asked.state is not None:
        wanted.append(_ITS.c.state == asked.state)
    if asked.search:
        named = (its.icontains(asked.search, autoescape=True) for its in (_ITS.c.name, _ITS.c.seller_id))
        wanted.append(or_(*named))
    if asked.app_id is not None:
        wanted += [_ITS.c.app_id == asked.app_id, LIVES]
    if asked.after is not None:
        urgency, last = asked.after
        wanted.append(or_(urgency < _URGENCY, and_(literal(urgency) == _URGENCY, _ITS.c.id < last)))
    return wanted
