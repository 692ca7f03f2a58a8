"""What lists and pages show of listings and of what channels are told: reads that change nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from services.inventory.domain.listing import Listing
from services.inventory.domain.target import Target
from services.inventory.usecases.views import Slice
from shared.kernel.ids import ConnectionId, OrganisationId, SkuId


class Shown(StrEnum):
    """
    Which listings: of the first four, each listing that is not gone is of one; `refused` ones are mapped, too.
    `weight_left_out`: the weight that is told could not be taken.
    """

    MAPPED = "mapped"
    UNMAPPED = "unmapped"
    MARKETPLACE_FULFILLED = "marketplace_fulfilled"
    GONE = "gone"
    REFUSED = "refused"
    WEIGHT_LEFT_OUT = "weight_left_out"


@dataclass(frozen=True, slots=True)
class ListingFilter:
    connection_id: UUID | None = None
    channel_id: str | None = None
    state: Shown | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class ListingView:
    """`sku_code`: of our SKU. `target`: what is told for it; None: nothing ever was."""

    listing: Listing
    marketplace: str
    connection_name: str
    sku_code: str | None
    target: Target | None

    @property
    def state(self) -> str:
        """How it stands with its quantity: a target's state, or why nothing is told."""
        one = self.listing
        if one.gone_at is not None:
            return "gone"
        if one.marketplace_fulfilled:
            return "marketplace_fulfilled"
        if one.sku_id is None:
            return "unmapped"
        if not one.follow:
            return "not_followed"
        if self.target is None or self.target.desired is None:
            return "never_counted"
        return self.target.state.value


@dataclass(frozen=True, slots=True)
class PushProgress:
    """
    Of one connection: how many quantities wait to be told, are on the way, are in sync, were refused. `oldest`: since
    when the first of those waiting or on the way does. `trouble`: what calls under way came back with.

    `read_at`, `unreadable`, `waits_code`, `waits_since`: of its listings, see `domain/discovery.py`.
    """

    connection_id: ConnectionId
    name: str
    marketplace: str
    active: bool
    paused: bool
    waiting: int
    on_the_way: int
    in_sync: int
    refused: int
    drifting: int
    oldest: datetime | None
    trouble: str | None
    reading: bool
    read_at: datetime | None
    unreadable: int
    waits_code: str | None
    waits_since: datetime | None


@dataclass(frozen=True, slots=True)
class WeightSource:
    """
    A connection, and whether SKUs weigh what its listings tell. `told`: so many tell it; `left_out`: so many tell a
    weight that cannot be. `read_at`: when its listings were last read.
    """

    connection_id: ConnectionId
    name: str
    marketplace: str
    taken: bool
    told: int
    left_out: int
    read_at: datetime | None


class ListingViews(Protocol):
    async def listings(
        self, organisation_id: OrganisationId, wanted: ListingFilter, *, after: str | None, limit: int
    ) -> Slice[ListingView]:
        """By the marketplace's name of them. `after`: a listing's id, followed by that name."""
        ...

    async def listing(self, organisation_id: OrganisationId, listing_id: UUID) -> ListingView | None: ...

    async def by_ids(self, organisation_id: OrganisationId, ids: Sequence[UUID]) -> Sequence[ListingView]:
        """In this order, those that exist."""
        ...

    async def of_sku(self, sku_id: SkuId) -> Sequence[ListingView]:
        """Those that are this SKU."""
        ...

    async def counts(self, organisation_id: OrganisationId) -> Mapping[Shown, int]: ...

    async def channels(self, organisation_id: OrganisationId) -> Sequence[tuple[ConnectionId, str, str, str]]:
        """Connection, its name, marketplace and channel, of all that have listings."""
        ...

    async def suggestions(
        self, organisation_id: OrganisationId, beginnings: Sequence[str], limit: int
    ) -> Sequence[str]:
        """Codes of SKUs that begin so, in any case; those that begin like the first one first."""
        ...

    async def progress(self, organisation_id: OrganisationId) -> Sequence[PushProgress]:
        """By the connection's name."""
        ...

    async def weight_sources(self, organisation_id: OrganisationId) -> Sequence[WeightSource]:
        """All connections that were not ended, by name."""
        ...
