"""Every topic: who publishes it, what its key is, how long it is kept. Made by `migrate`, partitions never changed."""

from collections.abc import Mapping
from dataclasses import dataclass

PARTITIONS = 12
_DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    """
    `retention_ms`: after so long an event is deleted; None: each key's newest is kept for ever, unless it is a
    tombstone.
    """

    name: str
    publisher: str
    key: str
    retention_ms: int | None

    @property
    def configuration(self) -> Mapping[str, str]:
        """
        As Kafka has it. What a newer event of its key stands for is deleted within some nine days: the broker begins a
        new file each day that something comes, and looks at files that are complete. A tombstone stays for as long as
        events do elsewhere, for who reads late.
        """
        if self.retention_ms is not None:
            return {"cleanup.policy": "delete", "retention.ms": str(self.retention_ms)}
        return {
            "cleanup.policy": "compact",
            "retention.ms": "-1",
            "segment.ms": str(_DAY_MS),
            "max.compaction.lag.ms": str(7 * _DAY_MS),
            "delete.retention.ms": str(30 * _DAY_MS),
        }


AUTH_CONNECTION = Topic("auth.connection.v1", "auth", "connection id", None)
AUTH_ORGANISATION = Topic("auth.organisation.v1", "auth", "organisation id", None)
ORDERS_ORDER = Topic("orders.order.v1", "orders", "order id", 30 * _DAY_MS)
INVENTORY_RESERVATION = Topic("inventory.reservation.v1", "inventory", "order id", 30 * _DAY_MS)
INVENTORY_STOCK = Topic("inventory.stock.v1", "inventory", "SKU id", 30 * _DAY_MS)
LABELS_SHIPMENT = Topic("labels.shipment.v1", "labels", "order id", 30 * _DAY_MS)

TOPICS = (AUTH_CONNECTION, AUTH_ORGANISATION, ORDERS_ORDER, INVENTORY_RESERVATION, INVENTORY_STOCK, LABELS_SHIPMENT)
