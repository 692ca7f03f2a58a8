"""How dates, times, money and numbers are written in a language. Bound to one language as template filters."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from unicodedata import combining, normalize
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal
from markupsafe import Markup

from shared.kernel.clock import Clock
from shared.kernel.money import Money, exponent

NOTHING = "–"


@dataclass(frozen=True)
class Formats:
    """The filters of one language. None is written as a dash everywhere."""

    language: str
    clock: Clock

    def filters(self) -> dict[str, Callable[..., object]]:
        return {
            "datetime": self.moment,
            "date": self.day,
            "ago": self.ago,
            "is_past": self.is_past,
            "money": self.money,
            "number": self.number,
            "weight": self.weight,
            "countries": self.countries,
        }

    def moment(self, value: datetime | None, zone: str = "UTC") -> str:
        """
        `{{ order.placed_at | datetime("Europe/Paris") }}`: day and time there, as a <time> element.

        A time that belongs to no place says that it is UTC.
        """
        if value is None:
            return NOTHING
        there = value.astimezone(ZoneInfo(zone))
        words = format_datetime(there, "d MMM y HH:mm" + (" 'UTC'" if zone == "UTC" else ""), locale=self.language)
        return _time(value, words, f"{there:%Z}")

    def day(self, value: datetime | date | None, zone: str = "UTC") -> str:
        """The day only."""
        if value is None:
            return NOTHING
        there = value.astimezone(ZoneInfo(zone)) if isinstance(value, datetime) else value
        return _time(value, format_date(there, "d MMM y", locale=self.language), None)

    def ago(self, value: datetime | None) -> str:
        """ "3 minutes ago", "in 2 days"; the exact time as a hint."""
        if value is None:
            return NOTHING
        passed = value - self.clock.now()
        words = format_timedelta(passed, add_direction=True, locale=self.language)
        return _time(value, words, format_datetime(value, "d MMM y HH:mm:ss 'UTC'", locale=self.language))

    def is_past(self, value: datetime) -> bool:
        """Whether that moment was already."""
        return value <= self.clock.now()

    def money(self, value: Money | None) -> str:
        if value is None:
            return NOTHING
        amount = Decimal(value.amount_minor).scaleb(-exponent(value.currency))
        return str(format_currency(amount, value.currency, locale=self.language))

    def number(self, value: float | None) -> str:
        return NOTHING if value is None else str(format_decimal(value, locale=self.language))

    def weight(self, grams: int | None) -> str:
        """Grams below a kilogram, else kilograms."""
        if grams is None:
            return NOTHING
        if grams < 1000:
            return f"{grams} g"
        return f"{format_decimal(Decimal(grams) / 1000, locale=self.language)} kg"

    def countries(self, codes: Iterable[str]) -> list[tuple[str, str]]:
        """`[("FR", "France"), …]`: ISO 3166 codes with their names, in the language's alphabet, accents aside."""
        names = Locale.parse(self.language).territories
        return sorted(((code, names[code]) for code in codes), key=lambda pair: _plain(pair[1]))


def _plain(word: str) -> str:
    """How it is sorted: Égypte among the words with E."""
    return "".join(sign for sign in normalize("NFD", word.casefold()) if not combining(sign))


def _time(value: datetime | date, words: str, hint: str | None) -> Markup:
    title = Markup(' title="{}"').format(hint) if hint else ""
    return Markup('<time datetime="{}"{}>{}</time>').format(value.isoformat(), title, words)
