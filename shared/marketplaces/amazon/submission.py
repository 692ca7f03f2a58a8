"""
Up to twenty quantities on their way to a store: which call is next, and what each answer means. Pure.

Three steps: *check* that each listing is there and not Amazon's to fill, *patch* one after the other, *read* back until
each shows its quantity or the rounds are used up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from shared.marketplaces.amazon.items import PRODUCT_TYPE
from shared.marketplaces.listings import Listing, StockLine, StockOutcome

LISTING_UNKNOWN, LISTING_UNREADABLE = "listing_unknown", "listing_unreadable"
MARKETPLACE_FULFILLED, NOT_SHOWN = "marketplace_fulfilled", "quantity_not_shown"
# Where the product type was not told: Amazon takes it for changes of quantity alone.
_ANY_PRODUCT = "PRODUCT"

# What became known of a SKU: its listing, or the reason why there is none.
Found = Listing | str


@dataclass(frozen=True, slots=True)
class Line:
    """
    `alone`: it cannot be asked for together with others. `before`: the quantity shown when it was checked, `shown`: at
    the last reading back.
    """

    sku: str
    quantity: int
    product_type: str
    alone: bool
    before: int | None = None
    shown: int | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """`lines` have this step before them, `done` behind them. `rounds`: how often all were read back."""

    channel_id: str
    step: Literal["check", "patch", "read"]
    lines: tuple[Line, ...]
    done: tuple[Line, ...] = ()
    rounds: int = 0

    @classmethod
    def of(cls, channel_id: str, lines: Sequence[StockLine]) -> "Submission":
        """A SKU with a comma cannot stand in a list that is joined by commas."""
        made = (
            Line(one.sku, one.quantity, one.facts.get(PRODUCT_TYPE, _ANY_PRODUCT), alone="," in one.sku)
            for one in lines
        )
        return cls(channel_id, "check", tuple(made))

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> "Submission":
        lines, done = (tuple(Line(**one) for one in state[name]) for name in ("lines", "done"))
        return cls(state["channel_id"], state["step"], lines, done, state["rounds"])

    @property
    def asked_next(self) -> tuple[Line, ...]:
        """The lines the next call is about: all that can be read together, else the first one."""
        together = tuple(line for line in self.lines if not line.alone)
        return together if together and self.step != "patch" else self.lines[:1]

    def read(self, found: Mapping[str, Found]) -> tuple["Submission", tuple[StockOutcome, ...]]:
        """After a reading of `asked_next`. What is not in `found` is asked for alone."""
        conclude = _checked if self.step == "check" else _read_back
        known = [conclude(line, found[line.sku]) for line in self.asked_next if line.sku in found]
        asked = {line.sku for line in self.asked_next}
        left = tuple(
            replace(line, alone=True) if line.sku in asked else line for line in self.lines if line.sku not in found
        )
        done = (*self.done, *(one for one in known if isinstance(one, Line)))
        return replace(self, lines=left, done=done), tuple(one for one in known if isinstance(one, StockOutcome))

    def patched(self, refused: StockOutcome | None) -> tuple["Submission", tuple[StockOutcome, ...]]:
        """After the first line was told; `refused` None: Amazon took it."""
        first, left = self.lines[0], self.lines[1:]
        if refused is not None:
            return replace(self, lines=left), (refused,)
        return replace(self, lines=left, done=(*self.done, first)), ()


def _checked(line: Line, found: Found) -> Line | StockOutcome:
    if isinstance(found, str):
        return StockOutcome(line.sku, reason=found)
    if found.marketplace_fulfilled:
        return StockOutcome(line.sku, reason=MARKETPLACE_FULFILLED)
    return replace(line, before=found.quantity)


def _read_back(line: Line, found: Found) -> Line | StockOutcome:
    """Less than told, and not what was there before: units were sold since, and waiting would show nothing better."""
    if isinstance(found, str):
        return line if found == LISTING_UNREADABLE else StockOutcome(line.sku, reason=found)
    if found.marketplace_fulfilled:
        return StockOutcome(line.sku, reason=MARKETPLACE_FULFILLED)
    shown = found.quantity
    sold_since = shown is not None and line.before is not None and shown < line.quantity and shown != line.before
    if shown == line.quantity or sold_since:
        return StockOutcome(line.sku, shown=shown)
    return replace(line, shown=shown)


def given_up(line: Line) -> StockOutcome:
    """Read back to the end, and another quantity is there still, or none."""
    return StockOutcome(line.sku, shown=line.shown, reason=NOT_SHOWN if line.shown is None else None)
