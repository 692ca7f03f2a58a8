"""Take shipped units off the shelf: labels' newest word about each order's parcels."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.inventory.domain.line import Line
from services.inventory.usecases.ports import Store
from services.inventory.usecases.settle_shelf import Touched, by_order, settle_shelf, shelf_of
from shared.events.base import Event
from shared.events.labels import ShipmentStateV1
from shared.kernel.clock import Clock
from shared.kernel.ids import LineId, OrderId, OrganisationId


async def ship_orders(store: Store, events: Sequence[Event[Any]], *, clock: Clock) -> None:
    """
    Units in confirmed parcels leave the level and their reservation.

    `events` are of labels.shipment.v1, at most one per order. An order not yet heard of keeps labels' half until
    orders speaks. Raises LinesMoved.
    """
    now = clock.now()
    words: dict[OrderId, ShipmentStateV1] = {OrderId(event.subject): event.body for event in events}
    skus = await store.skus.lock((), await store.lines.sku_ids(words), now)
    lines = await store.lines.of_orders(words)
    shelf = shelf_of(skus, lines, now)
    known = by_order(lines)
    for order_id, word in words.items():
        for line in _folded(order_id, word, known[order_id]):
            shelf.put(line)
    orders = {order_id: OrganisationId(word.organisation_id) for order_id, word in words.items()}
    await settle_shelf(shelf, Touched(orders, lines, {}), store=store, now=now)


def _folded(order_id: OrderId, word: ShipmentStateV1, known: Iterable[Line]) -> list[Line]:
    """Every line labels shipped, or had shipped before."""
    before = {line.line_id: line for line in known}
    units = confirmed_units(word)
    organisation_id = OrganisationId(word.organisation_id)
    new = [Line(line_id, order_id, organisation_id) for line_id in units if line_id not in before]
    return [line.shipped_by_labels(units.get(line.line_id, 0)) for line in [*before.values(), *new]]


def confirmed_units(word: ShipmentStateV1) -> Mapping[LineId, int]:
    """Units by line in parcels whose number was read back from the marketplace."""
    units: Counter[LineId] = Counter()
    for shipment in word.shipments:
        if shipment.write_back == "confirmed":
            for line in shipment.lines:
                units[LineId(line.line_id)] += line.quantity
    return units
