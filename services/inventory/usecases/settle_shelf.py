"""The end of every path: serve who waits, write what changed, tell who must know. One transaction, set-based."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.inventory.domain.line import Line
from services.inventory.domain.listing import by_sku, listed_weight
from services.inventory.domain.reservation import Reservation
from services.inventory.domain.shelf import Shelf
from services.inventory.domain.sku import Sku
from services.inventory.usecases.aim import aim_levels, aim_listings, map_made
from services.inventory.usecases.ports import LinesMoved, Store
from shared.events.base import Event
from shared.events.inventory import ReservationChangedV1, ReservedLineV1, StockLevelChangedV1
from shared.events.orders import OrderStateV1
from shared.kernel.ids import OrderId, OrganisationId, SkuId, new_id
from shared.kernel.retention import lies_ahead


@dataclass(frozen=True, slots=True)
class Touched:
    """Orders a batch of events is about, their lines as they were read, and orders' own words where it spoke."""

    orders: Mapping[OrderId, OrganisationId]
    lines: Sequence[Line]
    words: Mapping[OrderId, OrderStateV1]


NOTHING = Touched({}, (), {})


def shelf_of(skus: Sequence[Sku], lines: Sequence[Line], now: datetime) -> Shelf:
    """The shelf of locked SKUs. Raises LinesMoved: a line names a SKU that is not among them (it was read before)."""
    if not {line.sku_id for line in lines} <= {None, *(sku.id for sku in skus)}:
        raise LinesMoved
    return Shelf(skus, lines, now)


def by_order(lines: Iterable[Line]) -> Mapping[OrderId, Sequence[Line]]:
    """The lines of each order; an order without lines has none."""
    grouped: defaultdict[OrderId, list[Line]] = defaultdict(list)
    for line in lines:
        grouped[line.order_id].append(line)
    return grouped


async def settle_shelf(shelf: Shelf, touched: Touched, *, store: Store, now: datetime) -> None:
    """
    Balances the shelf and stores it; publishes the reservations and levels that changed, aims what tells of them.

    The SKUs of `shelf` are locked already. Raises LinesMoved: somebody else changed a touched order meanwhile.
    """
    mapped = await map_made([sku for sku in shelf.skus.values() if sku.made], store)
    for sku_id, listings in by_sku(mapped).items():
        shelf.weigh_as_listed(sku_id, listed_weight(listings, None))
    await _balance(shelf, touched.orders, store)
    changed = shelf.changed_lines()
    anew = await _described_anew(shelf, store)
    heads = await _lock_heads(touched, anew.union(line.order_id for line in changed), store, now)
    await store.lines.save(changed)
    await store.ledger.append(shelf.entries)
    await store.skus.save(shelf.changed_skus())
    news = anew.union(line.order_id for line in changed if shelf.visibly_changed(line))
    await _publish_reservations(heads, touched.words, news, store, now)
    levels = [sku for sku in shelf.changed_skus() if shelf.level_changed(sku)]
    await _publish_levels(levels, store, now)
    await aim_levels(levels, store, now)
    await aim_listings(mapped, store, now)


async def _balance(shelf: Shelf, beside: Collection[OrderId], store: Store) -> None:
    free, missing = shelf.free(), shelf.missing()
    if not free and not missing:
        return
    candidates: list[Line] = []
    if free:
        candidates += await store.lines.to_serve(free, beside)
    if missing:
        candidates += await store.lines.to_withdraw(missing, beside)
    shelf.balance(candidates)


async def _lock_heads(
    touched: Touched, known: Collection[OrderId], store: Store, now: datetime
) -> dict[OrderId, Reservation]:
    """All reservations this transaction writes or tells of, locked at once and in order."""
    heads = await store.reservations.lock(touched.orders, known, now)
    if touched.orders and set(await store.lines.of_orders(touched.orders)) != set(touched.lines):
        raise LinesMoved
    return {head.order_id: head for head in heads}


async def _described_anew(shelf: Shelf, store: Store) -> set[OrderId]:
    """Who waits for a SKU whose weight changed, or that is tracked now, must hear it: labels needs the weight."""
    skus = [sku.id for sku in shelf.changed_skus() if shelf.described_anew(sku)]
    return await store.lines.orders_waiting_for(skus) if skus else set()


async def _publish_reservations(
    heads: Mapping[OrderId, Reservation],
    words: Mapping[OrderId, OrderStateV1],
    news: set[OrderId],
    store: Store,
    now: datetime,
) -> None:
    """One event per order that has something new to say; an order only labels spoke of stays quiet."""
    saved = []
    telling = []
    for head in heads.values():
        told = _told(head, words.get(head.order_id), now)
        if told.order_version is not None and (head.order_id in news or told.order_version != head.order_version):
            told = replace(told, event_sequence=told.event_sequence + 1)
            telling.append(told)
        if told != head:
            saved.append(told)
    await store.reservations.save(saved)
    if telling:
        lines = await store.lines.described([head.order_id for head in telling])
        await store.outbox.add_all([_reservation_event(head, lines.get(head.order_id, ()), now) for head in telling])


def _told(head: Reservation, word: OrderStateV1 | None, now: datetime) -> Reservation:
    if word is None:
        return head
    told = word.updated_at
    updated_at = now if told is None or lies_ahead(told, now) else told
    return head.told(word.order_version, word.marketplace_order_id, word.ship_by, updated_at)


def _reservation_event(head: Reservation, lines: Sequence[ReservedLineV1], now: datetime) -> Event[Any]:
    body = ReservationChangedV1(
        organisation_id=head.organisation_id,
        order_id=head.order_id,
        order_version=head.order_version or 0,
        lines=tuple(lines),
    )
    return Event(new_id(), head.order_id, head.event_sequence, now, body)


async def _publish_levels(skus: Sequence[Sku], store: Store, now: datetime) -> None:
    if not skus:
        return
    sequences = await store.skus.next_sequences([sku.id for sku in skus])
    await store.outbox.add_all([_level_event(sku, sequences[sku.id], now) for sku in skus])


def _level_event(sku: Sku, sequence: int, now: datetime) -> Event[Any]:
    body = StockLevelChangedV1(
        organisation_id=sku.organisation_id,
        sku_id=SkuId(sku.id),
        sku=sku.code,
        tracked=sku.tracked,
        on_hand=sku.on_hand,
        reserved=sku.reserved,
        available=sku.available,
        short=sku.short,
        counted_at=sku.counted_at,
    )
    return Event(new_id(), sku.id, sequence, now, body)
