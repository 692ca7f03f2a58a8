"""
One reading of an order, folded into what we know of it (domain rule 19).

Older never overwrites newer; an address, once told, is not lost because a later reading comes without it (rule 23).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.orders.domain.connection import Connection
from services.orders.domain.decisions import decide
from services.orders.domain.erasure import erase_after
from services.orders.domain.order import Line, Order, Package, acted_on
from shared.kernel.ids import LineId, OrderId
from shared.kernel.retention import lies_ahead
from shared.marketplaces.models import MarketplaceLine, MarketplaceOrder, MarketplacePackage, OrderStatus

_ENDED = (OrderStatus.SHIPPED, OrderStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Digests:
    """
    Made by whoever holds the order's key: keyed digests of a reading's content, and of all addresses known by now.

    `recipient` None: none was ever told. `destinations`: numbers of those that are known.
    """

    content: str
    recipient: str | None
    destinations: frozenset[int]


def is_older(reading: MarketplaceOrder, known: Order) -> bool:
    return reading.updated_at < known.updated_at


def as_seen(reading: MarketplaceOrder, known: Order | None, now: datetime) -> MarketplaceOrder:
    """
    Nothing happens after it was read: of a time that lies ahead stays when it was first read so, whatever comes again.
    """
    updated_at, delivered_at = reading.updated_at, reading.delivered_at
    if lies_ahead(updated_at, now):
        updated_at = known.updated_at if known else now
    if delivered_at is not None and lies_ahead(delivered_at, now):
        delivered_at = (known.delivered_at if known else None) or now
    packages = tuple(_as_seen(package, now) for package in reading.packages)
    return replace(reading, updated_at=updated_at, delivered_at=delivered_at, packages=packages)


def _as_seen(package: MarketplacePackage, now: datetime) -> MarketplacePackage:
    """When it leaves is not told before it left."""
    is_told = package.shipped_at is not None and not lies_ahead(package.shipped_at, now)
    return package if is_told else replace(package, shipped_at=None)


def newest_of_each(readings: tuple[MarketplaceOrder, ...]) -> list[MarketplaceOrder]:
    """A page may hold an order twice: its newest reading, the later one where both are as new."""
    newest: dict[str, MarketplaceOrder] = {}
    for reading in readings:
        seen = newest.get(reading.id)
        if seen is None or reading.updated_at >= seen.updated_at:
            newest[reading.id] = reading
    return list(newest.values())


def first_read(
    reading: MarketplaceOrder,
    digests: Digests,
    connection: Connection,
    order_id: OrderId,
    new_line_id: Callable[[], LineId],
    keep: timedelta,
) -> Order:
    """An order seen for the first time: version 1, told as event 1. `keep`: how long its personal data may stay."""
    lines, ended_at = _lines(reading, {}, new_line_id, digests.destinations), _ended_at(reading)
    return Order(
        id=order_id,
        organisation_id=connection.organisation_id,
        connection_id=connection.id,
        marketplace=connection.marketplace,
        marketplace_order_id=reading.id,
        channel_id=reading.channel_id,
        business=reading.business,
        placed_at=reading.placed_at,
        delivered_at=reading.delivered_at,
        ended_at=ended_at,
        erase_after=erase_after(reading.delivered_at, reading.deliver_by, ended_at, keep),
        total=reading.total,
        recipient_digest=digests.recipient,
        content_digest=digests.content,
        lines=lines,
        packages=_packages(reading.packages, lines),
        version=1,
        event_sequence=1,
        **_as_told(reading),
    )


def read_again(
    known: Order, reading: MarketplaceOrder, digests: Digests, new_line_id: Callable[[], LineId], keep: timedelta
) -> Order:
    """What a newer (or as new) reading makes of a known order; the version rises where others must act."""
    before = {line.marketplace_line_id: line for line in known.lines}
    lines = _lines(reading, before, new_line_id, digests.destinations)
    delivered_at, ended_at = known.delivered_at or reading.delivered_at, known.ended_at or _ended_at(reading)
    order = replace(
        known,
        channel_id=reading.channel_id or known.channel_id,
        business=reading.business or known.business,
        delivered_at=delivered_at,
        ended_at=ended_at,
        erase_after=erase_after(delivered_at, reading.deliver_by, ended_at, keep),
        total=reading.total or known.total,
        recipient_digest=digests.recipient,
        content_digest=digests.content,
        lines=lines,
        packages=_packages(reading.packages, lines),
        **_as_told(reading),
    )
    return replace(order, version=known.version + 1) if acted_on(order) != acted_on(known) else order


def _as_told(reading: MarketplaceOrder) -> dict[str, Any]:
    """What the newest reading alone decides."""
    names = (
        "status", "status_text", "shipped_by", "program", "is_sale", "related", "updated_at", "cancel_requested",
        "ship_by", "deliver_by", "label_not_before",
    )  # fmt: skip
    return {name: getattr(reading, name) for name in names}


def _ended_at(reading: MarketplaceOrder) -> datetime | None:
    if reading.status not in _ENDED:
        return None
    shipped = [package.shipped_at for package in reading.packages if package.shipped_at]
    return max(shipped, default=reading.updated_at)


def _lines(
    reading: MarketplaceOrder, known: dict[str, Line], new_line_id: Callable[[], LineId], addresses: frozenset[int]
) -> tuple[Line, ...]:
    def line(position: int, told: MarketplaceLine) -> Line:
        before = known.get(told.id)
        # Numbers of destinations belong to the reading that told the addresses; without any, the earlier ones stand.
        destination = told.destination if before is None or reading.personal.has_address else before.destination
        decided = decide(reading, told, has_recipient=destination in addresses)
        return Line(
            id=before.id if before else new_line_id(),
            marketplace_line_id=told.id,
            position=position,
            sku=told.sku,
            title=told.title,
            ordered=told.ordered,
            cancelled=told.cancelled,
            fulfilled=told.fulfilled,
            fulfilled_before=before.fulfilled_before if before else told.fulfilled,
            unit_price=told.unit_price or (before.unit_price if before else None),
            duties=told.duties,
            cancel_requested=told.cancel_requested,
            decision=decided.decision,
            code=decided.code,
            reserve=decided.reserve,
            destination=destination,
        )

    once = {told.id: told for told in reading.lines}
    return tuple(line(position, told) for position, told in enumerate(once.values()))


def _packages(told: tuple[MarketplacePackage, ...], lines: tuple[Line, ...]) -> tuple[Package, ...]:
    ids = {line.marketplace_line_id: line.id for line in lines}
    return tuple(
        Package(
            reference=package.reference,
            carrier=package.carrier,
            tracking_number=package.tracking_number,
            status=package.status,
            shipped_at=package.shipped_at,
            lines=tuple((ids[line_id], units) for line_id, units in package.lines if line_id in ids),
        )
        for package in told
    )
