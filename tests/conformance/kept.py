"""What an answer tells beside what our model holds: tables of (Amazon's path, ours), and what is missing by them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from shared.kernel.money import Money
from tests.conformance.wire import time_of

Table = Mapping[str, str]
_BARE = (str, list, int, float)


def missing(told: Any, held: object, table: Table) -> Iterator[str]:
    """Amazon's paths that tell something which our model does not hold."""
    for theirs, ours in table.items():
        value = at(told, theirs)
        if is_told(value) and not _holds(at(held, ours), value, theirs):
            yield theirs


def at(of: Any, path: str) -> Any:
    """What is at a path of names, in JSON or in a model; None where it ends before."""
    for name in path.split("."):
        of = of.get(name) if isinstance(of, Mapping) else _attribute(of, name)
    return of


def every(of: Any, path: str) -> list[Any]:
    """The list at a path; empty where there is none."""
    found = at(of, path)
    return found if isinstance(found, list) else []


def is_told(value: Any) -> bool:
    """Empty texts, lists and objects tell nothing."""
    return bool(value.strip()) if isinstance(value, str) else value not in (None, [], {})


def _attribute(of: Any, name: str) -> Any:
    return None if isinstance(of, _BARE) else getattr(of, name, None)


def _holds(held: Any, told: Any, path: str) -> bool:
    if held is None:
        # A text in the place of a time that is none (official samples have them) tells nobody anything.
        return path.endswith(("Time", "Date", "Before")) and time_of(told) is None
    if isinstance(held, datetime):
        return held == time_of(told)
    if isinstance(held, Money):
        return _is_amount(held, told)
    wanted = told.strip() if isinstance(told, str) else told
    if isinstance(held, str):
        return f"\n{wanted}\n" in f"\n{held}\n"
    if not isinstance(held, Sequence):
        return bool(held == wanted)
    return any(wanted == one or (isinstance(one, str) and str(wanted) in one) for one in held)


def _is_amount(held: Money, told: Any) -> bool:
    amount, currency = str(held).split()
    try:
        return Decimal(str(told.get("amount"))) == Decimal(amount) and told.get("currencyCode") == currency
    except (InvalidOperation, AttributeError):
        return False
