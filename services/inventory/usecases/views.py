"""What lists and pages show: reads that change nothing, always of one organisation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from services.inventory.domain.sku import Sku
from services.inventory.domain.stock_import import StockImport
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


class Show(StrEnum):
    """Which SKUs a list shows."""

    ALL = "all"
    SHORT = "short"
    LOW = "low"
    UNCOUNTED = "uncounted"


@dataclass(frozen=True, slots=True)
class ShortView:
    """A line of an order that misses units of its SKU."""

    line_id: UUID
    order_id: OrderId
    marketplace_order_id: str | None
    sku: str
    ship_by: datetime | None
    wanted: int
    short: int


class Views(Protocol):
    async def skus(
        self, organisation_id: OrganisationId, *, search: str, show: Show, after: str | None, limit: int
    ) -> Slice[Sku]:
        """By code. `search`: part of a code, in any case; `after`: the code the piece begins behind."""
        ...

    async def skus_of(self, organisation_id: OrganisationId, ids: Sequence[UUID]) -> Sequence[Sku]:
        """Those of these ids that are the organisation's, by code."""
        ...

    async def skus_named(self, organisation_id: OrganisationId, codes: Sequence[str]) -> Mapping[str, Sku]: ...

    async def levels(self, sku_id: SkuId, since: datetime) -> Sequence[tuple[datetime, int]]:
        """When the level became that, oldest first: the last change before `since`, and all after it (10,000)."""
        ...

    async def short_lines(
        self, organisation_id: OrganisationId, *, after: tuple[datetime | None, UUID] | None, limit: int
    ) -> Sequence[ShortView]:
        """Order lines that miss units, earliest ship-by first."""
        ...

    async def imported(self, organisation_id: OrganisationId, import_id: UUID) -> StockImport | None: ...

    async def sku(self, organisation_id: OrganisationId, code: str) -> Sku | None: ...

    async def ledger(self, sku_id: SkuId, *, after: int | None, limit: int) -> Slice[LedgerView]:
        """Newest first. `after`: an entry's id."""
        ...

    async def waiting(self, sku_id: SkuId, *, limit: int) -> Sequence[WaitingView]:
        """Short lines first, each by urgency."""
        ...
