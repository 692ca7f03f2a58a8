"""
An order with its reservation and its shipments: what every rule of labels looks at, locked as one by the order's row.

The arithmetic of units is here: what may still be shipped, and how much of it stock is held for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.labels.domain.order import Order, OrderLine, Package, Reservation
from services.labels.domain.shipment import Shipment, Told


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """
    `order` or `reservation` None: not heard of yet. `event_sequence`: of the last event published about this order.
    `person_decides`: a person voided a label, so nothing more is made by itself. `replan_at`: look at it again then.
    `erased_at`: what was made of its buyer's data is gone, and no label is made or shown any more.
    """

    order_id: UUID
    organisation_id: UUID
    event_sequence: int = 0
    order: Order | None = None
    reservation: Reservation | None = None
    person_decides: bool = False
    replan_at: datetime | None = None
    shipments: tuple[Shipment, ...] = ()
    erased_at: datetime | None = None

    @property
    def reserved(self) -> bool:
        """Stock has been reserved for the order as it is now."""
        return (
            self.order is not None
            and self.reservation is not None
            and self.reservation.order_version == self.order.version
        )

    def shipment(self, shipment_id: UUID) -> Shipment:
        """Raises KeyError."""
        for shipment in self.shipments:
            if shipment.shipment_id == shipment_id:
                return shipment
        raise KeyError(shipment_id)

    def with_shipment(self, changed: Shipment) -> "Fulfilment":
        """The same with one shipment changed, or added at the end."""
        if all(shipment.shipment_id != changed.shipment_id for shipment in self.shipments):
            return replace(self, shipments=(*self.shipments, changed))
        kept = (changed if one.shipment_id == changed.shipment_id else one for one in self.shipments)
        return replace(self, shipments=tuple(kept))

    def beside(self, shipment: Shipment) -> tuple[Shipment, ...]:
        """Our other parcels of this order."""
        return tuple(one for one in self.shipments if one.shipment_id != shipment.shipment_id)

    def each(self, change: Callable[[Shipment], Shipment]) -> "Fulfilment":
        return replace(self, shipments=tuple(change(shipment) for shipment in self.shipments))

    def references(self) -> frozenset[str]:
        """Every parcel reference of this order that is taken: those the marketplace shows, and ours."""
        shown = {package.reference for package in self.order.packages} if self.order else set()
        ours = {one.write_back.reference for one in self.shipments if one.write_back}
        return frozenset(reference for reference in shown | ours if reference)


def shipped_elsewhere(fulfilment: Fulfilment, line: OrderLine) -> int:
    """
    Units that left without us, by the marketplace's count. Until it counts them, the units of a parcel found to be
    another's are gone too: they must not be planned once more.
    """
    uncounted = (one.units(line.line_id) for one in fulfilment.shipments if _is_anothers(one))
    return counted_elsewhere(fulfilment, line) or sum(uncounted)


def counted_elsewhere(fulfilment: Fulfilment, line: OrderLine) -> int:
    """
    The marketplace's count of a line without ours: those that it shows. Read without its parcels it shows none at all;
    then those that were sent are ours.
    """
    order = fulfilment.order
    packages = order.packages if order else ()
    ours = 0
    for shipment in fulfilment.shipments:
        write_back = shipment.write_back
        if write_back is None or not shipment.live:
            continue
        there = any(is_of(package, shipment) for package in packages) if packages else write_back.may_have_left
        ours += shipment.units(line.line_id) if there else 0
    return max(0, line.fulfilled - ours)


def is_of(package: Package, shipment: Shipment) -> bool:
    """What the marketplace shows is this parcel of ours: by its reference, or by its number where it has none."""
    write_back = shipment.write_back
    if write_back is None:
        return False
    if package.reference is not None:
        return package.reference == write_back.reference
    return has_number(package, shipment)


def has_number(package: Package, shipment: Shipment) -> bool:
    """It bears our tracking number, however it is written."""
    shown, ours = package.tracking_number, shipment.tracking_number
    return shown is not None and ours is not None and shown.strip().upper() == ours.strip().upper()


def _is_anothers(shipment: Shipment) -> bool:
    return shipment.write_back is not None and shipment.write_back.state is Told.SHIPPED_ELSEWHERE


def shippable(fulfilment: Fulfilment, line: OrderLine) -> int:
    """Units of a line that leave through us, those in live shipments included."""
    if not line.ships:
        return 0
    return max(0, line.ordered - line.cancelled - shipped_elsewhere(fulfilment, line))


def held_for(fulfilment: Fulfilment, line: OrderLine, taken: int) -> int:
    """
    Units of a line stock is held for, beyond the `taken` ones already in shipments.

    Inventory's figure is as of what it knew to have left; what has been taken since comes off it.
    """
    reserved = fulfilment.reservation.line(line.line_id) if fulfilment.reservation else None
    if reserved is None:
        return 0
    gone_by_inventory = line.ordered - line.cancelled - reserved.wanted
    gone = taken + shipped_elsewhere(fulfilment, line)
    return max(0, reserved.reserved - max(0, gone - gone_by_inventory))


def taken_units(fulfilment: Fulfilment, beside: UUID | None = None) -> dict[UUID, int]:
    """Units by line in live parcels that are frozen or asked for by a person, `beside` left out."""
    taken: dict[UUID, int] = {}
    for shipment in fulfilment.shipments:
        committed = not shipment.open or shipment.requested
        if shipment.live and committed and shipment.shipment_id != beside:
            for line in shipment.lines:
                taken[line.line_id] = taken.get(line.line_id, 0) + line.quantity
    return taken


def goes_there(fulfilment: Fulfilment, shipment: Shipment) -> bool:
    """Every line of it still goes to the parcel's address."""
    lines = [fulfilment.order.line(one.line_id) for one in shipment.lines] if fulfilment.order else [None]
    return all(line is not None and line.destination == shipment.destination for line in lines)
