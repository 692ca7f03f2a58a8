"""
What the dashboard shows, counted within indexes: what waits for somebody is little, however much was sold.

Who needs a person is told here as `domain/waiting.py` tells it of one order; a test compares the two.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from string import Template
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, TextClause, case, func, literal, select, text, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.orders.adapters import order_groups, order_list, tables
from services.orders.adapters.order_list import Shop
from services.orders.adapters.queries import SqlViews
from services.orders.domain.deadlines import Deadline, last_days, midnights
from services.orders.domain.waiting import TO_HAND_OVER, TROUBLE
from services.orders.usecases.dashboard import (
    DAYS,
    SHIP_BY,
    URGENT,
    Dashboard,
    Need,
    NeedsPerson,
    Sold,
    Unconfirmed,
    WriteBacks,
)
from services.orders.usecases.views import OrderView
from shared.db.unit_of_work import transaction
from shared.kernel.clock import Clock
from shared.kernel.ids import OrderId, OrganisationId
from shared.marketplaces.registry import store_name

_ORDER = tables.order
_NEEDS = tuple(Need)

# An order that may be accepted automatically and was not, though stock has answered, is hindered.
_FOUND = """
    select one.id, 0 as need from marketplace_order one
    left join acceptance answer on answer.order_id = one.id
    left join acceptance_mode on acceptance_mode.connection_id = one.connection_id
    left join reservation held on held.order_id = one.id
    where one.organisation_id = :organisation and one.status = 'waiting_acceptance'
        and case when answer.state is null or answer.state = 'withdrawn'
            then coalesce(acceptance_mode.mode, 'by_hand') = 'by_hand' or held.order_version >= one.version
            else answer.state in ('refused', 'needs_person') end
    union all
    select one.id, 1 from order_line join marketplace_order one on one.id = order_line.order_id
    where order_line.code = 'cancellation_requested' and one.organisation_id = :organisation
    union all
    select one.id, 2 from marketplace_order one
    where one.organisation_id = :organisation and one.decision = 'needs_person'
    union all
    select one.id, 3 from reservation held join marketplace_order one on one.id = held.order_id
    where held.organisation_id = :organisation and $short and held.order_version >= one.version
        and (select bool_or(decision = 'ship') from order_line where order_id = one.id)
    union all
    select order_id, case when $write_back then 4 else 5 end
    from shipments where organisation_id = :organisation and $troubled
"""
_NEEDED = """
    with found as materialized (select id, min(need) as need from ($found) each_need group by id)
    select id, need, place, orders from (
        select id, need, row_number() over (order by ship_by nulls last, id) as place,
            row_number() over (partition by need order by id) as nth, count(*) over (partition by need) as orders
        from found join marketplace_order using (id)
    ) numbered where place <= :most or nth = 1 order by place
"""
_PARCELS = """
    with parcel as materialized (
        select order_id, told ->> 'write_back' as write_back,
            cast(told ->> 'label_created_at' as timestamptz) as since
        from shipments, jsonb_array_elements(shipments) told
        where organisation_id = :organisation and $unconfirmed
            and told ->> 'state' <> 'voided' and told ->> 'write_back' <> 'confirmed'
    )
    select parcel.*, marketplace_order_id, counts.parcels from (
        select write_back, count(*) as parcels from parcel group by write_back
    ) counts join lateral (
        select * from parcel where parcel.write_back = counts.write_back order by since limit 1
    ) parcel on true left join marketplace_order on marketplace_order.id = parcel.order_id
    order by since
"""


def _query(written: str) -> TextClause:
    """With the conditions as their indexes have them."""
    conditions = {
        "short": tables.SHORT,
        "unconfirmed": tables.UNCONFIRMED,
        "troubled": tables.TROUBLED,
        "write_back": tables.WRITE_BACK_TROUBLED,
    }
    found = Template(_FOUND).substitute(conditions)
    return text(Template(written).substitute(conditions, found=found))


class SqlDashboards:
    """See `services.orders.usecases.dashboard.Dashboards`."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._views = SqlViews(engine, clock)

    async def of(self, organisation_id: OrganisationId) -> Dashboard:
        now = self._clock.now()
        async with transaction(self._engine) as connection:
            shops = await order_list.shops_of(connection, organisation_id)
            days = last_days(DAYS, now, {*order_list.zones_of(shops).values(), "UTC"})
            return Dashboard(
                needs=await _needs(connection, organisation_id, shops),
                ship_by=await _ship_by(connection, organisation_id, shops, now),
                write_backs=await _write_backs(connection, organisation_id),
                polling=await self._views.polling(organisation_id),
                days=days,
                sold=await _sold(connection, organisation_id, shops, days),
                any_order=await _any_order(connection, organisation_id),
            )


