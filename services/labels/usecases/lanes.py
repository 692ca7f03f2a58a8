"""How a connection's due parcels are worked off: some orders at a time, the parcels of one order in turn."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from services.labels.usecases.ports import DueLabel, DueWriteBack

LANES = 4

Due = TypeVar("Due", DueLabel, DueWriteBack)


def by_order(due: Sequence[Due]) -> list[list[Due]]:
    """The orders by their longest due parcel."""
    orders: dict[UUID, list[Due]] = {}
    for row in due:
        orders.setdefault(row.order_id, []).append(row)
    return list(orders.values())
