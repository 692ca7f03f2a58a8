"""
Reading a marketplace's JSON, one field at a time: what must be there raises `BadField`, what may be missing gives None
or empty.

A BadField names the field and never says what it held: that may be personal data.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from shared.kernel.errors import Unreadable
from shared.kernel.money import Money

Json = Mapping[str, Any]
_NOTHING: Json = {}
_MOST_UNITS = 2**31 - 1
_AMOUNT = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,8})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_ENCODER = json.JSONEncoder(default=float)


class BadField(ValueError):
    """A field that must be there is missing, or is not what the marketplace's model says."""


def load(body: bytes) -> Any:
    """The answer's JSON; numbers with a point are Decimals (domain rule 21). Raises Unreadable."""
    try:
        return json.loads(body, parse_float=_decimal)
    except (ValueError, RecursionError) as error:
        raise Unreadable("The answer is not JSON.", code="not_json", raw=body) from error


def load_object(body: bytes) -> dict[str, Any]:
    """The same, of an answer that must be an object."""
    answer = load(body)
    if not isinstance(answer, dict):
        raise Unreadable("The answer is not an object.", code="not_an_object", raw=body)
    return answer


def as_bytes(record: Any) -> bytes:
    """A part of what was loaded, as JSON again."""
    return _ENCODER.encode(record).encode()


def part(of: Json, name: str) -> Json:
    """An object inside; empty where it is missing or something else."""
    value = of.get(name)
    return value if isinstance(value, dict) else _NOTHING


def parts(of: Json, name: str) -> Iterator[Json]:
    """The objects of a list inside; anything else in it is passed over."""
    value = of.get(name)
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def text(of: Json, name: str) -> str | None:
    """A string without blanks around it; None where it is missing, empty or something else."""
    value = of.get(name)
    return (_storable(value).strip() or None) if isinstance(value, str) else None


def texts(of: Json, name: str) -> tuple[str, ...]:
    """The strings of a list inside; anything else in it is passed over."""
    value = of.get(name)
    return tuple(_storable(item) for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def required_text(of: Json, name: str) -> str:
    value = text(of, name)
    if value is None:
        raise BadField(f"{name} is missing or not a text")
    return value


def count(of: Json, name: str) -> int | None:
    """A whole number, never negative; None where it is missing or something else."""
    value = of.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _MOST_UNITS else None


def required_count(of: Json, name: str) -> int:
    value = count(of, name)
    if value is None:
        raise BadField(f"{name} is missing or not a whole number")
    return value


def time(of: Json, name: str) -> datetime | None:
    """
    An ISO 8601 time in UTC: with `Z`, an offset or a fraction (domain rule 22). None where it cannot be read.

    A time without an offset is UTC.
    """
    value = text(of, name)
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def required_time(of: Json, name: str) -> datetime:
    value = time(of, name)
    if value is None:
        raise BadField(f"{name} is missing or not a time")
    return value


def amount(value: Any, currency: str | None) -> Money | None:
    """Money of a decimal number or a text that is one. None where it cannot be read exactly."""
    if currency is None or isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    if not _AMOUNT.fullmatch(str(value)) or not _CURRENCY.fullmatch(currency):
        return None
    try:
        return Money.parse(str(value), currency)
    except ValueError:
        return None


def _decimal(number: str) -> Decimal | float:
    try:
        return Decimal(number)
    except InvalidOperation:  # an exponent beyond all reason
        return float(number)


def _storable(value: str) -> str:
    """JSON may hold what no database takes as text: NUL, and halves of surrogate pairs."""
    if value.isascii() and "\x00" not in value:
        return value
    return value.replace("\x00", "").encode("utf-8", "replace").decode()
