"""The law of the dashboard's counts: whom they count is whom the orders' own pages say to wait for a person."""

from collections import Counter
from itertools import product
from typing import Any
from uuid import UUID

from services.orders.domain.acceptance import Acceptance, Mode, State
from services.orders.domain.waiting import Answer, Reason, reasons
from services.orders.usecases.dashboard import Need
from services.orders.usecases.views import OrderView
from shared.events.orders import OrderStateV1
from shared.kernel.ids import ConnectionId, OrderId
from shared.marketplaces.models import MarketplaceOrder, OrderStatus, ShippedBy
from tests.integration.orders.service import PERSON, OrdersService
from tests.unit.orders.builders import NOW, ORGANISATION, connection, line, order, page, waiting
from tests.unit.orders.events import LABELLED, reservation, shipment

AUTOMATIC = ConnectionId(UUID("00000000-0000-7000-8000-0000000000bb"))
STOCK: tuple[dict[str, Any] | None, ...] = (None, {}, {"short": 1}, {"short": 1, "order_version": 0})
STATES = ("planned", "label_pending", "label_created", "outdated", "needs_person", "voided")
WRITE_BACKS = (None, "owed", "sending", "sent", "confirmed", "refused", "needs_person", "shipped_elsewhere")
# What else but `ship` a reading makes of an order, by its changes.
DECIDED: tuple[dict[str, Any], ...] = (
    {},
    {"lines": (line(1), line(2, sku=None))},
    {"lines": (line(1, cancel_requested=True), line(2)), "cancel_requested": True},
    {"lines": (line(1, sku=None, cancel_requested=True),), "cancel_requested": True},
    {"status": OrderStatus.PENDING},
    {"status": OrderStatus.CANCELLED},
    {"lines": (line(1, shipped_by=ShippedBy.MARKETPLACE), line(2))},
)


def need_of(reason: Reason) -> Need | None:
    """None: it is everyday work, or goes on by itself."""
    kind, _, what = reason.code.partition(".")
    if not reason.person or reason.code == "shipment.planned":
        return None
    if kind == "decision":
        return Need.CANCELLATION if what == "cancellation_requested" else Need.DECISION
    return {"acceptance": Need.ACCEPTANCE, "waits": Need.STOCK_SHORT, "shipment": Need.PARCEL}.get(
        kind, Need.WRITE_BACK
    )


def most_urgent(view: OrderView) -> Need | None:
    """As the order's page has it: the first of the needs, in the order they are told."""
    found = reasons(view.order, view.reservation, view.shipments, Answer(view.mode, view.acceptance))
    needs = {need for reason in found if (need := need_of(reason)) is not None}
    return next((need for need in Need if need in needs), None)


async def decided(orders: OrdersService) -> None:
    """Every decision with every word of stock, and every parcel there can be."""
    situations: list[tuple[dict[str, Any], dict[str, Any] | None, dict[str, Any] | None]] = [
        *((changes, stock, None) for changes, stock in product(DECIDED, STOCK)),
        *(({}, {}, LABELLED | {"state": state, "write_back": back}) for state, back in product(STATES, WRITE_BACKS)),
        ({}, {"short": 1}, LABELLED | {"write_back": "refused"}),
        ({"lines": (line(1, sku=None),)}, None, LABELLED | {"state": "outdated"}),
    ]
    told = [order(f"d{place}", **changes) for place, (changes, _, _) in enumerate(situations)]
    events = await received(orders, told)
    for one, (_, stock, parcel) in zip(events, situations, strict=True):
        if stock is not None:
            await orders.apply(reservation(one, **stock))
        if parcel is not None:
            await orders.apply(shipment(one, **parcel))


async def answered(orders: OrdersService, connection_id: ConnectionId, name: str) -> None:
    """Every answer there can be, with every word of stock."""
    one = connection(id=connection_id)
    situations = list(product((None, *State), STOCK))
    events = await received(orders, [waiting(f"{name}{place}") for place in range(len(situations))], one)
    for event, (state, stock) in zip(events, situations, strict=True):
        if state is not None:
            answer = Acceptance(OrderId(event.order_id), ORGANISATION, connection_id, True, PERSON, NOW, state)
            async with orders.parts.uow() as store:
                await store.acceptances.save([answer])
        if stock is not None:
            await orders.apply(reservation(event, **stock))


async def received(orders: OrdersService, told: list[MarketplaceOrder], one: Any = None) -> list[OrderStateV1]:
    await orders.receive(page(*told), one)
    events = {event.marketplace_order_id: event for event in await orders.events()}
    return [events[each.id] for each in told]


async def test_the_dashboard_counts_whom_the_orders_pages_name(orders: OrdersService) -> None:
    """The rules are written once for one order (`domain/waiting.py`) and once to be counted in indexes."""
    await orders.connect()
    await orders.connect(connection(id=AUTOMATIC))
    await orders.choose(connection(id=AUTOMATIC), Mode.AUTOMATIC)
    await decided(orders)
    await answered(orders, connection().id, "h")
    await answered(orders, AUTOMATIC, "a")
    views = [await orders.parts.views.order(ORGANISATION, row.id) for row in await orders.rows("marketplace_order")]
    pages = Counter(need for view in views if view is not None and (need := most_urgent(view)) is not None)
    found = await orders.parts.dashboards.of(ORGANISATION)
    assert found.needs.counts == {need: pages[need] for need in Need}
    assert min(found.needs.counts.values()) > 0
