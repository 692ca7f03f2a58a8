"""Identifiers: UUIDv7 everywhere, so that rows made together lie together."""

from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

import uuid_utils.compat

OrganisationId = NewType("OrganisationId", UUID)
UserId = NewType("UserId", UUID)
ConnectionId = NewType("ConnectionId", UUID)
GrantId = NewType("GrantId", UUID)
OrderId = NewType("OrderId", UUID)
LineId = NewType("LineId", UUID)
SkuId = NewType("SkuId", UUID)
ShipmentId = NewType("ShipmentId", UUID)


def new_id() -> UUID:
    """A new UUIDv7: unique, and later ones sort after earlier ones (to the millisecond)."""
    return uuid_utils.compat.uuid7()


def made_at(made: UUID) -> datetime:
    """When one of ours was made, to the millisecond: a UUIDv7 begins with that (RFC 9562, section 5.7)."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
