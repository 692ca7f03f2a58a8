"""
The shelf: the SKUs one transaction has locked and the lines it has touched, kept in balance.

Who gets the units: what is free goes to short lines, earliest ship-by first; what is missing is taken from the latest
ship-by. A line that has its units keeps them when an earlier one comes later: parcels may be packed already.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from services.inventory.domain.ledger import Cause, Entry, Reason, Via
from services.inventory.domain.line import Line
from services.inventory.domain.sku import Sku
from shared.kernel.ids import LineId, SkuId

_BY_EVENT = Cause(Via.EVENT)


class Shelf:
    """Starts from what the database says; ask `changed_skus`, `changed_lines` and `entries` what to write."""

    def __init__(self, skus: Iterable[Sku], lines: Iterable[Line], now: datetime) -> None:
        self._now = now
        self._skus_before = {sku.id: sku for sku in skus}
        self._lines_before = {line.line_id: line for line in lines}
        self.skus: dict[SkuId, Sku] = dict(self._skus_before)
        self.lines: dict[LineId, Line] = dict(self._lines_before)
        self.entries: list[Entry] = []

    def count(self, sku_id: SkuId, units: int, cause: Cause) -> None:
        """A counted level; every order that cannot be served from it is found by `balance`."""
        before = self.skus[sku_id]
        after = self.skus[sku_id] = before.counted(units, self._now)
        self._write(after, Reason.COUNTED, after.on_hand - before.on_hand, cause)

    def weigh(self, sku_id: SkuId, weight_grams: int | None) -> None:
        """The seller's word; None: they have none."""
        self.skus[sku_id] = replace(self.skus[sku_id], weight_grams=weight_grams)

    def weigh_as_listed(self, sku_id: SkuId, weight_grams: int | None) -> None:
        self.skus[sku_id] = replace(self.skus[sku_id], listed_weight_grams=weight_grams)

    def mark(self, sku_id: SkuId, low_level: int) -> None:
        self.skus[sku_id] = replace(self.skus[sku_id], low_level=low_level)

    def put(self, line: Line) -> None:
        """A line as it was folded anew: lets go of what it no longer wants, takes what left off the shelf."""
        before = self.lines.get(line.line_id)
        kept = before.reserved if before is not None and before.sku_id == line.sku_id else 0
        tracked = line.sku_id is not None and self.skus[line.sku_id].tracked
        reserved = min(kept, line.wanted) if tracked else line.wanted
        gone = line.gone
        self._set(replace(line, reserved=reserved, departed=gone))
        if line.sku_id is not None and gone > line.departed:
            self._depart(line, gone)

    def drop(self, line: Line) -> None:
        """A line that is deleted: what it held is let go, and nothing is written of it."""
        self._set(replace(line, reserved=0, reserve=False))
        del self.lines[line.line_id]
        del self._lines_before[line.line_id]

    def free(self) -> dict[SkuId, int]:
        """Units to give out, where somebody waits for them."""
        return {sku.id: min(sku.free, sku.short) for sku in self._tracked() if sku.free > 0 and sku.short > 0}

    def missing(self) -> dict[SkuId, int]:
        """Units promised that are not there."""
        return {sku.id: -sku.free for sku in self._tracked() if sku.free < 0}

    def balance(self, candidates: Iterable[Line]) -> None:
        """
        Serves and withdraws until nothing is free that is wanted, and nothing promised that is not there.

        `candidates`: lines beside the touched ones, enough of the most urgent (of the least urgent, where units are
        missing) to cover `free` and `missing`.
        """
        for line in candidates:
            self._lines_before.setdefault(line.line_id, line)
            self.lines.setdefault(line.line_id, line)
        by_urgency = sorted(self.lines.values(), key=Line.urgency)
        self._move(self.free(), by_urgency, 1)
        self._move(self.missing(), by_urgency[::-1], -1)

    def changed_skus(self) -> list[Sku]:
        return [sku for sku in self.skus.values() if sku != self._skus_before[sku.id]]

    def changed_lines(self) -> list[Line]:
        return [line for line in self.lines.values() if line != self._lines_before.get(line.line_id)]

    def level_changed(self, sku: Sku) -> bool:
        """Whether more than its weights and its mark changed."""
        before = replace(self._skus_before[sku.id], low_level=sku.low_level)
        return replace(before, weight_grams=sku.weight_grams, listed_weight_grams=sku.listed_weight_grams) != sku

    def described_anew(self, sku: Sku) -> bool:
        """Whether every line of it reads differently now: its weight, or that it is tracked."""
        before = self._skus_before[sku.id]
        return (before.weighs, before.tracked) != (sku.weighs, sku.tracked)

    def visibly_changed(self, line: Line) -> bool:
        """Whether a reservation event would say something else of the line than before."""
        before = self._lines_before.get(line.line_id)
        return before is None or _visible(before) != _visible(line)

    def _move(self, units: Mapping[SkuId, int], lines: Iterable[Line], sign: int) -> None:
        left = dict(units)
        for line in lines:
            wish = line.short if sign > 0 else line.reserved
            given = min(left.get(line.sku_id, 0), wish) if line.sku_id is not None else 0
            if given and line.sku_id is not None:
                left[line.sku_id] -= given
                self._set(replace(line, reserved=line.reserved + sign * given))

    def _set(self, line: Line) -> None:
        """Keeps the SKUs' sums with the lines."""
        before = self.lines.get(line.line_id)
        if before is not None and before.sku_id is not None:
            self.skus[before.sku_id] = self.skus[before.sku_id].held(-before.reserved, -before.short)
        if line.sku_id is not None:
            self.skus[line.sku_id] = self.skus[line.sku_id].held(line.reserved, line.short)
        self.lines[line.line_id] = line

    def _depart(self, line: Line, gone: int) -> None:
        assert line.sku_id is not None  # noqa: S101 - the caller asked
        before = self.skus[line.sku_id]
        if not before.tracked:
            return
        after = self.skus[line.sku_id] = before.departed(gone - line.departed)
        self._write(after, Reason.SHIPPED, after.on_hand - before.on_hand, _BY_EVENT, line, gone)

    def _write(
        self, sku: Sku, reason: Reason, units: int, cause: Cause, line: Line | None = None, departed: int | None = None
    ) -> None:
        self.entries.append(
            Entry(
                sku.organisation_id,
                sku.id,
                self._now,
                reason,
                units,
                sku.on_hand,
                cause,
                order_id=line.order_id if line else None,
                line_id=line.line_id if line else None,
                departed=departed,
            )
        )

    def _tracked(self) -> Iterable[Sku]:
        return (sku for sku in self.skus.values() if sku.tracked)


def _visible(line: Line) -> tuple[SkuId | None, int, int, bool]:
    return line.sku_id, line.wanted, line.reserved, line.ordered > 0
