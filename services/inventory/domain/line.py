"""
One order line and what stock owes it: the fold of what orders, labels and the marketplace say, in any arrival order.

Each side's newest word is kept apart; everything else is worked out from them.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.kernel.ids import LineId, OrderId, OrganisationId, SkuId


@dataclass(frozen=True, slots=True)
class OrderWord:
    """
    What orders says of a line. `fulfilled`: shipped by the marketplace's account.

    `fulfilled_before`: already shipped when orders first saw the line; None: not told. `ours`: it leaves the seller's
    own shelf (not the marketplace's warehouse). `reserve`: stock is to be held.
    """

    sku_id: SkuId | None
    ship_by: datetime | None
    ordered: int
    cancelled: int
    fulfilled: int
    fulfilled_before: int | None
    reserve: bool
    ours: bool


@dataclass(frozen=True, slots=True)
class Line:
    """
    `sku_id` None: the line names no SKU (or orders has not spoken yet); it is never short.

    `confirmed`: units in parcels labels has confirmed. `departed`: units taken off the shelf for it so far; it only
    rises, so that a marketplace's correction never invents stock: the next count does. `reserved` <= `wanted`.
    """

    line_id: LineId
    order_id: OrderId
    organisation_id: OrganisationId
    sku_id: SkuId | None = None
    ship_by: datetime | None = None
    ordered: int = 0
    cancelled: int = 0
    fulfilled: int = 0
    fulfilled_before: int | None = None
    reserve: bool = False
    ours: bool = False
    confirmed: int = 0
    departed: int = 0
    reserved: int = 0

    @property
    def shipped(self) -> int:
        """Labels and the marketplace tell of the same parcels: the larger, not the sum."""
        return max(self.confirmed, self.fulfilled)

    @property
    def wanted(self) -> int:
        """Units still to ship."""
        return max(0, self.ordered - self.cancelled - self.shipped) if self.reserve else 0

    @property
    def short(self) -> int:
        return self.wanted - self.reserved

    @property
    def gone(self) -> int:
        """
        Units that have left our shelf since we know the line.

        What labels shipped is ours for certain; what the marketplace tells beyond that counts from where it stood
        when the line was first seen.
        """
        if self.sku_id is None:
            return 0
        elsewhere = self.fulfilled - (self.fulfilled_before or 0) if self.ours else 0
        return max(self.departed, self.confirmed, elsewhere)

    def told(self, word: OrderWord) -> "Line":
        """
        Orders' newest word.

        Without `fulfilled_before`, our own first sight of the line counts; `ours` stays once it was so, because a
        line that is finished may say otherwise.
        """
        first = self.fulfilled_before if word.fulfilled_before is None else word.fulfilled_before
        return replace(
            self,
            sku_id=word.sku_id or self.sku_id,
            ship_by=word.ship_by,
            ordered=word.ordered,
            cancelled=word.cancelled,
            fulfilled=word.fulfilled,
            fulfilled_before=word.fulfilled if first is None else first,
            reserve=word.reserve,
            ours=word.ours or self.ours,
        )

    def dropped(self) -> "Line":
        """The newest version of the order no longer has the line: nothing is wanted for it."""
        return replace(self, ordered=0, cancelled=0, reserve=False)

    def shipped_by_labels(self, units: int) -> "Line":
        """Labels' newest word: units in its confirmed parcels, all together."""
        return replace(self, confirmed=units)

    def urgency(self) -> tuple[bool, float, LineId]:
        """Sorts the earliest ship-by first, none last, then the one first seen."""
        return self.ship_by is None, self.ship_by.timestamp() if self.ship_by else 0.0, self.line_id
