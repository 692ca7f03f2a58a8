"""What goes with a buyer's data: all that was made of it, and what others wrote in their own words."""

from dataclasses import replace
from datetime import datetime

from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.shipment import Shipment


def erased(fulfilment: Fulfilment, now: datetime) -> Fulfilment:
    """Once and for good. Parcels, numbers and what the marketplace is owed stay as they are."""
    if fulfilment.erased_at is not None:
        return fulfilment
    order = replace(fulfilment.order, recipient_digest=None) if fulfilment.order else None
    return replace(fulfilment.each(_forgotten), order=order, erased_at=now)


def _forgotten(shipment: Shipment) -> Shipment:
    """A carrier's or a marketplace's refusal may quote the address."""
    if shipment.write_back is not None:
        shipment = shipment.telling(reason_detail=None)
    return replace(shipment, recipient_digest=None, reason_detail=None, problem_detail=None)
