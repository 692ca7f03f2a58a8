"""
The ledger: every change of a level, as long as it is kept. The entries of a SKU sum to its level: those no longer kept
are folded into one, which opens it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.kernel.ids import LineId, OrderId, OrganisationId, SkuId, UserId


class Reason(StrEnum):
    COUNTED = "counted"
    SHIPPED = "shipped"
    OPENING = "opening"


class Via(StrEnum):
    """How it reached us: a person on a page, a program, or an event."""

    PAGE = "page"
    API = "api"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Cause:
    """Who said so, and how. `user_id` None: a program or an event."""

    via: Via
    user_id: UserId | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """
    `change` units were added (taken, below zero); `level` is what they led to.

    A shipped entry names its line, and `departed`: all units that left for the line so far, this entry's included. An
    opening one is the level to which those before it led; nobody is named.
    """

    organisation_id: OrganisationId
    sku_id: SkuId
    at: datetime
    reason: Reason
    change: int
    level: int
    cause: Cause
    order_id: OrderId | None = None
    line_id: LineId | None = None
    departed: int | None = None
