"""Others' words about an order to rows, and back."""

from typing import Any
from uuid import UUID

from services.orders.adapters.rows import Row, text_of, time_of
from services.orders.domain.copies import Reservation, ReservedLine, Shipment, Shipments
from shared.kernel.ids import LineId, OrderId, OrganisationId, ShipmentId


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


def _shipment_values(shipment: Shipment) -> dict[str, Any]:
    same = (
        "state", "write_back", "reason", "carrier", "tracking_number", "tracking_url", "reference",
    )  # fmt: skip
    return {name: getattr(shipment, name) for name in same} | {
        "id": str(shipment.id),
        "lines": [[str(line_id), units] for line_id, units in shipment.lines],
        "label_created_at": text_of(shipment.label_created_at),
        "confirmed_at": text_of(shipment.confirmed_at),
    }


def shipment_of(told: dict[str, Any]) -> Shipment:
    return Shipment(
        **told
        | {
            "id": ShipmentId(UUID(told["id"])),
            "lines": tuple((LineId(UUID(line_id)), units) for line_id, units in told["lines"]),
            "label_created_at": time_of(told["label_created_at"]),
            "confirmed_at": time_of(told["confirmed_at"]),
        }
    )
