"""Reservations (`inventory.reservation.v1`, keyed by order id) and stock levels (`inventory.stock.v1`, by SKU id)."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events.base import OwnedBody, Part
from shared.events.topics import INVENTORY_RESERVATION, INVENTORY_STOCK


class ReservedLineV1(Part):
    """
    Units held for one line: `wanted` = still to ship, `reserved` + `short` = `wanted`.

    An untracked SKU is never short: it counts as reserved. `weight_grams` is of one unit, None while unknown.
    """

    line_id: UUID
    sku: str
    sku_id: UUID | None = None
    wanted: int
    reserved: int
    short: int
    tracked: bool
    weight_grams: int | None = None


class ReservationChangedV1(OwnedBody):
    """What is held for an order, every line, as of `order_version`."""

    TYPE: ClassVar[str] = "inventory.reservation.changed.v1"
    TOPIC: ClassVar[str] = INVENTORY_RESERVATION.name

    order_id: UUID
    order_version: int
    lines: tuple[ReservedLineV1, ...]


class StockStateV1(OwnedBody):
    """A SKU's level. `available` = on hand - reserved, never negative; `short` = wanted by orders but not there."""

    TOPIC: ClassVar[str] = INVENTORY_STOCK.name

    sku_id: UUID
    sku: str
    tracked: bool
    on_hand: int
    reserved: int
    available: int
    short: int
    counted_at: datetime | None = None


class StockLevelChangedV1(StockStateV1):
    """A SKU's level. `available` = on hand - reserved, never negative; `short` = wanted by orders but not there."""

    TYPE: ClassVar[str] = "inventory.stock.level_changed.v1"


class StockChannelDriftV1(StockStateV1):
    """
    A channel showed again and again another quantity than it was told, and no order explained it.

    `desired`: what it is to show; `shown`: what it shows. `marketplace_sku`: the seller's name of the offer there.
    """

    TYPE: ClassVar[str] = "inventory.stock.channel_drift.v1"

    connection_id: UUID
    channel_id: str
    marketplace_sku: str
    desired: int | None = None
    shown: int | None = None
