"""Reads of listings and of what channels are told, each in a short transaction of its own."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, Row, Select, and_, case, false, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from services.inventory.adapters.listings import listing_of
from services.inventory.adapters.tables import connection, discovery, listing, sku, submission, target
from services.inventory.adapters.targets import target_of
from services.inventory.domain.connection import DISCONNECTED, PAUSED
from services.inventory.domain.target import REPEATED
from services.inventory.usecases.listing_views import ListingFilter, ListingView, PushProgress, Shown, WeightSource
from services.inventory.usecases.views import Slice
from shared.db.arrays import among
from shared.db.unit_of_work import transaction
from shared.events.auth import MAY_WORK
from shared.kernel.ids import ConnectionId, OrganisationId, SkuId

_HERE = listing.c.gone_at.is_(None)
_OURS = and_(_HERE, ~listing.c.marketplace_fulfilled)
_MAPPED = and_(_OURS, listing.c.sku_id.is_not(None))
_SHOWN: Mapping[Shown, ColumnElement[bool]] = {
    Shown.MAPPED: _MAPPED,
    Shown.UNMAPPED: and_(_OURS, listing.c.sku_id.is_(None)),
    Shown.MARKETPLACE_FULFILLED: and_(_HERE, listing.c.marketplace_fulfilled),
    Shown.GONE: ~_HERE,
    Shown.REFUSED: and_(_MAPPED, target.c.active, target.c.reason.is_not(None)),
    Shown.WEIGHT_LEFT_OUT: and_(_HERE, listing.c.weight_problem.is_not(None)),
}
_ID_LENGTH = 36
# A join of two tables with columns of one name: those of the target are told apart by a prefix.
_TARGET = [one.label(f"told_{one.name}") for one in target.columns]


class SqlListingViews:
    """Implements `usecases.listing_views.ListingViews`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def listings(
        self, organisation_id: OrganisationId, wanted: ListingFilter, *, after: str | None, limit: int
    ) -> Slice[ListingView]:
        query = _of(organisation_id).where(*_conditions(wanted)).order_by(listing.c.sku, listing.c.id)
        if after is not None:
            place = (
                literal(after[_ID_LENGTH:], listing.c.sku.type),
                literal(UUID(after[:_ID_LENGTH]), listing.c.id.type),
            )
            query = query.where(tuple_(listing.c.sku, listing.c.id) > tuple_(*place))
        found = [_view(row) for row in await self._rows(query.limit(limit + 1))]
        last = found[limit - 1].listing if len(found) > limit else None
        return Slice(found[:limit], None if last is None else f"{last.id}{last.sku}")

    async def listing(self, organisation_id: OrganisationId, listing_id: UUID) -> ListingView | None:
        found = await self._rows(_of(organisation_id).where(listing.c.id == listing_id))
        return _view(found[0]) if found else None

    async def by_ids(self, organisation_id: OrganisationId, ids: Sequence[UUID]) -> Sequence[ListingView]:
        rows = await self._rows(_of(organisation_id).where(among(listing.c.id, ids)))
        found = {view.listing.id: view for view in map(_view, rows)}
        return [found[one] for one in ids if one in found]

    async def of_sku(self, sku_id: SkuId) -> Sequence[ListingView]:
        query = _listings().where(listing.c.sku_id == sku_id, _HERE)
        rows = await self._rows(query.order_by(connection.c.name, listing.c.channel_id, listing.c.sku))
        return [_view(row) for row in rows]

    async def counts(self, organisation_id: OrganisationId) -> Mapping[Shown, int]:
        counted = [func.count().filter(condition).label(shown.value) for shown, condition in _SHOWN.items()]
        query = select(*counted).select_from(_joined()).where(listing.c.organisation_id == organisation_id)
        (row,) = await self._rows(query)
        return {shown: getattr(row, shown.value) for shown in _SHOWN}

    async def channels(self, organisation_id: OrganisationId) -> Sequence[tuple[ConnectionId, str, str, str]]:
        query = (
            select(connection.c.id, connection.c.name, connection.c.marketplace, listing.c.channel_id)
            .join(listing, listing.c.connection_id == connection.c.id)
            .where(connection.c.organisation_id == organisation_id)
            .distinct()
            .order_by(connection.c.name, listing.c.channel_id)
        )
        return [(ConnectionId(row.id), row.name, row.marketplace, row.channel_id) for row in await self._rows(query)]

    async def suggestions(
        self, organisation_id: OrganisationId, beginnings: Sequence[str], limit: int
    ) -> Sequence[str]:
        begins = [func.starts_with(func.lower(sku.c.code), beginning.lower()) for beginning in beginnings]
        closest = case(*((one, place) for place, one in enumerate(begins)), else_=len(begins))
        query = select(sku.c.code).where(sku.c.organisation_id == organisation_id, or_(*begins))
        rows = await self._rows(query.order_by(closest, sku.c.code).limit(limit)) if begins else []
        return [row.code for row in rows]

    async def progress(self, organisation_id: OrganisationId) -> Sequence[PushProgress]:
        return [_progress(row) for row in await self._rows(_progress_of(organisation_id))]

    async def weight_sources(self, organisation_id: OrganisationId) -> Sequence[WeightSource]:
        return [WeightSource(**row._mapping) for row in await self._rows(_weight_sources_of(organisation_id))]

    async def _rows(self, query: Executable) -> Sequence[Row[Any]]:
        async with transaction(self._engine) as open_connection:
            rows: Sequence[Row[Any]] = (await open_connection.execute(query)).all()
            return rows


