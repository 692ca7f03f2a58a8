"""What the other services say: connections, orders, reservations. Database work only, in the consumer's transaction."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.labels.domain.changes import order_seen
from services.labels.domain.order import Order, OrderLine, Package, Reservation, ReservedLine
from services.labels.usecases.planner import Planner
from services.labels.usecases.ports import ConnectionCopy, OrderNews, ReservationNews, Store
from services.labels.usecases.tell import save_and_tell
from shared.events.auth import ConnectionDeletedV1, ConnectionStateV1
from shared.events.base import Event
from shared.events.inventory import ReservationChangedV1
from shared.events.orders import OrderStateV1
from shared.kernel.retention import lies_ahead, may_have_gone


async def receive_connections(store: Store, events: Sequence[Event[ConnectionStateV1 | ConnectionDeletedV1]]) -> None:
    """
    Keeps the newest state of each connection: work for inactive ones rests. Of one that auth deleted its id is kept,
    for as long as orders are here that came by it.
    """
    told = [await _told(event, store) for event in events]
    await store.connections.put([copy for copy in told if copy is not None])


async def receive_orders(store: Store, events: Sequence[Event[OrderStateV1]], *, planner: Planner) -> None:
    """
    Plans what an order needs, marks what it already has, and confirms the parcels it shows. Of what may have been
    deleted, as it was kept for its time, and is not here, nothing is planned: its parcels may have left.
    """
    now = planner.now()
    old = [event.body.order_id for event in events if may_have_gone(event.body.placed_at, now)]
    left_out = set(old) - await store.fulfilments.known(old) if old else set()
    told = [event for event in events if event.body.order_id not in left_out]
    news = [_order_news(event) for event in told]
    await store.fulfilments.hear_orders(news)
    await _plan_again(store, [one.order_id for one in news], planner)


async def receive_reservations(
    store: Store, events: Sequence[Event[ReservationChangedV1]], *, planner: Planner
) -> None:
    """Plans an order once the reservation of its newest version is known."""
    now = planner.now()
    bodies = [event.body for event in events]
    news = [ReservationNews(body.order_id, body.organisation_id, _reservation(body), now) for body in bodies]
    await store.fulfilments.hear_reservations(news)
    await _plan_again(store, [one.order_id for one in news], planner)


async def _plan_again(store: Store, order_ids: Sequence[UUID], planner: Planner) -> None:
    now = planner.now()
    before = await store.fulfilments.lock(order_ids)
    after = await planner.plan(store, [order_seen(fulfilment, now) for fulfilment in before])
    await save_and_tell(store, list(zip(before, after, strict=True)), now)


def _connection(body: ConnectionStateV1) -> ConnectionCopy:
    return ConnectionCopy(
        connection_id=body.connection_id,
        organisation_id=body.organisation_id,
        marketplace=body.marketplace,
        region=body.region,
        seller_id=body.seller_id,
        name=body.name,
        state=body.state,
        consent_version=body.consent_version,
        channels=tuple((channel.id, channel.name) for channel in body.channels),
        erase_asked_at=body.erase_asked_at,
    )


async def _told(event: Event[ConnectionStateV1 | ConnectionDeletedV1], store: Store) -> ConnectionCopy | None:
    """Deleted: nothing is known of its seller, no buyer's data that came by it may be left. None: it is not here."""
    if isinstance(event.body, ConnectionStateV1):
        return _connection(event.body)
    known = await store.connections.get(event.subject)
    if known is None:
        return None
    return replace(known, seller_id="", name="", state="disconnected", channels=(), erase_asked_at=event.time)


def _order_news(event: Event[OrderStateV1]) -> OrderNews:
    body = event.body
    told = body.updated_at
    updated_at = event.time if told is None or lies_ahead(told, event.time) else told
    return OrderNews(body.order_id, body.organisation_id, _order(body), updated_at)


def _order(body: OrderStateV1) -> Order:
    return Order(
        connection_id=body.connection_id,
        marketplace=body.marketplace,
        channel_id=body.channel_id,
        marketplace_order_id=body.marketplace_order_id,
        version=body.order_version,
        status=body.status,
        placed_at=body.placed_at,
        cancel_requested=body.cancel_requested,
        ship_by=body.ship_by,
        label_not_before=body.label_not_before,
        recipient_digest=body.recipient_digest,
        lines=tuple(
            OrderLine(
                line_id=line.line_id,
                marketplace_line_id=line.marketplace_line_id,
                sku=line.sku,
                ordered=line.ordered,
                cancelled=line.cancelled,
                fulfilled=line.fulfilled,
                decision=line.decision,
                duties=line.duties,
                code=line.code,
                destination=line.destination,
            )
            for line in body.lines
        ),
        packages=tuple(
            Package(
                package.reference,
                package.tracking_number,
                tuple((line.line_id, line.quantity) for line in package.lines),
            )
            for package in body.packages
        ),
        erase_after=body.erase_after,
        erased_at=body.erased_at,
    )


def _reservation(body: ReservationChangedV1) -> Reservation:
    lines = (ReservedLine(line.line_id, line.wanted, line.reserved, line.weight_grams) for line in body.lines)
    return Reservation(body.order_version, tuple(lines))
