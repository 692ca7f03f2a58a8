"""
The list of orders: which rows, found in indexes alone whatever the filters, then those rows whole.

Of all groups that fit the beginnings are brought into one order (`order_groups.py`); or, where few numbers begin as it
is searched for, those few.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, literal_column, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.adapters import order_groups, tables
from services.orders.adapters.acceptances import SqlAcceptances
from services.orders.adapters.repositories import SqlCopies
from services.orders.adapters.rows import Row, order_of
from services.orders.domain.acceptance import Mode
from services.orders.domain.deadlines import Deadline, span
from services.orders.domain.order import Decision, Order
from services.orders.domain.stage import Stage
from services.orders.usecases.views import MOST_COUNTED, Counts, OrderRow, OrdersAsked, OrderView, Sort
from shared.kernel.ids import OrderId, OrganisationId
from shared.marketplaces.models import OrderStatus
from shared.marketplaces.registry import store_name, store_zone

_ORDER, _LINE = tables.order, tables.line
_CONNECTION, _MODE = tables.connection, tables.acceptance_mode
_DEADLINE: ColumnElement[datetime] = literal_column(f"({tables.DEADLINE})", _ORDER.c.ship_by.type)
_AT: Mapping[Sort, ColumnElement[datetime]] = {Sort.PLACED: _ORDER.c.placed_at, Sort.DEADLINE: _DEADLINE}
# So many are soon sorted; where more numbers begin alike, a page of them is soon met among all.
_FEW = 10_000


@dataclass(frozen=True, slots=True)
class Shop:
    """One connection as lists show it: what its channels are called and where they live."""

    name: str
    mode: Mode
    channels: Mapping[str, Mapping[str, str]]


async def shops_of(connection: AsyncConnection, organisation_id: OrganisationId) -> Mapping[UUID, Shop]:
    query = (
        select(_CONNECTION.c.id, _CONNECTION.c.name, _CONNECTION.c.channels, _MODE.c.mode)
        .select_from(_CONNECTION.outerjoin(_MODE, _MODE.c.connection_id == _CONNECTION.c.id))
        .where(_CONNECTION.c.organisation_id == organisation_id)
    )
    return {
        row.id: Shop(row.name, Mode(row.mode) if row.mode else Mode.BY_HAND, {one["id"]: one for one in row.channels})
        for row in await connection.execute(query)
    }


def zones_of(shops: Mapping[UUID, Shop]) -> dict[str, str]:
    """The time zone of each channel."""
    return {key: one["time_zone"] for shop in shops.values() for key, one in shop.channels.items()}


async def listed(
    connection: AsyncConnection, organisation_id: OrganisationId, asked: OrdersAsked, now: datetime
) -> Sequence[OrderRow]:
    """Up to `limit` + 1 rows."""
    shops = await shops_of(connection, organisation_id)
    found = select(_ORDER.c.id, _AT[asked.sort].label("at")).where(
        *_begins(asked), *due(asked.deadline, shops, now), *_behind(asked)
    )
    if asked.search and await _few_begin(connection, organisation_id, asked):
        page = _in_order(found.where(_ORDER.c.organisation_id == organisation_id, *_alike(_ORDER, asked)), asked)
    else:
        page = _of_groups(organisation_id, found, asked)
    first = page.subquery("page")
    query = select(*tables.SHOWN).join(first, first.c.id == _ORDER.c.id)
    rows = (await connection.execute(query.order_by(*_sorted(asked.sort, first.c)))).all()
    views = await views_of(connection, rows, shops)
    return [OrderRow(views[OrderId(row.id)], Stage(row.stage)) for row in rows]


async def views_of(
    connection: AsyncConnection, rows: Sequence[Row], shops: Mapping[UUID, Shop]
) -> Mapping[OrderId, OrderView]:
    """Orders' rows with all that others said of them."""
    ids = [OrderId(row.id) for row in rows]
    lines: dict[OrderId, list[Row]] = {order_id: [] for order_id in ids}
    for line in await connection.execute(select(_LINE).where(_LINE.c.order_id.in_(ids))):
        lines[line.order_id].append(line)
    copies = SqlCopies(connection)
    reservations, shipments = await copies.reservations(ids), await copies.shipments(ids)
    answers = await SqlAcceptances(connection).of(ids)
    orders = [order_of(row, lines[OrderId(row.id)]) for row in rows]
    return {
        order.id: OrderView(
            order,
            reservations.get(order.id),
            shipments.get(order.id),
            answers.get(order.id),
            **_shown(order, shops.get(order.connection_id)),
        )
        for order in orders
    }


