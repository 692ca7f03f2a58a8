"""Rows of the tables to objects of the domain, and back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.orders.domain.connection import Connection
from services.orders.domain.order import Decision, Line, Order, Package
from services.orders.usecases.ports import Kept, Sealed
from shared.kernel.ids import ConnectionId, LineId, OrderId, OrganisationId
from shared.kernel.money import Money
from shared.marketplaces.models import Channel, OrderStatus, ShippedBy

Row = Any  # a row of SQLAlchemy Core: attributes by column name


def connection_values(one: Connection) -> dict[str, Any]:
    channels = [
        {"id": c.id, "name": c.name, "country": c.country, "currency": c.currency, "time_zone": c.time_zone}
        for c in one.channels
    ]
    return {
        "id": one.id,
        "organisation_id": one.organisation_id,
        "marketplace": one.marketplace,
        "region": one.region,
        "seller_id": one.seller_id,
        "name": one.name,
        "state": one.state,
        "consent_version": one.consent_version,
        "channels": channels,
        "orders_from": one.orders_from,
        "erase_asked_at": one.erase_asked_at,
    }


def connection_of(row: Row) -> Connection:
    return Connection(
        id=ConnectionId(row.id),
        organisation_id=OrganisationId(row.organisation_id),
        marketplace=row.marketplace,
        region=row.region,
        seller_id=row.seller_id,
        name=row.name,
        state=row.state,
        consent_version=row.consent_version,
        channels=tuple(Channel(**channel) for channel in row.channels),
        orders_from=row.orders_from,
        erase_asked_at=row.erase_asked_at,
        erase_done_at=row.erase_done_at,
    )


def order_values(kept: Kept) -> dict[str, Any]:
    order = kept.order
    same = (
        "id", "organisation_id", "connection_id", "marketplace", "marketplace_order_id", "status_text",
        "program", "is_sale", "business", "placed_at", "updated_at", "cancel_requested", "ship_by", "deliver_by",
        "label_not_before", "delivered_at", "ended_at", "erase_after", "recipient_digest", "content_digest", "version",
        "event_sequence", "erased_at",
    )  # fmt: skip
    sealed = kept.sealed
    return {name: getattr(order, name) for name in same} | {
        "channel_id": order.channel_id or "",
        "status": order.status.value,
        "decision": order.decision.value,
        "shipped_by": order.shipped_by.value,
        "related": [list(pair) for pair in order.related],
        "total_minor": order.total.amount_minor if order.total else None,
        "currency": order.total.currency if order.total else None,
        "packages": [_package_values(package) for package in order.packages],
        "data_key": sealed.data_key if sealed else None,
        "sealed_personal": sealed.personal if sealed else None,
        "sealed_raw": sealed.raw if sealed else None,
    }


def line_values(order_id: UUID, line: Line) -> dict[str, Any]:
    same = (
        "id", "marketplace_line_id", "position", "sku", "title", "ordered", "cancelled", "fulfilled",
        "fulfilled_before", "cancel_requested", "code", "reserve", "destination",
    )  # fmt: skip
    return {name: getattr(line, name) for name in same} | {
        "order_id": order_id,
        "unit_price_minor": line.unit_price.amount_minor if line.unit_price else None,
        "currency": line.unit_price.currency if line.unit_price else None,
        "duties": list(line.duties),
        "decision": line.decision.value,
    }


def kept_of(row: Row, lines: Sequence[Row]) -> Kept:
    sealed = Sealed(row.data_key, row.sealed_personal, row.sealed_raw) if row.erased_at is None else None
    return Kept(order_of(row, lines), sealed)


def order_of(row: Row, lines: Sequence[Row]) -> Order:
    return Order(
        id=OrderId(row.id),
        organisation_id=OrganisationId(row.organisation_id),
        connection_id=ConnectionId(row.connection_id),
        marketplace=row.marketplace,
        marketplace_order_id=row.marketplace_order_id,
        channel_id=row.channel_id or None,
        status=OrderStatus(row.status),
        status_text=row.status_text,
        shipped_by=ShippedBy(row.shipped_by),
        program=row.program,
        is_sale=row.is_sale,
        business=row.business,
        related=tuple((kind, other) for kind, other in row.related),
        placed_at=row.placed_at,
        updated_at=row.updated_at,
        cancel_requested=row.cancel_requested,
        ship_by=row.ship_by,
        deliver_by=row.deliver_by,
        label_not_before=row.label_not_before,
        delivered_at=row.delivered_at,
        ended_at=row.ended_at,
        erase_after=row.erase_after,
        total=money_of(row.total_minor, row.currency),
        recipient_digest=row.recipient_digest,
        content_digest=row.content_digest,
        lines=tuple(_line_of(line) for line in sorted(lines, key=lambda line: line.position)),
        packages=tuple(_package_of(package) for package in row.packages),
        version=row.version,
        event_sequence=row.event_sequence,
        erased_at=row.erased_at,
    )


def money_of(amount_minor: int | None, currency: str | None) -> Money | None:
    return Money(amount_minor, currency) if amount_minor is not None and currency else None


def _line_of(row: Row) -> Line:
    return Line(
        id=LineId(row.id),
        marketplace_line_id=row.marketplace_line_id,
        position=row.position,
        sku=row.sku,
        title=row.title,
        ordered=row.ordered,
        cancelled=row.cancelled,
        fulfilled=row.fulfilled,
        fulfilled_before=row.fulfilled_before,
        unit_price=money_of(row.unit_price_minor, row.currency),
        duties=tuple(row.duties),
        cancel_requested=row.cancel_requested,
        decision=Decision(row.decision),
        code=row.code,
        reserve=row.reserve,
        destination=row.destination,
    )


def _package_values(package: Package) -> dict[str, Any]:
    return {
        "reference": package.reference,
        "carrier": package.carrier,
        "tracking_number": package.tracking_number,
        "status": package.status,
        "shipped_at": text_of(package.shipped_at),
        "lines": [[str(line_id), units] for line_id, units in package.lines],
    }


def _package_of(told: dict[str, Any]) -> Package:
    return Package(
        reference=told["reference"],
        carrier=told["carrier"],
        tracking_number=told["tracking_number"],
        status=told["status"],
        shipped_at=time_of(told["shipped_at"]),
        lines=tuple((LineId(UUID(line_id)), units) for line_id, units in told["lines"]),
    )


def text_of(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def time_of(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
