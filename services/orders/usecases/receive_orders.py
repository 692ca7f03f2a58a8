"""Storing a page of orders: what is news gets a version, a timeline entry and an event; what is not leaves no trace."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.orders.domain import timeline
from services.orders.domain.connection import Connection
from services.orders.domain.erasure import told_destinations
from services.orders.domain.order import Order
from services.orders.domain.reading import Digests, as_seen, first_read, is_older, newest_of_each, read_again
from services.orders.domain.timeline import Entry
from services.orders.usecases import personal_data
from services.orders.usecases.answer_order import settle_answers
from services.orders.usecases.order_events import told
from services.orders.usecases.ports import (
    DataKey,
    Kept,
    Keys,
    Sealed,
    Store,
    UnreadableRecord,
    order_context,
    record_context,
)
from services.orders.usecases.refresh_stages import refresh_stages
from shared.events.base import Event
from shared.kernel.clock import Clock
from shared.kernel.ids import LineId, OrderId, new_id
from shared.kernel.retention import may_have_gone
from shared.marketplaces.models import MarketplaceOrder, OrderPage, PersonalData, UnreadableOrder


@dataclass(frozen=True, slots=True)
class Received:
    """Counts of one page. `unchanged` were read before just so, or newer."""

    new: int
    changed: int
    unchanged: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class _Tools:
    """What every reading of a page is stored with."""

    connection: Connection
    keys: Keys
    clock: Clock
    keep: timedelta


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
    page: OrderPage, *, connection: Connection, store: Store, keys: Keys, clock: Clock, keep: timedelta
) -> Received:
    """
    Store one page of orders and publish only what is news. `keep`: how long personal data may stay.

    A marketplace repeats itself: the same order comes back on every poll and in every overlap. The connection's row
    is locked: nobody else stores orders of it meanwhile. What stays with another system, or was
    deleted as it was kept for its time, and is not here, is left out.
    """
    readings = newest_of_each(page.orders)
    known = await store.orders.lock(connection, [reading.id for reading in readings])
    now = clock.now()
    readings = [one for one in readings if one.id in known or _is_taken_in(one.placed_at, connection, now)]
    tools = _Tools(connection, keys, clock, keep)
    found = [_news(reading, known.get(reading.id), tools, now) for reading in readings]
    news = [one for one in found if one is not None]
    await store.orders.add([one.kept for one in news if one.known is None])
    await store.orders.save([one.kept for one in news if one.known is not None])
    await store.timeline.add(
        [(connection.organisation_id, one.kept.order.id, entry) for one in news for entry in one.entries]
    )
    await refresh_stages(store, {one.kept.order.id: one.kept.order.version for one in news if one.newer_version})
    await settle_answers(store, [one.kept.order.id for one in news if one.answered], clock)
    await store.unreadable.clear(connection.id, [_record_key(reading.id, b"") for reading in readings])
    await _keep_unreadable(page.unreadable, store, tools)
    await store.outbox.add_all([one.event for one in news if one.event is not None])
    new = sum(one.known is None for one in news)
    changed = sum(one.event is not None for one in news) - new
    return Received(new, changed, len(readings) - new - changed, len(page.unreadable))


def _is_taken_in(placed_at: datetime, connection: Connection, now: datetime) -> bool:
    return connection.takes(placed_at) and not may_have_gone(placed_at, now)


def _news(reading: MarketplaceOrder, kept: Kept | None, tools: _Tools, now: datetime) -> _News | None:
    """None: it was read before just so, or is older than what we have."""
    reading = as_seen(reading, kept.order if kept else None, now)
    if kept is None:
        return _first(reading, tools)
    if is_older(reading, kept.order):
        return None
    if kept.sealed is None:
        return _again_erased(reading, kept.order, tools)
    key = tools.keys.at_hand(kept.sealed.data_key, order_context(kept.order.id))
    content = key.digest(personal_data.content_bytes(reading))
    if content != kept.order.content_digest:
        return _again(reading, content, kept.order, kept.sealed, key, tools)
    if reading.updated_at == kept.order.updated_at:
        return None
    return _News(kept.order, replace(kept, order=replace(kept.order, updated_at=reading.updated_at)), None, ())


def _first(reading: MarketplaceOrder, tools: _Tools) -> _News:
    order_id = OrderId(new_id())
    key = tools.keys.new_at_hand(order_context(order_id))
    digests = _digests(key.digest(personal_data.content_bytes(reading)), reading.personal, key)
    read = first_read(reading, digests, tools.connection, order_id, _new_line_id, tools.keep)
    order, event = told(None, read, tools.clock)
    sealed = Sealed(key.wrapped, key.seal(personal_data.to_bytes(reading.personal)), key.seal(reading.raw))
    return _News(None, Kept(order, sealed), event, timeline.order_read(None, order, tools.clock.now()))


def _again(reading: MarketplaceOrder, content: str, known: Order, sealed: Sealed, key: DataKey, tools: _Tools) -> _News:
    personal = personal_data.completed(reading.personal, personal_data.from_bytes(key.open(sealed.personal)))
    digests = _digests(content, personal, key)
    order, event = told(known, read_again(known, reading, digests, _new_line_id, tools.keep), tools.clock)
    sealed = Sealed(sealed.data_key, key.seal(personal_data.to_bytes(personal)), key.seal(reading.raw))
    return _News(known, Kept(order, sealed), event, timeline.order_read(known, order, tools.clock.now()))


def _again_erased(reading: MarketplaceOrder, known: Order, tools: _Tools) -> _News | None:
    """Of its buyer nothing is looked at: no digest is made, nothing is sealed."""
    digests = Digests("", None, told_destinations(known))
    order, event = told(known, read_again(known, reading, digests, _new_line_id, tools.keep), tools.clock)
    if order == known:
        return None
    return _News(known, Kept(order, None), event, timeline.order_read(known, order, tools.clock.now()))


def _digests(content: str, personal: PersonalData, key: DataKey) -> Digests:
    addresses = personal_data.recipient_bytes(personal)
    recipient = key.digest(addresses) if addresses else None
    return Digests(content, recipient, frozenset(personal.addresses))


async def _keep_unreadable(records: Sequence[UnreadableOrder], store: Store, tools: _Tools) -> None:
    kept = {key: _sealed(key, record, tools) for record in records for key in [_record_key(record.id, record.raw)]}
    await store.unreadable.keep(tools.connection, list(kept.values()), tools.clock.now())


def _sealed(key: str, record: UnreadableOrder, tools: _Tools) -> UnreadableRecord:
    """Nobody knows when its order is delivered: its time begins with this reading."""
    data_key = tools.keys.new_at_hand(record_context(tools.connection.id, key))
    gone = tools.clock.now() + tools.keep
    return UnreadableRecord(key, record.id, record.reason, gone, data_key.wrapped, data_key.seal(record.raw))


def _record_key(marketplace_order_id: str | None, raw: bytes) -> str:
    """The same for the same record: its order's id, else a fingerprint of its bytes."""
    if marketplace_order_id is not None:
        return f"order:{marketplace_order_id}"
    return "bytes:" + hashlib.sha256(raw).hexdigest()[:32]


def _new_line_id() -> LineId:
    return LineId(new_id())
