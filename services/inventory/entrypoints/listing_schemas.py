"""What the API takes and gives of listings and of what channels are told."""

from collections.abc import Container
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from services.inventory.domain.listing import HIGHEST_BUFFER
from services.inventory.domain.target import REPEATED
from services.inventory.entrypoints.schemas import In
from services.inventory.usecases.choose import Choice
from services.inventory.usecases.listing_views import ListingView, PushProgress, WeightSource
from shared.marketplaces.registry import store_name

NOTHING_GIVEN = "Give sku, follow, buffer or maximum."


def _storable(value: str) -> str:
    if "\0" in value:
        raise PydanticCustomError("sku_unknown", "No SKU is named so.")
    return value


Units = Annotated[int, Field(ge=0, le=HIGHEST_BUFFER, strict=True)]
OwnCode = Annotated[str, AfterValidator(_storable), Field(min_length=1, max_length=500)]


class ListingIn(In):
    """Only what is given is changed. Where listings share one quantity, all of them are."""

    sku: OwnCode | None = Field(
        default=None, description="The code of the SKU it is; null: it is none, whatever its own name is."
    )
    follow: StrictBool = Field(default=True, description="Whether its quantity follows our stock.")
    buffer: Units = Field(default=0, description="Units kept back: it shows so many less than are available.")
    maximum: Units | None = Field(default=None, description="It never shows more; null: no limit.")

    @model_validator(mode="after")
    def _says_something(self) -> "ListingIn":
        if not self.model_fields_set & {"sku", "follow", "buffer", "maximum"}:
            raise PydanticCustomError("nothing_given", NOTHING_GIVEN)
        return self

    def choice(self, listing_id: UUID) -> Choice:
        given = frozenset(self.model_fields_set) & {"sku", "follow", "buffer", "maximum"}
        return Choice(listing_id, self.sku, self.follow, self.buffer, self.maximum, given)


class ListingRowIn(ListingIn):
    id: UUID


class ListingOut(BaseModel):
    """
    An offer on a channel. `marketplace_sku`: the seller's name of it there; `sku`: ours. `quantity`: as it was shown
    when its channel was last read (`seen_at`).

    `state`: of the quantity that is told. `desired`: what it is to show; `told`: the last one the marketplace took;
    `shown`: the last one read back. `drifting`: it showed another one again and again.

    `weight_grams`: what one unit weighs, as it was last told (`weight_at`). `weight_problem`: why the weight that is
    told now cannot be taken.
    """

    id: UUID
    connection_id: UUID
    marketplace: str
    channel_id: str
    channel_name: str
    marketplace_sku: str
    title: str | None
    active: bool
    marketplace_fulfilled: bool
    quantity: int | None
    seen_at: datetime
    gone_at: datetime | None
    sku: str | None
    mapped_by: Literal["code", "hand"] | None
    follow: bool
    buffer: int
    maximum: int | None
    shares_quantity: bool
    state: Literal[
        "gone",
        "marketplace_fulfilled",
        "unmapped",
        "not_followed",
        "never_counted",
        "idle",
        "waiting",
        "sending",
        "in_sync",
        "refused",
        "sale",
    ]
    desired: int | None
    told: int | None
    told_at: datetime | None
    shown: int | None
    shown_at: datetime | None
    due_at: datetime | None
    waiting_since: datetime | None
    reason: str | None
    detail: str | None
    drifting: bool
    weight_grams: int | None
    weight_at: datetime | None
    weight_problem: Literal["unreadable", "unit_unknown", "not_positive", "too_heavy"] | None

    @classmethod
    def of(cls, view: ListingView) -> "ListingOut":
        one, target = view.listing, view.target
        names = ("desired", "told", "told_at", "shown", "shown_at", "due_at", "waiting_since", "reason", "detail")
        seen = ("id", "connection_id", "channel_id", "title", "active", "marketplace_fulfilled", "quantity", "seen_at")
        chosen = ("gone_at", "mapped_by", "follow", "buffer", "maximum")
        weight = ("weight_grams", "weight_at", "weight_problem")
        told = {name: getattr(target, name) if target else None for name in names}
        return cls.model_validate(
            {name: getattr(one, name) for name in (*seen, *chosen, *weight)}
            | told
            | {
                "marketplace": view.marketplace,
                "channel_name": store_name(view.marketplace, one.channel_id),
                "marketplace_sku": one.sku,
                "sku": view.sku_code,
                "shares_quantity": one.shared,
                "state": view.state,
                "drifting": target is not None and target.drifts >= REPEATED,
            }
        )


class PushProgressOut(BaseModel):
    """
    How far the channels of a connection are: quantities that wait to be told, are on the way, in sync, refused.

    `oldest`: since when the first that waits or is on the way does. `trouble`: what the marketplace's last answers
    were, while some are under way. `listings_read_at`, `unreadable`, `listings_wait`: of its listings.
    """

    connection_id: UUID
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
    listings_read_at: datetime | None
    unreadable: int
    listings_wait: str | None
    listings_wait_since: datetime | None

    @classmethod
    def of(cls, progress: PushProgress) -> "PushProgressOut":
        told = {name: getattr(progress, name) for name in cls.model_fields if hasattr(progress, name)}
        listings = {
            "listings_read_at": progress.read_at,
            "listings_wait": progress.waits_code,
            "listings_wait_since": progress.waits_since,
        }
        return cls.model_validate(told | listings)


class WeightsIn(In):
    taken: StrictBool = Field(description="Whether SKUs weigh what this connection's listings tell.")


class WeightSourceOut(BaseModel):
    """
    `taken`: SKUs without a weight of the seller's own weigh what its listings tell. `offered`: those of the marketplace
    may tell it. `told`: so many do; `left_out`: so many tell a weight that cannot be. `read_at`: when they were read.
    """

    connection_id: UUID
    name: str
    marketplace: str
    offered: bool
    taken: bool
    told: int
    left_out: int
    read_at: datetime | None

    @classmethod
    def of(cls, source: WeightSource, telling: Container[str]) -> "WeightSourceOut":
        return cls(**asdict(source), offered=source.marketplace in telling)
