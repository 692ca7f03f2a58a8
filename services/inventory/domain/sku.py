"""A SKU: what one unit weighs, how many were counted, and how many of them are spoken for."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.kernel.ids import OrganisationId, SkuId

LONGEST_CODE = 100
LIGHTEST_GRAMS = 1
HEAVIEST_GRAMS = 100_000
HIGHEST_COUNT = 1_000_000


@dataclass(frozen=True, slots=True)
class Sku:
    """
    `code` is the seller's own name of it, unique in the organisation, compared exactly.

    Untracked until a level is set: nobody counted, so nothing is short and `on_hand` is 0. `reserved` and `short` are
    the sums over its order lines. Weight is of one unit. It counts as low when no more than `low_level` are available.
    `made`: in the transaction that has it.
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
    made: bool = False

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
