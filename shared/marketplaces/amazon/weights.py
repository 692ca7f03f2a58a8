"""
What a listing of Amazon's weighs, packed: the attribute `item_package_weight`, `[{unit, value, marketplace_id}]`.

Attributes follow the product type's own schema, which the Listings Items API v2021-08-01 does not check on reading: its
model (read 2026-11) lets each be anything, and what sellers' programs once sent stays there.
"""

from decimal import ROUND_CEILING, Decimal
from typing import Any

from shared.marketplaces.fields import Json, part, text
from shared.marketplaces.listings import HEAVIEST_GRAMS, PackageWeight

ATTRIBUTES = "attributes"
# In grams; exact, as the pound is defined so. A `tons` may be a short one or a metric one: of no parcel.
_GRAMS = {
    "milligrams": Decimal("0.001"),
    "grams": Decimal(1),
    "kilograms": Decimal(1000),
    "ounces": Decimal("28.349523125"),
    "pounds": Decimal("453.59237"),
    "hundredths_pounds": Decimal("4.5359237"),
}
# Too heavy in the lightest unit, and so in all of them: nothing larger is calculated with.
_MOST = HEAVIEST_GRAMS / min(_GRAMS.values())


def package_weight(item: Json, channel_id: str) -> PackageWeight | None:
    """
    As it is told for the store asked for, else for none of them by name; the heaviest of several. None: it is not told.
    """
    told = part(item, ATTRIBUTES).get("item_package_weight")
    if told is None:
        return None
    entries = told if isinstance(told, list) else [told]
    read = [_weight(entry) for entry in entries if not _elsewhere(entry, channel_id)]
    return max(read, key=lambda one: one.grams or 0, default=None)


def _elsewhere(entry: Any, channel_id: str) -> bool:
    return isinstance(entry, dict) and text(entry, "marketplace_id") not in (None, channel_id)


def _weight(entry: Any) -> PackageWeight:
    value, unit = (entry.get("value"), entry.get("unit")) if isinstance(entry, dict) else (None, None)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not isinstance(unit, str):
        return PackageWeight(problem="unreadable")
    if unit not in _GRAMS:
        return PackageWeight(problem="unit_unknown")
    if value <= 0:
        return PackageWeight(problem="not_positive")
    if value > _MOST:
        return PackageWeight(problem="too_heavy")
    grams = max(1, int((value * _GRAMS[unit]).to_integral_value(ROUND_CEILING)))
    return PackageWeight(grams) if grams <= HEAVIEST_GRAMS else PackageWeight(problem="too_heavy")