def _joined() -> Any:
    return (
        listing.join(connection, connection.c.id == listing.c.connection_id)
        .outerjoin(sku, sku.c.id == listing.c.sku_id)
        .outerjoin(target, target.c.id == listing.c.target_id)
    )


def _listings() -> Select[Any]:
    names = [connection.c.marketplace, connection.c.name.label("connection_name"), sku.c.code.label("sku_code")]
    return select(listing, *names, *_TARGET).select_from(_joined())


def _of(organisation_id: OrganisationId) -> Select[Any]:
    return _listings().where(listing.c.organisation_id == organisation_id)


def _conditions(wanted: ListingFilter) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.connection_id is not None:
        conditions.append(listing.c.connection_id == wanted.connection_id)
    if wanted.channel_id is not None:
        conditions.append(listing.c.channel_id == wanted.channel_id)
    if wanted.state is not None:
        conditions.append(_SHOWN[wanted.state])
    if wanted.search:
        places = (listing.c.sku, listing.c.title, sku.c.code)
        conditions.append(or_(*(func.strpos(func.lower(one), wanted.search.lower()) > 0 for one in places)))
    return conditions


def _view(row: Row[Any]) -> ListingView:
    told = {one.name: getattr(row, f"told_{one.name}") for one in target.columns}
    return ListingView(
        listing=listing_of(row),
        marketplace=row.marketplace,
        connection_name=row.connection_name,
        sku_code=row.sku_code,
        target=None if told["id"] is None else target_of(SimpleNamespace(**told)),
    )


def _progress_of(organisation_id: OrganisationId) -> Select[Any]:
    def many(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(target.c.id).filter(condition)

    told = target.c.state.in_(("waiting", "sending", "sale"))
    trouble = select(func.max(submission.c.reason)).where(submission.c.connection_id == connection.c.id)
    return (
        select(
            connection.c.id,
            connection.c.name,
            connection.c.marketplace,
            connection.c.state,
            many(target.c.state.in_(("waiting", "sale"))).label("waiting"),
            many(target.c.state == "sending").label("on_the_way"),
            many(target.c.state == "in_sync").label("in_sync"),
            many(target.c.reason.is_not(None)).label("refused"),
            many(target.c.drifts >= REPEATED).label("drifting"),
            func.min(target.c.waiting_since).filter(told).label("oldest"),
            trouble.scalar_subquery().label("trouble"),
            discovery,
        )
        .select_from(connection)
        .outerjoin(discovery, discovery.c.connection_id == connection.c.id)
        .outerjoin(target, and_(target.c.connection_id == connection.c.id, target.c.active))
        .where(connection.c.organisation_id == organisation_id, connection.c.state != DISCONNECTED)
        .group_by(connection.c.id, discovery.c.connection_id)
        .order_by(connection.c.name, connection.c.id)
    )


def _progress(row: Row[Any]) -> PushProgress:
    return PushProgress(
        connection_id=ConnectionId(row.id),
        name=row.name,
        marketplace=row.marketplace,
        active=row.state in MAY_WORK,
        paused=row.state == PAUSED,
        waiting=row.waiting,
        on_the_way=row.on_the_way,
        in_sync=row.in_sync,
        refused=row.refused,
        drifting=row.drifting,
        oldest=row.oldest,
        trouble=row.trouble,
        reading=row.current is not None,
        read_at=row.read_at,
        unreadable=row.unreadable or 0,
        waits_code=row.waits_code,
        waits_since=row.waits_since,
    )


def _weight_sources_of(organisation_id: OrganisationId) -> Select[Any]:
    def many(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(listing.c.id).filter(condition)

    return (
        select(
            connection.c.id.label("connection_id"),
            connection.c.name,
            connection.c.marketplace,
            func.coalesce(discovery.c.weights, false()).label("taken"),
            many(listing.c.weight_at == listing.c.seen_at).label("told"),
            many(listing.c.weight_problem.is_not(None)).label("left_out"),
            discovery.c.read_at,
        )
        .select_from(connection)
        .outerjoin(discovery, discovery.c.connection_id == connection.c.id)
        .outerjoin(listing, and_(listing.c.connection_id == connection.c.id, _HERE))
        .where(connection.c.organisation_id == organisation_id, connection.c.state != DISCONNECTED)
        .group_by(connection.c.id, discovery.c.connection_id)
        .order_by(connection.c.name, connection.c.id)
    )
