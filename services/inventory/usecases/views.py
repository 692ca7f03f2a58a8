"""What lists and pages show: reads that change nothing, always of one organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from services.inventory.domain.sku import Sku
from shared.kernel.ids import OrderId, OrganisationId, SkuId

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """A piece of a list. `after`: where the next piece begins; None: this was the last."""

    items: Sequence[T]
    after: str | None


@dataclass(frozen=True, slots=True)
class LedgerView:
    """`order_id` and its marketplace's number: the order whose units left."""

    id: int
    at: datetime
    reason: str
    change: int
    level: int
    via: str
    user_id: UUID | None
    order_id: UUID | None
    marketplace_order_id: str | None


@dataclass(frozen=True, slots=True)
class WaitingView:
    """An order line that wants units of a SKU; the most urgent first."""

    order_id: OrderId
    marketplace_order_id: str | None
    ship_by: datetime | None
    wanted: int
    reserved: int
    short: int


class Views(Protocol):
    async def skus(
        self, organisation_id: OrganisationId, *, search: str, short_only: bool, after: str | None, limit: int
    ) -> Slice[Sku]:
        """By code. `search`: part of a code, in any case; `after`: the code the piece begins behind."""
        ...

    async def sku(self, organisation_id: OrganisationId, code: str) -> Sku | None: ...

    async def ledger(self, sku_id: SkuId, *, after: int | None, limit: int) -> Slice[LedgerView]:
        """Newest first. `after`: an entry's id."""
        ...

    async def waiting(self, sku_id: SkuId, *, limit: int) -> Sequence[WaitingView]:
        """Short lines first, each by urgency."""
        ...
