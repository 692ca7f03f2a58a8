"""What the API takes and gives. Limits are the domain's; unknown members are refused, so that a typo is not lost."""

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.inventory.domain.sku import (
    HEAVIEST_GRAMS,
    HIGHEST_COUNT,
    LIGHTEST_GRAMS,
    Sku,
    StockRow,
    problem_with_code,
)
from services.inventory.usecases.views import LedgerView

T = TypeVar("T")
MOST_ROWS = 1000
CODE_PROBLEMS = {
    "empty": "A SKU has at least one visible character.",
    "too_long": "A SKU has at most 100 characters.",
    "not_printable": "A SKU has printable characters only.",
    "spaces_around": "A SKU neither begins nor ends with a space.",
}


def _code(value: str) -> str:
    if problem := problem_with_code(value):
        raise PydanticCustomError(f"sku_{problem}", CODE_PROBLEMS[problem])
    return value


Code = Annotated[str, AfterValidator(_code), Field(description="The seller's own name of the SKU, compared exactly.")]
WeightGrams = Annotated[
    int, Field(ge=LIGHTEST_GRAMS, le=HEAVIEST_GRAMS, strict=True, description="Weight of one unit, in grams.")
]
Counted = Annotated[int, Field(ge=0, le=HIGHEST_COUNT, strict=True, description="Units counted on the shelf.")]


LowLevel = Annotated[
    int,
    Field(
        ge=0, le=HIGHEST_COUNT, strict=True, description="The SKU counts as low when no more are available; 0: none."
    ),
]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WeightIn(In):
    """null: the seller has none of their own, and what the SKU's listings tell counts."""

    weight_grams: WeightGrams | None


class LevelIn(In):
    counted: Counted


class RowIn(In):
    sku: Code
    weight_grams: WeightGrams | None = None
    counted: Counted | None = None
    low_level: LowLevel | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "RowIn":
        if self.weight_grams is None and self.counted is None and self.low_level is None:
            raise PydanticCustomError("nothing_set", "Give weight_grams, counted or low_level.")
        return self

    def row(self) -> StockRow:
        return StockRow(self.sku, self.weight_grams, self.counted, self.low_level)


class SkuOut(BaseModel):
    """
    `available` = on hand - reserved; `short`: wanted but not there; untracked: nobody counted yet.

    `weight_grams`: of one unit, as labels are made with it; `weight_origin` says whose word that is.
    `listed_weight_grams`: what its listings tell, whatever the seller says.
    """

    id: UUID
    sku: str
    weight_grams: int | None
    weight_origin: Literal["seller", "listing"] | None
    listed_weight_grams: int | None
    tracked: bool
    on_hand: int
    reserved: int
    available: int
    short: int
    counted_at: datetime | None
    low_level: int
    low: bool

    @classmethod
    def of(cls, sku: Sku) -> "SkuOut":
        return cls(
            id=sku.id,
            sku=sku.code,
            weight_grams=sku.weighs,
            weight_origin=sku.weight_origin,
            listed_weight_grams=sku.listed_weight_grams,
            tracked=sku.tracked,
            on_hand=sku.on_hand,
            reserved=sku.reserved,
            available=sku.available,
            short=sku.short,
            counted_at=sku.counted_at,
            low_level=sku.low_level,
            low=sku.low,
        )


class LedgerEntryOut(BaseModel):
    """
    `change` units were added (taken, below zero), which led to `level`. `order_id`: whose units left. `opening`: the
    level to which entries led that are no longer kept.
    """

    id: int
    at: datetime
    reason: Literal["counted", "shipped", "opening"]
    change: int
    level: int
    via: Literal["page", "api", "event"]
    user_id: UUID | None
    order_id: UUID | None
    marketplace_order_id: str | None

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, entry: LedgerView) -> "LedgerEntryOut":
        return cls.model_validate(entry)


class ListOut(BaseModel, Generic[T]):
    items: list[T]
    next_cursor: str | None