async def _needs(
    connection: AsyncConnection, organisation_id: OrganisationId, shops: Mapping[UUID, Shop]
) -> NeedsPerson:
    asked = {"organisation": organisation_id, "most": URGENT}
    found = (await connection.execute(_query(_NEEDED), asked)).all()
    ids = [row.id for row in found if row.place <= URGENT]
    rows = (await connection.execute(select(*tables.SHOWN).where(_ORDER.c.id.in_(ids)))).all()
    views: Mapping[OrderId, OrderView] = await order_list.views_of(connection, rows, shops)
    counts = Counter({_NEEDS[row.need]: row.orders for row in found})
    return NeedsPerson({need: counts[need] for need in Need}, [views[OrderId(one)] for one in ids])


async def _ship_by(
    connection: AsyncConnection, organisation_id: OrganisationId, shops: Mapping[UUID, Shop], now: datetime
) -> Mapping[Deadline, int]:
    """As the list finds them."""
    groups = order_groups.groups_of(organisation_id)

    def count(deadline: Deadline) -> ColumnElement[int]:
        read = select(_ORDER.c.id).where(*order_list.due(deadline, shops, now))
        each = order_groups.each_of(groups, organisation_id, read)
        joined = groups.join(each, true())
        return select(func.count()).select_from(joined).where(order_groups.left_to_do(groups)).scalar_subquery()

    found = (await connection.execute(select(*map(count, SHIP_BY)))).one()
    return dict(zip(SHIP_BY, found, strict=True))


async def _write_backs(connection: AsyncConnection, organisation_id: OrganisationId) -> WriteBacks:
    rows = (await connection.execute(_query(_PARCELS), {"organisation": organisation_id})).all()
    counts = Counter({row.write_back: row.parcels for row in rows})
    begun = (row for row in rows if row.write_back != TO_HAND_OVER)
    oldest = next((row for row in begun if row.since and row.marketplace_order_id), None)
    return WriteBacks(
        to_hand_over=counts[TO_HAND_OVER],
        owed=counts["owed"] + counts["sending"],
        sent=counts["sent"],
        troubled=sum(counts[each] for each in TROUBLE),
        oldest=Unconfirmed(OrderId(oldest.order_id), oldest.marketplace_order_id, oldest.write_back, oldest.since)
        if oldest
        else None,
    )


async def _sold(
    connection: AsyncConnection, organisation_id: OrganisationId, shops: Mapping[UUID, Shop], days: Sequence[date]
) -> Sequence[Sold]:
    zones = order_list.zones_of(shops)
    begins = {zone: midnights(days, zone) for zone in {*zones.values(), "UTC"}}
    day = func.width_bucket(_ORDER.c.placed_at, _begins_of_channel(zones, begins)).label("day")
    since = min(each[0] for each in begins.values())
    groups = order_groups.groups_of(organisation_id)
    read = select(day, func.count().label("orders")).where(_ORDER.c.placed_at >= since).group_by(day)
    each_day = order_groups.each_of(groups, organisation_id, read)
    keys = (groups.c.marketplace, groups.c.channel_id, each_day.c.day)
    query = select(*keys, func.sum(each_day.c.orders).label("orders")).select_from(groups.join(each_day, true()))
    found: dict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    for row in await connection.execute(query.group_by(*keys)):
        if row.day:
            found[row.marketplace, row.channel_id][days[row.day - 1]] = int(row.orders)
    named = {key: one["name"] for shop in shops.values() for key, one in shop.channels.items()}
    sold = [
        Sold(channel_id or None, named.get(channel_id) or _known(marketplace, channel_id), each)
        for (marketplace, channel_id), each in found.items()
    ]
    return sorted(sold, key=lambda one: (-one.total, one.name))


def _begins_of_channel(zones: Mapping[str, str], begins: Mapping[str, tuple[datetime, ...]]) -> ColumnElement[Any]:
    """When the days begin where the order's channel lives; in UTC where that is not known. Most zones share it."""
    channels: dict[tuple[datetime, ...], list[str]] = defaultdict(list)
    for channel_id, zone in zones.items():
        channels[begins[zone]].append(channel_id)
    type_ = ARRAY(DateTime(timezone=True))
    elsewhere = literal(list(begins["UTC"]), type_)
    cases = [(_ORDER.c.channel_id.in_(ids), literal(list(each), type_)) for each, ids in channels.items()]
    return case(*cases, else_=elsewhere) if cases else elsewhere


def _known(marketplace: str, channel_id: str) -> str:
    return store_name(marketplace, channel_id) if channel_id else ""


async def _any_order(connection: AsyncConnection, organisation_id: OrganisationId) -> bool:
    query = select(select(_ORDER.c.id).where(_ORDER.c.organisation_id == organisation_id).exists())
    return bool((await connection.execute(query)).scalar_one())
