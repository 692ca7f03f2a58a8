"""Rows of the tables to objects of the domain, and back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.orders.domain.connection import Connection
from services.orders.domain.copies import Reservation, ReservedLine, Shipment, Shipments
from services.orders.domain.order import Decision, Line, Order, Package
from services.orders.domain.windows import Progress, Purpose, Window
from services.orders.usecases.ports import Kept
from shared.kernel.ids import ConnectionId, LineId, OrderId, OrganisationId, ShipmentId
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
    )


def order_values(kept: Kept) -> dict[str, Any]:
    order = kept.order
    same = (
        "id", "organisation_id", "connection_id", "marketplace", "marketplace_order_id", "channel_id", "status_text",
        "program", "is_sale", "business", "placed_at", "updated_at", "cancel_requested", "ship_by", "deliver_by",
        "label_not_before", "delivered_at", "ended_at", "erase_after", "recipient_digest", "content_digest", "version",
        "event_sequence",
    )  # fmt: skip
    return {name: getattr(order, name) for name in same} | {
        "status": order.status.value,
        "decision": order.decision.value,
        "shipped_by": order.shipped_by.value,
        "related": [list(pair) for pair in order.related],
        "total_minor": order.total.amount_minor if order.total else None,
        "currency": order.total.currency if order.total else None,
        "packages": [_package_values(package) for package in order.packages],
        "data_key": kept.data_key,
        "sealed_personal": kept.personal,
        "sealed_raw": kept.raw,
    }


def line_values(order_id: UUID, line: Line) -> dict[str, Any]:
    same = (
        "id", "marketplace_line_id", "position", "sku", "title", "ordered", "cancelled", "fulfilled",
        "fulfilled_before", "cancel_requested", "code", "reserve",
    )  # fmt: skip
    return {name: getattr(line, name) for name in same} | {
        "order_id": order_id,
        "unit_price_minor": line.unit_price.amount_minor if line.unit_price else None,
        "currency": line.unit_price.currency if line.unit_price else None,
        "duties": list(line.duties),
        "decision": line.decision.value,
    }


def kept_of(row: Row, lines: Sequence[Row]) -> Kept:
    return Kept(order_of(row, lines), row.data_key, row.sealed_personal, row.sealed_raw)


def order_of(row: Row, lines: Sequence[Row]) -> Order:
    return Order(
        id=OrderId(row.id),
        organisation_id=OrganisationId(row.organisation_id),
        connection_id=ConnectionId(row.connection_id),
        marketplace=row.marketplace,
        marketplace_order_id=row.marketplace_order_id,
        channel_id=row.channel_id,
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
    )


def money_of(amount_minor: int | None, currency: str | None) -> Money | None:
    return Money(amount_minor, currency) if amount_minor is not None and currency else None


def progress_values(progress: Progress) -> dict[str, Any]:
    times = ("changes_due_at", "open_due_at", "cursor_at", "swept_at", "data_set_since")
    return {name: _text(getattr(progress, name)) for name in times} | {
        "changes": _window_values(progress.changes),
        "open": _window_values(progress.open),
        "restarts": progress.restarts,
        "data_set": progress.data_set,
        "lean": progress.lean,
    }


def progress_of(told: dict[str, Any]) -> Progress:
    return Progress(
        changes_due_at=datetime.fromisoformat(told["changes_due_at"]),
        open_due_at=datetime.fromisoformat(told["open_due_at"]),
        cursor_at=_time(told["cursor_at"]),
        changes=_window_of(told["changes"]),
        open=_window_of(told["open"]),
        swept_at=_time(told["swept_at"]),
        restarts=told["restarts"],
        data_set=told["data_set"],
        data_set_since=_time(told["data_set_since"]),
        lean=told["lean"],
    )


def reservation_values(one: Reservation) -> dict[str, Any]:
    lines = [
        {
            "line_id": str(line.line_id),
            "sku": line.sku,
            "wanted": line.wanted,
            "reserved": line.reserved,
            "short": line.short,
            "tracked": line.tracked,
        }
        for line in one.lines
    ]
    return {
        "order_id": one.order_id,
        "organisation_id": one.organisation_id,
        "order_version": one.order_version,
        "at": one.at,
        "lines": lines,
    }


def reservation_of(row: Row) -> Reservation:
    return Reservation(
        order_id=OrderId(row.order_id),
        organisation_id=OrganisationId(row.organisation_id),
        order_version=row.order_version,
        at=row.at,
        lines=reserved_lines_of(row.lines),
    )


def reserved_lines_of(told: list[dict[str, Any]]) -> tuple[ReservedLine, ...]:
    return tuple(ReservedLine(**(line | {"line_id": LineId(UUID(line["line_id"]))})) for line in told)


def shipments_values(one: Shipments) -> dict[str, Any]:
    return {
        "order_id": one.order_id,
        "organisation_id": one.organisation_id,
        "at": one.at,
        "shipments": [_shipment_values(shipment) for shipment in one.shipments],
    }


def shipments_of(row: Row) -> Shipments:
    shipments = tuple(shipment_of(told) for told in row.shipments)
    return Shipments(OrderId(row.order_id), OrganisationId(row.organisation_id), row.at, shipments)


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
    )


def _package_values(package: Package) -> dict[str, Any]:
    return {
        "reference": package.reference,
        "carrier": package.carrier,
        "tracking_number": package.tracking_number,
        "status": package.status,
        "shipped_at": _text(package.shipped_at),
        "lines": [[str(line_id), units] for line_id, units in package.lines],
    }


def _package_of(told: dict[str, Any]) -> Package:
    return Package(
        reference=told["reference"],
        carrier=told["carrier"],
        tracking_number=told["tracking_number"],
        status=told["status"],
        shipped_at=_time(told["shipped_at"]),
        lines=tuple((LineId(UUID(line_id)), units) for line_id, units in told["lines"]),
    )


def _shipment_values(shipment: Shipment) -> dict[str, Any]:
    same = (
        "state", "write_back", "reason", "carrier", "tracking_number", "tracking_url", "reference",
    )  # fmt: skip
    return {name: getattr(shipment, name) for name in same} | {
        "id": str(shipment.id),
        "lines": [[str(line_id), units] for line_id, units in shipment.lines],
        "label_created_at": _text(shipment.label_created_at),
        "confirmed_at": _text(shipment.confirmed_at),
    }


def shipment_of(told: dict[str, Any]) -> Shipment:
    return Shipment(
        **told
        | {
            "id": ShipmentId(UUID(told["id"])),
            "lines": tuple((LineId(UUID(line_id)), units) for line_id, units in told["lines"]),
            "label_created_at": _time(told["label_created_at"]),
            "confirmed_at": _time(told["confirmed_at"]),
        }
    )


def _window_values(window: Window | None) -> dict[str, Any] | None:
    if window is None:
        return None
    return {
        "purpose": window.purpose.value,
        "after": _text(window.after),
        "before": _text(window.before),
        "started_at": _text(window.started_at),
        "channel_ids": list(window.channel_ids),
        "statuses": list(window.statuses),
        "fulfilled_by": list(window.fulfilled_by),
        "page_token": window.page_token,
        "seen": list(window.seen),
    }


def _window_of(told: dict[str, Any] | None) -> Window | None:
    if told is None:
        return None
    return Window(
        purpose=Purpose(told["purpose"]),
        after=datetime.fromisoformat(told["after"]),
        before=datetime.fromisoformat(told["before"]),
        started_at=datetime.fromisoformat(told["started_at"]),
        channel_ids=tuple(told["channel_ids"]),
        statuses=tuple(told["statuses"]),
        fulfilled_by=tuple(told["fulfilled_by"]),
        page_token=told["page_token"],
        seen=tuple(told["seen"]),
    )


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _time(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
