"""Reads for lists and pages, each scoped by its organisation."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, and_, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncEngine

from services.labels.adapters import rows
from services.labels.adapters.tables import (
    carrier_settings,
    channel_mode,
    connection,
    fulfilment,
    label_batch,
    label_batch_item,
    shipment,
    write_back,
)
from services.labels.domain.batches import Item, Outcome
from services.labels.domain.carrier import CarrierSettings
from services.labels.domain.holds import UNCHOSEN
from services.labels.domain.shipment import State, Told
from services.labels.usecases.views import (
    LEAST_BEGINNING,
    MOST_COUNTED,
    BatchHead,
    BatchItemView,
    BatchView,
    ChannelView,
    Filter,
    Page,
    ShipmentView,
)
from shared.db.unit_of_work import transaction
from shared.marketplaces.registry import store_name


class SqlViews:
    """Implements `usecases.views.Views`; every read is a transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def shipments(self, organisation_id: UUID, wanted: Filter, *, after: UUID | None, limit: int) -> Page:
        chosen = select(shipment.c.shipment_id).where(*_fits(organisation_id, wanted))
        if after is not None:
            chosen = chosen.where(shipment.c.shipment_id < after)
        newest = shipment.c.shipment_id.desc()
        query = _shipments().where(shipment.c.shipment_id.in_(chosen.order_by(newest).limit(limit + 1)))
        found = await self._views(query.order_by(newest))
        more = len(found) > limit
        return Page(found[:limit], found[limit - 1].shipment.shipment_id if more else None)

    async def shipment(self, organisation_id: UUID, shipment_id: UUID) -> ShipmentView | None:
        one = and_(shipment.c.organisation_id == organisation_id, shipment.c.shipment_id == shipment_id)
        found = await self._views(_shipments().where(one))
        return found[0] if found else None

    async def batch(self, organisation_id: UUID, batch_id: UUID) -> BatchView | None:
        head = select(label_batch.c.requested_at).where(
            label_batch.c.organisation_id == organisation_id, label_batch.c.batch_id == batch_id
        )
        items = _batch_items(organisation_id, batch_id)
        parcels = _shipments().where(
            shipment.c.organisation_id == organisation_id,
            shipment.c.shipment_id.in_(
                select(label_batch_item.c.shipment_id).where(label_batch_item.c.batch_id == batch_id)
            ),
        )
        async with transaction(self._engine) as opened:
            requested_at = (await opened.execute(head)).scalar_one_or_none()
            if requested_at is None:
                return None
            found = (await opened.execute(items)).all()
            views = {view.shipment.shipment_id: view for view in map(_view, await opened.execute(parcels))}
        return BatchView(batch_id, requested_at, tuple(_batch_item(row, views) for row in found))

    async def batches(self, organisation_id: UUID, *, limit: int) -> Sequence[BatchHead]:
        newest = select(label_batch).where(label_batch.c.organisation_id == organisation_id)
        chosen = newest.order_by(label_batch.c.batch_id.desc()).limit(limit).subquery()
        joined = chosen.outerjoin(label_batch_item, label_batch_item.c.batch_id == chosen.c.batch_id)
        joined = joined.outerjoin(shipment, shipment.c.shipment_id == label_batch_item.c.shipment_id)
        query = select(
            chosen.c.batch_id,
            chosen.c.requested_at,
            func.count(label_batch_item.c.batch_id),
            func.count().filter(shipment.c.state == State.LABEL_CREATED.value),
        ).select_from(joined)
        query = query.group_by(chosen.c.batch_id, chosen.c.requested_at).order_by(chosen.c.batch_id.desc())
        async with transaction(self._engine) as opened:
            return [BatchHead(*row) for row in await opened.execute(query)]

    async def carrier(self, organisation_id: UUID) -> CarrierSettings | None:
        query = select(carrier_settings).where(carrier_settings.c.organisation_id == organisation_id)
        async with transaction(self._engine) as opened:
            row = (await opened.execute(query)).mappings().one_or_none()
        return rows.carrier_settings(row) if row else None

    async def count_to_hand_over(self, organisation_id: UUID) -> int:
        some = _told(organisation_id, Told.TO_HAND_OVER.value).limit(MOST_COUNTED).subquery()
        async with transaction(self._engine) as opened:
            return int((await opened.execute(select(func.count()).select_from(some))).scalar_one())

    async def channels(self, organisation_id: UUID) -> Sequence[ChannelView]:
        query = select(connection).where(connection.c.organisation_id == organisation_id)
        async with transaction(self._engine) as opened:
            copies = [rows.connection(row) for row in (await opened.execute(query)).mappings()]
            ids = [copy.connection_id for copy in copies]
            chosen = select(channel_mode).where(channel_mode.c.connection_id.in_(ids))
            modes = rows.channel_modes((await opened.execute(chosen)).mappings())
        views = [
            ChannelView(copy.connection_id, copy.name, channel_id, name, mode.automatic, mode.at_hand_over)
            for copy in copies
            for channel_id, name in copy.channels
            for mode in [modes.get((copy.connection_id, channel_id), UNCHOSEN)]
        ]
        return sorted(views, key=lambda view: (view.connection_name, view.channel_name, view.channel_id))

    async def _views(self, query: Select[Any]) -> list[ShipmentView]:
        async with transaction(self._engine) as opened:
            return [_view(row) for row in await opened.execute(query)]


