"""Money is whole minor units of one currency."""

import pytest

from shared.kernel.money import Money


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "shown"),
    [("12.5", "EUR", 1250, "12.50 EUR"), ("1200", "JPY", 1200, "1200 JPY"), ("1.234", "KWD", 1234, "1.234 KWD"),
     ("0", "EUR", 0, "0.00 EUR"), ("-3.10", "USD", -310, "-3.10 USD")],
)  # fmt: skip
def test_minor_units_follow_the_currency(amount: str, currency: str, minor: int, shown: str) -> None:
    """ISO 4217 says how many decimals: JPY none, KWD three."""
    assert Money.parse(amount, currency) == Money(minor, currency)
    assert str(Money(minor, currency)) == shown


@pytest.mark.parametrize(("amount", "currency"), [("12.345", "EUR"), ("1.5", "JPY"), ("x", "EUR"), ("NaN", "EUR")])
def test_what_is_no_amount_is_an_error(amount: str, currency: str) -> None:
    """Finer than the minor unit, or no number: ValueError, never rounded."""
    with pytest.raises(ValueError, match=currency):
        Money.parse(amount, currency)


def test_currencies_are_not_mixed() -> None:
    """Two currencies have no sum."""
    assert Money(100, "EUR") + Money(50, "EUR") == Money(150, "EUR")
    with pytest.raises(ValueError, match="EUR and JPY"):
        Money(100, "EUR") + Money(1, "JPY")
