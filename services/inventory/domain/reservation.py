"""The head of an order's reservation: what is the same for all its lines."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.kernel.ids import OrderId, OrganisationId


@dataclass(frozen=True, slots=True)
class Reservation:
    """
    One per order, whatever its versions. `order_version` None: only labels spoke of the order so far.

    `updated_at`: when the marketplace last changed the order; until orders tells that, when we first heard of it.
    `event_sequence`: the number of the last event told about it.
    """

    order_id: OrderId
    organisation_id: OrganisationId
    updated_at: datetime
    order_version: int | None = None
    marketplace_order_id: str | None = None
    ship_by: datetime | None = None
    event_sequence: int = 0

    def told(
        self, order_version: int, marketplace_order_id: str, ship_by: datetime | None, updated_at: datetime
    ) -> "Reservation":
        return replace(
            self,
            order_version=order_version,
            marketplace_order_id=marketplace_order_id,
            ship_by=ship_by,
            updated_at=updated_at,
        )
