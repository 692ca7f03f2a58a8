"""Amazon's own kind of field: money, a text of a decimal number with its currency."""

from shared.kernel.money import Money
from shared.marketplaces.fields import Json, amount, part, text


def money(of: Json, name: str) -> Money | None:
    """None where it is missing or cannot be read exactly."""
    of_name = part(of, name)
    told = of_name.get("amount")
    # A number with a point would not be Amazon's: nothing is concluded from it.
    return amount(told, text(of_name, "currencyCode")) if isinstance(told, str | int) else None
