"""Every topic: who publishes it, what its key is, how long it is kept. Made by `migrate`, partitions never changed."""

from dataclasses import dataclass

PARTITIONS = 12
_DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    publisher: str
    key: str
    retention_ms: int


AUTH_CONNECTION = Topic("auth.connection.v1", "auth", "connection id", -1)
AUTH_ORGANISATION = Topic("auth.organisation.v1", "auth", "organisation id", -1)
ORDERS_ORDER = Topic("orders.order.v1", "orders", "order id", 30 * _DAY_MS)
INVENTORY_RESERVATION = Topic("inventory.reservation.v1", "inventory", "order id", 30 * _DAY_MS)
INVENTORY_STOCK = Topic("inventory.stock.v1", "inventory", "SKU id", 30 * _DAY_MS)
LABELS_SHIPMENT = Topic("labels.shipment.v1", "labels", "order id", 30 * _DAY_MS)

TOPICS = (AUTH_CONNECTION, AUTH_ORGANISATION, ORDERS_ORDER, INVENTORY_RESERVATION, INVENTORY_STOCK, LABELS_SHIPMENT)
