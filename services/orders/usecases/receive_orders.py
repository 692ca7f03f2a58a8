"""Storing a page of orders: what is news gets a version, a timeline entry and an event; what is not leaves no trace."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.orders.domain import timeline
from services.orders.domain.connection import Connection
from services.orders.domain.order import Order
from services.orders.domain.reading import Digests, first_read, is_older, newest_of_each, read_again
from services.orders.domain.timeline import Entry
from services.orders.usecases import personal_data
from services.orders.usecases.answer_order import settle_answers
from services.orders.usecases.order_events import told
from services.orders.usecases.ports import (
    DataKey,
    Kept,
    Keys,
    Store,
    UnreadableRecord,
    order_context,
    record_context,
)
from services.orders.usecases.refresh_stages import refresh_stages
from shared.events.base import Event
from shared.kernel.clock import Clock
from shared.kernel.ids import LineId, OrderId, new_id
from shared.marketplaces.models import MarketplaceOrder, OrderPage, PersonalData, UnreadableOrder


@dataclass(frozen=True, slots=True)
class Received:
    """Counts of one page. `unchanged` were read before just so, or newer."""

    new: int
    changed: int
    unchanged: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class _News:
    known: Order | None
    kept: Kept
    event: Event[Any] | None
    entries: Sequence[Entry]

    @property
    def newer_version(self) -> bool:
        return self.known is not None and self.known.version < self.kept.order.version

    @property
    def answered(self) -> bool:
        """It waited for an answer, and does no longer."""
        return self.known is not None and self.known.waits_for_answer and not self.kept.order.waits_for_answer


async def receive_orders(
    page: OrderPage, *, connection: Connection, store: Store, keys: Keys, clock: Clock
) -> Received:
    """
    Store one page of orders and publish only what is news.

    A marketplace repeats itself: the same order comes back on every poll and in every overlap. The connection's row
    is locked: nobody else stores orders of it meanwhile. What stays with another system, and is not here, is left out.
    """
    readings = newest_of_each(page.orders)
    known = await store.orders.lock(connection, [reading.id for reading in readings])
    readings = [reading for reading in readings if reading.id in known or connection.takes(reading.placed_at)]
    found = [_news(reading, known.get(reading.id), connection, keys, clock) for reading in readings]
    news = [one for one in found if one is not None]
    await store.orders.add([one.kept for one in news if one.known is None])
    await store.orders.save([one.kept for one in news if one.known is not None])
    await store.timeline.add(
        [(connection.organisation_id, one.kept.order.id, entry) for one in news for entry in one.entries]
    )
    await refresh_stages(store, {one.kept.order.id: one.kept.order.version for one in news if one.newer_version})
    await settle_answers(store, [one.kept.order.id for one in news if one.answered], clock)
    await store.unreadable.clear(connection.id, [_record_key(reading.id, b"") for reading in readings])
    await _keep_unreadable(page.unreadable, connection, store, keys, clock)
    await store.outbox.add_all([one.event for one in news if one.event is not None])
    new = sum(one.known is None for one in news)
    changed = sum(one.event is not None for one in news) - new
    return Received(new, changed, len(readings) - new - changed, len(page.unreadable))


def _news(
    reading: MarketplaceOrder, kept: Kept | None, connection: Connection, keys: Keys, clock: Clock
) -> _News | None:
    """None: it was read before just so, or is older than what we have."""
    if kept is None:
        return _first(reading, connection, keys, clock)
    if is_older(reading, kept.order):
        return None
    key = keys.at_hand(kept.data_key, order_context(kept.order.id))
    content = key.digest(personal_data.content_bytes(reading))
    if content != kept.order.content_digest:
        return _again(reading, content, kept, key, clock)
    if reading.updated_at == kept.order.updated_at:
        return None
    return _News(kept.order, replace(kept, order=replace(kept.order, updated_at=reading.updated_at)), None, ())


def _first(reading: MarketplaceOrder, connection: Connection, keys: Keys, clock: Clock) -> _News:
    order_id = OrderId(new_id())
    key = keys.new_at_hand(order_context(order_id))
    digests = _digests(key.digest(personal_data.content_bytes(reading)), reading.personal, key)
    order, event = told(None, first_read(reading, digests, connection, order_id, _new_line_id), clock)
    kept = Kept(order, key.wrapped, key.seal(personal_data.to_bytes(reading.personal)), key.seal(reading.raw))
    return _News(None, kept, event, timeline.order_read(None, order, clock.now()))


def _again(reading: MarketplaceOrder, content: str, kept: Kept, key: DataKey, clock: Clock) -> _News:
    known = personal_data.from_bytes(key.open(kept.personal))
    personal = personal_data.completed(reading.personal, known)
    digests = _digests(content, personal, key)
    order, event = told(kept.order, read_again(kept.order, reading, digests, _new_line_id), clock)
    sealed = key.seal(personal_data.to_bytes(personal))
    stored = replace(kept, order=order, personal=sealed, raw=key.seal(reading.raw))
    return _News(kept.order, stored, event, timeline.order_read(kept.order, order, clock.now()))


def _digests(content: str, personal: PersonalData, key: DataKey) -> Digests:
    addresses = personal_data.recipient_bytes(personal)
    recipient = key.digest(addresses) if addresses else None
    return Digests(content, recipient, frozenset(personal.addresses))


async def _keep_unreadable(
    records: Sequence[UnreadableOrder], connection: Connection, store: Store, keys: Keys, clock: Clock
) -> None:
    kept = {
        key: _sealed(key, record, connection, keys)
        for record in records
        for key in [_record_key(record.id, record.raw)]
    }
    await store.unreadable.keep(connection, list(kept.values()), clock.now())


def _sealed(key: str, record: UnreadableOrder, connection: Connection, keys: Keys) -> UnreadableRecord:
    data_key = keys.new_at_hand(record_context(connection.id, key))
    return UnreadableRecord(key, record.id, record.reason, data_key.wrapped, data_key.seal(record.raw))


def _record_key(marketplace_order_id: str | None, raw: bytes) -> str:
    """The same for the same record: its order's id, else a fingerprint of its bytes."""
    if marketplace_order_id is not None:
        return f"order:{marketplace_order_id}"
    return "bytes:" + hashlib.sha256(raw).hexdigest()[:32]


def _new_line_id() -> LineId:
    return LineId(new_id())
