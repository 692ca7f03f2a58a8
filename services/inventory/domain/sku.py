"""A SKU: what one unit weighs, how many were counted, and how many of them are spoken for."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from shared.kernel.ids import OrganisationId, SkuId
from shared.marketplaces.listings import HEAVIEST_GRAMS as HEAVIEST_GRAMS

LONGEST_CODE = 100
LIGHTEST_GRAMS = 1
HIGHEST_COUNT = 1_000_000


@dataclass(frozen=True, slots=True)
class Sku:
    """
    `code` is the seller's own name of it, unique in the organisation, compared exactly.

    Untracked until a level is set: nobody counted, so nothing is short and `on_hand` is 0. `reserved` and `short` are
    the sums over its order lines. It counts as low when no more than `low_level` are available.
    `made`: in the transaction that has it.

    Weights are of one unit: `weight_grams` is the seller's word, `listed_weight_grams` what its listings tell.
    """

    id: SkuId
    organisation_id: OrganisationId
    code: str
    weight_grams: int | None = None
    tracked: bool = False
    on_hand: int = 0
    reserved: int = 0
    short: int = 0
    counted_at: datetime | None = None
    low_level: int = 0
    listed_weight_grams: int | None = None
    made: bool = False

    @property
    def weighs(self) -> int | None:
        """What a label is made with: the seller's word, else the listings'."""
        return self.listed_weight_grams if self.weight_grams is None else self.weight_grams

    @property
    def weight_origin(self) -> Literal["seller", "listing"] | None:
        """Whose word that is; None: nobody's."""
        if self.weight_grams is not None:
            return "seller"
        return None if self.listed_weight_grams is None else "listing"

    @property
    def available(self) -> int:
        """Units on hand that no order holds; 0 while nobody has counted."""
        return max(0, self.on_hand - self.reserved) if self.tracked else 0

    @property
    def low(self) -> bool:
        return self.tracked and self.available <= self.low_level

    @property
    def free(self) -> int:
        """Units that may be given out; negative: so many are promised that are not there."""
        return self.on_hand - self.reserved

    def counted(self, units: int, at: datetime) -> "Sku":
        """Somebody counted what is on the shelf: that is the level now, whatever it was."""
        return replace(self, tracked=True, on_hand=units, counted_at=at)

    def departed(self, units: int) -> "Sku":
        """
        So many units were shipped.

        A level never falls below zero: more can leave than were counted, when a short line is shipped all the same.
        """
        if not self.tracked:
            return self
        return replace(self, on_hand=max(0, self.on_hand - units))

    def held(self, reserved: int, short: int) -> "Sku":
        """Its sums, moved by so much."""
        return replace(self, reserved=self.reserved + reserved, short=self.short + short)


@dataclass(frozen=True, slots=True)
class StockRow:
    """`weight_grams` of one unit, `counted` units on the shelf, low from `low_level` on; None leaves it as it is."""

    code: str
    weight_grams: int | None = None
    counted: int | None = None
    low_level: int | None = None


def problem_with_code(code: str) -> str | None:
    """Why a seller cannot name a SKU so: a code (`empty`, `too_long`, `not_printable`, `spaces_around`); None: fine."""
    if not code.strip():
        return "empty"
    if len(code) > LONGEST_CODE:
        return "too_long"
    if not code.isprintable():
        return "not_printable"
    return "spaces_around" if code != code.strip() else None
