"""Whose the parcels are that a marketplace shows over the units of one of ours."""

from collections.abc import Sequence
from uuid import UUID

from services.labels.domain.fulfilment import has_number, is_of
from services.labels.domain.order import Order, Package
from services.labels.domain.shipment import Shipment


def is_ours(shipment: Shipment, order: Order) -> bool:
    """
    The marketplace shows our parcel: our tracking number, under our reference where it shows references.

    Two parcels of one order may carry one number; their references differ.
    """
    return any(is_of(package, shipment) and has_number(package, shipment) for package in order.packages)


def covered_by_others(shipment: Shipment, order: Order, others: Sequence[Shipment], *, wholly: bool = False) -> bool:
    """
    Parcels that are none of ours leave no room for one of our lines; `wholly`: for no unit of any of them. Ours without
    a number yet is ours.
    """
    shown: dict[UUID, int] = {}
    for package in order.packages:
        for line_id, quantity in package.lines:
            shown[line_id] = shown.get(line_id, 0) + quantity
    foreign = lines_of_others(shipment, order, others)
    covered = (
        line.line_id in foreign and shown[line.line_id] + (1 if wholly else line.quantity) > _room(order, line.line_id)
        for line in shipment.lines
    )
    return all(covered) if wholly else any(covered)


def lines_of_others(shipment: Shipment, order: Order, others: Sequence[Shipment]) -> frozenset[UUID]:
    """Lines over which lie parcels that are neither this one, shown without a number, nor another of ours."""
    return frozenset(
        line_id
        for package in order.packages
        if not _is_bare(package, shipment) and not any(is_of(package, other) for other in others)
        for line_id, _ in package.lines
    )


def _is_bare(package: Package, shipment: Shipment) -> bool:
    """Our own parcel, shown without a number."""
    ours = shipment.write_back.reference if shipment.write_back else None
    return package.tracking_number is None and package.reference is not None and package.reference == ours


def _room(order: Order, line_id: UUID) -> int:
    line = order.line(line_id)
    return line.ordered - line.cancelled if line else 0
