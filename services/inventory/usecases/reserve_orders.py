"""Hold stock for orders: orders' newest word about each, folded into its lines."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.inventory.domain.line import Line, OrderWord
from services.inventory.usecases.ports import SkuName, Store
from services.inventory.usecases.settle_shelf import Touched, by_order, settle_shelf, shelf_of
from shared.events.base import Event
from shared.events.orders import OrderLineV1, OrderStateV1
from shared.kernel.clock import Clock
from shared.kernel.ids import LineId, OrderId, OrganisationId, SkuId
from shared.kernel.retention import may_have_gone

# Lines that hold nothing any more, but whose units left the seller's own shelf (orders' decision codes). Others that
# hold nothing are the marketplace's, an echo, or nobody knows yet whose.
_FINISHED_BY_SELLER = frozenset({"already_shipped", "cancelled"})


async def reserve_orders(store: Store, events: Sequence[Event[Any]], *, clock: Clock) -> None:
    """
    One reservation per order, brought to its newest version: units no longer wanted are let go, then who waits is
    served. A SKU first seen here is made, untracked.

    `events` are of orders.order.v1, at most one per order. Raises LinesMoved.
    """
    now = clock.now()
    words = await _taken_in({OrderId(event.subject): event.body for event in events}, store, now)
    skus = await store.skus.lock(_names(words.values()), await store.lines.sku_ids(words), now)
    lines = await store.lines.of_orders(words)
    shelf = shelf_of(skus, lines, now)
    ids = {SkuName(sku.organisation_id, sku.code): sku.id for sku in skus}
    known = by_order(lines)
    for order_id, word in words.items():
        for line in _folded(word, known[order_id], ids):
            shelf.put(line)
    orders = {order_id: OrganisationId(word.organisation_id) for order_id, word in words.items()}
    await settle_shelf(shelf, Touched(orders, lines, words), store=store, now=now)


async def _taken_in(
    words: Mapping[OrderId, OrderStateV1], store: Store, now: datetime
) -> Mapping[OrderId, OrderStateV1]:
    """All but what may have been deleted, as it was kept for its time, and is not here: its units left once."""
    old = [order_id for order_id, word in words.items() if may_have_gone(word.placed_at, now)]
    left_out = set(old) - await store.reservations.known(old) if old else set()
    return {order_id: word for order_id, word in words.items() if order_id not in left_out}


def _names(words: Iterable[OrderStateV1]) -> set[SkuName]:
    return {
        SkuName(OrganisationId(word.organisation_id), line.sku) for word in words for line in word.lines if line.sku
    }


def _folded(order: OrderStateV1, known: Iterable[Line], ids: Mapping[SkuName, SkuId]) -> list[Line]:
    """The order's lines after its newest word; a line it no longer has wants nothing."""
    before = {line.line_id: line for line in known}
    organisation_id = OrganisationId(order.organisation_id)
    after = []
    for told in order.lines:
        line_id = LineId(told.line_id)
        line = before.pop(line_id, None) or Line(line_id, OrderId(order.order_id), organisation_id)
        after.append(line.told(_word(order, told, ids.get(SkuName(organisation_id, told.sku)))))
    return after + [line.dropped() for line in before.values()]


def _word(order: OrderStateV1, line: OrderLineV1, sku_id: SkuId | None) -> OrderWord:
    return OrderWord(
        sku_id=sku_id,
        ship_by=order.ship_by,
        ordered=line.ordered,
        cancelled=line.cancelled,
        fulfilled=line.fulfilled,
        fulfilled_before=line.fulfilled_before,
        reserve=line.reserve,
        ours=line.reserve or line.code in _FINISHED_BY_SELLER,
    )
