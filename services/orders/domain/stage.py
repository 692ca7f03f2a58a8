"""How far an order has come, in one word: for lists. What exactly it waits for: `waiting.py`."""

from enum import StrEnum

from services.orders.domain.copies import Reservation, Shipments

_ACCEPTED = ("sent", "confirmed")
_DEAD = ("voided",)


class Stage(StrEnum):
    """`received`, `reserved` (all of it), `labelled`, `written_back` (accepted), `confirmed` (read back)."""

    RECEIVED = "received"
    RESERVED = "reserved"
    LABELLED = "labelled"
    WRITTEN_BACK = "written_back"
    CONFIRMED = "confirmed"


def stage_of(version: int, reservation: Reservation | None, shipments: Shipments | None) -> Stage:
    """The furthest step all live parcels have taken; before there are any, whether stock is held."""
    live = [shipment for shipment in shipments.shipments if shipment.state not in _DEAD] if shipments else []
    if live and all(shipment.write_back == "confirmed" for shipment in live):
        return Stage.CONFIRMED
    if live and all(shipment.write_back in _ACCEPTED for shipment in live):
        return Stage.WRITTEN_BACK
    if live and all(shipment.label_created_at is not None for shipment in live):
        return Stage.LABELLED
    if reservation is None or reservation.order_version < version or not reservation.wanted or reservation.short:
        return Stage.RECEIVED
    return Stage.RESERVED