async def counted(connection: AsyncConnection, organisation_id: OrganisationId) -> Counts:
    rows = (await connection.execute(order_groups.counts_of(organisation_id, MOST_COUNTED))).all()

    def summed(name: str, kind: Any) -> dict[Any, int]:
        found = {one: sum(row.orders for row in rows if getattr(row, name) == one.value) for one in kind}
        return {one: min(orders, MOST_COUNTED) for one, orders in found.items()}

    return Counts(summed("status", OrderStatus), summed("decision", Decision), summed("stage", Stage), MOST_COUNTED)


def _shown(order: Order, shop: Shop | None) -> dict[str, Any]:
    """The connection's own channels first; else as far as the marketplace is known to us."""
    channel = shop.channels.get(order.channel_id or "") if shop else None
    named = store_name(order.marketplace, order.channel_id) if order.channel_id else ""
    return {
        "mode": shop.mode if shop else Mode.BY_HAND,
        "channel_name": channel["name"] if channel else named,
        "time_zone": channel["time_zone"] if channel else store_zone(order.marketplace, order.channel_id),
        "connection_name": shop.name if shop else "",
    }


def _of_groups(organisation_id: OrganisationId, found: Select[Any], asked: OrdersAsked) -> Select[Any]:
    """The first of the firsts of the groups that fit."""
    groups = order_groups.groups_of(organisation_id)
    each = order_groups.each_of(groups, organisation_id, _in_order(found, asked))
    wanted = [*_alike(groups, asked), *([order_groups.left_to_do(groups)] if asked.deadline else ())]
    return _in_order(select(each).select_from(groups.join(each, true())).where(*wanted), asked)


def _in_order(found: Select[Any], asked: OrdersAsked) -> Select[Any]:
    return found.order_by(*_sorted(asked.sort, found.selected_columns)).limit(asked.limit + 1)


def _sorted(sort: Sort, row: Any) -> tuple[ColumnElement[Any], ...]:
    if sort is Sort.PLACED:
        return row.at.desc(), row.id.desc()
    return row.at.asc().nulls_last(), row.id.asc()


async def _few_begin(connection: AsyncConnection, organisation_id: OrganisationId, asked: OrdersAsked) -> bool:
    some = select(_ORDER.c.marketplace_order_id).where(_ORDER.c.organisation_id == organisation_id, *_begins(asked))
    query = select(func.count()).select_from(some.limit(_FEW + 1).subquery())
    return bool((await connection.execute(query)).scalar_one() <= _FEW)


def _alike(rows: FromClause, asked: OrdersAsked) -> list[ColumnElement[bool]]:
    wanted = {
        "status": asked.status, "decision": asked.decision, "stage": asked.stage, "channel_id": asked.channel,
        "connection_id": asked.connection, "marketplace": asked.marketplace,
    }  # fmt: skip
    given = {name: value for name, value in wanted.items() if value is not None}
    return [rows.c[name] == (value if isinstance(value, UUID) else str(value)) for name, value in given.items()]


def _begins(asked: OrdersAsked) -> list[ColumnElement[bool]]:
    return [_ORDER.c.marketplace_order_id.startswith(asked.search, autoescape=True)] if asked.search else []


def due(deadline: Deadline | None, shops: Mapping[UUID, Shop], now: datetime) -> list[ColumnElement[bool]]:
    """Days begin and end in the zone of the order's channel; UTC where none is known."""
    if deadline is None:
        return []
    if deadline is Deadline.OVERDUE:
        return [now > _DEADLINE]
    zones = zones_of(shops)
    spans = {zone: span(deadline, now, zone) for zone in {*zones.values(), "UTC"}}
    elsewhere = _ORDER.c.channel_id.not_in(list(zones))
    days = [
        and_(_between(*spans[zone]), _ORDER.c.channel_id.in_([key for key in zones if zones[key] == zone]))
        for zone in set(zones.values())
    ]
    whole = min(begin for begin, _ in spans.values() if begin), max(end for _, end in spans.values())
    return [_between(*whole), or_(*days, and_(_between(*spans["UTC"]), elsewhere))]


def _between(begin: datetime | None, end: datetime) -> ColumnElement[bool]:
    return and_(end > _DEADLINE) if begin is None else and_(begin <= _DEADLINE, end > _DEADLINE)


def _behind(asked: OrdersAsked) -> list[ColumnElement[bool]]:
    if asked.after is None:
        return []
    at, row_id = asked.after
    if asked.sort is Sort.PLACED:
        return [tuple_(_ORDER.c.placed_at, _ORDER.c.id) < tuple_(at, row_id)]
    if at is None:
        return [_DEADLINE.is_(None), _ORDER.c.id > row_id]
    return [or_(tuple_(_DEADLINE, _ORDER.c.id) > tuple_(at, row_id), _DEADLINE.is_(None))]