def _shipments() -> Select[Any]:
    joined = shipment.join(fulfilment, fulfilment.c.order_id == shipment.c.order_id)
    joined = joined.outerjoin(write_back, write_back.c.shipment_id == shipment.c.shipment_id)
    joined = joined.outerjoin(connection, connection.c.connection_id == shipment.c.connection_id)
    of_channel = (channel_mode.c.connection_id == shipment.c.connection_id) & (
        channel_mode.c.channel_id == fulfilment.c.channel_id
    )
    joined = joined.outerjoin(channel_mode, of_channel)
    return select(
        *_named("shipment", shipment),
        *_named("write_back", write_back),
        fulfilment.c.order_state.label("order_state"),
        fulfilment.c.erased_at.label("erased_at"),
        connection.c.state.label("connection_state"),
        connection.c.channels.label("channels"),
        func.coalesce(channel_mode.c.at_hand_over, False).label("at_hand_over"),
    ).select_from(joined)


def _fits(organisation_id: UUID, wanted: Filter) -> Iterator[ColumnElement[bool]]:
    """Of the shipments alone: what is shown of a page's few is joined to them afterwards."""
    yield shipment.c.organisation_id == organisation_id
    if wanted.order_id is not None:
        yield shipment.c.order_id == wanted.order_id
    if wanted.channel is not None:
        connection_id, channel_id = wanted.channel
        in_channel = select(fulfilment.c.order_id).where(
            fulfilment.c.connection_id == connection_id, fulfilment.c.channel_id == channel_id
        )
        yield shipment.c.order_id.in_(in_channel)
    if wanted.state is not None:
        yield _in_state(organisation_id, wanted.state)
    if wanted.search:
        yield shipment.c.shipment_id.in_(_begins_with(organisation_id, wanted.search))
    if wanted.hide_voided:
        yield shipment.c.state != State.VOIDED.value


def _in_state(organisation_id: UUID, state: str) -> ColumnElement[bool]:
    """Each table by its own index: a state that is rare among many shipments must not be looked for in all of them."""
    told = _told(organisation_id, state)
    if state not in set(State):
        return shipment.c.shipment_id.in_(told)
    if state not in set(Told):
        return shipment.c.state == state
    parcels = select(shipment.c.shipment_id).where(
        shipment.c.organisation_id == organisation_id, shipment.c.state == state
    )
    return shipment.c.shipment_id.in_(union_all(parcels, told))


def _told(organisation_id: UUID, state: str) -> Select[Any]:
    own = select(connection.c.connection_id).where(connection.c.organisation_id == organisation_id)
    return select(write_back.c.shipment_id).where(write_back.c.connection_id.in_(own), write_back.c.state == state)


def _begins_with(organisation_id: UUID, text: str) -> CompoundSelect[Any]:
    """A few characters begin too many numbers to be sorted: they must be the whole of one."""

    def fits(number: ColumnElement[Any]) -> ColumnElement[bool]:
        return number == text if len(text) < LEAST_BEGINNING else number.startswith(text, autoescape=True)

    by_number = select(shipment.c.shipment_id).where(
        shipment.c.organisation_id == organisation_id, fits(shipment.c.tracking_number)
    )
    orders = select(fulfilment.c.order_id).where(
        fulfilment.c.organisation_id == organisation_id, fits(fulfilment.c.marketplace_order_id)
    )
    return union_all(by_number, select(shipment.c.shipment_id).where(shipment.c.order_id.in_(orders)))


def _batch_items(organisation_id: UUID, batch_id: UUID) -> Select[Any]:
    of_order = and_(
        fulfilment.c.order_id == label_batch_item.c.order_id, fulfilment.c.organisation_id == organisation_id
    )
    query = select(label_batch_item, fulfilment.c.marketplace_order_id)
    query = query.select_from(label_batch_item.outerjoin(fulfilment, of_order))
    return query.where(label_batch_item.c.batch_id == batch_id).order_by(label_batch_item.c.position)


def _batch_item(row: Row[Any], views: Mapping[UUID, ShipmentView]) -> BatchItemView:
    item = Item(row.order_id, Outcome(row.outcome), row.shipment_id, row.reason, row.reason_detail)
    found = item.outcome is not Outcome.NOT_FOUND
    return BatchItemView(item, row.marketplace_order_id if found else None, views.get(row.shipment_id))


def _named(prefix: str, table: Any) -> list[Any]:
    return [column.label(f"{prefix}_{column.name}") for column in table.c]


def _view(row: Row[Any]) -> ShipmentView:
    values = row._mapping
    told = _part(values, "write_back", write_back)
    parcel = _part(values, "shipment", shipment)
    order = rows.order(values)
    if order is None:
        raise ValueError("a shipment without an order")
    names = {channel["id"]: channel["name"] for channel in values["channels"] or ()}
    return ShipmentView(
        shipment=rows.shipment(parcel, rows.write_back(told) if told["shipment_id"] else None),
        order_id=parcel["order_id"],
        connection_id=parcel["connection_id"],
        channel_id=order.channel_id,
        channel_name=names.get(order.channel_id) or store_name(order.marketplace, order.channel_id),
        marketplace=order.marketplace,
        marketplace_order_id=order.marketplace_order_id,
        ship_by=order.ship_by,
        cancel_requested=order.cancel_requested,
        connection_state=values["connection_state"],
        erased_at=values["erased_at"],
        at_hand_over=values["at_hand_over"],
    )


def _part(values: Any, prefix: str, table: Any) -> Any:
    return {column.name: values[f"{prefix}_{column.name}"] for column in table.c}
