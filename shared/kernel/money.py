"""Money: an amount in minor units with its currency. Never a float, never added across currencies."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

# ISO 4217: currencies whose minor unit is not a hundredth.
_EXPONENTS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
    "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip


def exponent(currency: str) -> int:
    """How many decimals a currency has (ISO 4217)."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    amount_minor: int
    currency: str

    @classmethod
    def parse(cls, amount: str, currency: str) -> "Money":
        """From a decimal string such as "12.50". ValueError: not a number, or finer than the currency's minor unit."""
        try:
            scaled = Decimal(amount).scaleb(exponent(currency))
        except InvalidOperation as error:
            raise ValueError(f"not an amount of {currency}") from error
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise ValueError(f"not a whole number of minor units of {currency}")
        return cls(int(scaled), currency)

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} are not added")
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __str__(self) -> str:
        decimals = exponent(self.currency)
        return f"{Decimal(self.amount_minor).scaleb(-decimals):.{decimals}f} {self.currency}"
