"""A listing: what the seller offers on one channel, which SKU it is, and how it follows the stock."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.inventory.domain.sku import HIGHEST_COUNT
from shared.kernel.ids import ConnectionId, OrganisationId, SkuId
from shared.marketplaces import listings as marketplace

HIGHEST_BUFFER = HIGHEST_COUNT


class MappedBy(StrEnum):
    """By the equal code, or by a person: whose word stays, also where it says that it is none of the SKUs."""

    CODE = "code"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class Listing:
    """
    `sku` is the seller's name of it at the marketplace; `sku_id` ours, None: not mapped. `shared`: all channels of the
    connection show one quantity, so that what is chosen for one of them is chosen for all.

    `quantity`: as it was shown at `seen_at`; None: not told. `gone_at`: the marketplace no longer lists it.

    `weight_grams`: of one unit, as it was last told, at `weight_at`. `weight_problem`: why the weight that is told now
    could not be taken (`PackageWeight.problem`).
    """

    id: UUID
    organisation_id: OrganisationId
    connection_id: ConnectionId
    channel_id: str
    sku: str
    seen_at: datetime
    title: str | None = None
    active: bool = True
    marketplace_fulfilled: bool = False
    quantity: int | None = None
    facts: dict[str, str] = field(default_factory=dict)
    shared: bool = False
    sku_id: SkuId | None = None
    mapped_by: MappedBy | None = None
    follow: bool = True
    buffer: int = 0
    maximum: int | None = None
    gone_at: datetime | None = None
    target_id: UUID | None = None
    weight_grams: int | None = None
    weight_at: datetime | None = None
    weight_problem: str | None = None

    @property
    def key(self) -> "Key":
        return Key(self.connection_id, self.sku)

    @property
    def scope(self) -> str:
        """Within its connection, where the quantity told for it counts: its channel, or all of them."""
        return "" if self.shared else self.channel_id

    @property
    def pushed(self) -> bool:
        """Whether its quantity is ours to tell."""
        return self.gone_at is None and self.sku_id is not None and not self.marketplace_fulfilled and self.follow

    @property
    def tells_weight(self) -> bool:
        """Whether its weight was told at its last reading."""
        return self.gone_at is None and self.weight_at == self.seen_at

    def seen(self, told: marketplace.Listing, *, shared: bool, now: datetime) -> "Listing":
        """As the marketplace tells it now; what was chosen stays."""
        return replace(
            self,
            title=told.title,
            active=told.active,
            marketplace_fulfilled=told.marketplace_fulfilled,
            quantity=told.quantity,
            facts=dict(told.facts),
            shared=shared,
            seen_at=now,
            gone_at=None,
            weight_problem=None,
        )

    def weighed(self, told: marketplace.PackageWeight | None) -> "Listing":
        """With the weight that was read when it was last seen. A weight once told stays until another one is."""
        if told is None or told.grams is None:
            return replace(self, weight_problem=told.problem if told else None)
        return replace(self, weight_grams=told.grams, weight_at=self.seen_at)

    def like(self, sibling: "Listing") -> "Listing":
        """A new listing of a shared quantity follows as the others do."""
        return replace(
            self,
            sku_id=sibling.sku_id,
            mapped_by=sibling.mapped_by,
            follow=sibling.follow,
            buffer=sibling.buffer,
            maximum=sibling.maximum,
        )

    def mapped_by_code(self, sku_id: SkuId | None) -> "Listing":
        """`sku_id`: of the SKU whose code is equal. Only where nothing is mapped, and no person said so."""
        if sku_id is None or self.sku_id is not None or self.mapped_by is MappedBy.HAND:
            return self
        return replace(self, sku_id=sku_id, mapped_by=MappedBy.CODE)

    def mapped_by_hand(self, sku_id: SkuId | None) -> "Listing":
        return replace(self, sku_id=sku_id, mapped_by=MappedBy.HAND)


@dataclass(frozen=True, slots=True)
class Key:
    """All listings of one name at one seller's account."""

    connection_id: ConnectionId
    sku: str


def listed_weight(listings: Iterable[Listing], before: int | None) -> int | None:
    """
    What all listings of a SKU tell of its weight: the heaviest, as a parcel declared too light costs the seller.

    Where none tells it any more, what it was `before` stays, as long as one of them once told so: no parcel that was
    ready begins to wait.
    """
    told = [one for one in listings if one.weight_grams is not None]
    now = [one.weight_grams or 0 for one in told if one.tells_weight]
    ever = [one.weight_grams or 0 for one in told]
    return before if not now and before in ever else max(now or ever, default=None)


def by_sku(listings: Iterable[Listing]) -> Mapping[SkuId, Sequence[Listing]]:
    """Those that are mapped, of each SKU."""
    grouped: defaultdict[SkuId, list[Listing]] = defaultdict(list)
    for one in listings:
        if one.sku_id is not None:
            grouped[one.sku_id].append(one)
    return grouped
