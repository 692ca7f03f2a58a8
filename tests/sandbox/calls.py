"""
The log of what clients asked, with what a strict far side would have refused.

They let many mistakes through (an unknown parameter, a missing `x-amz-date`); so do we, but the call is marked.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_KEPT = 50_000


@dataclass
class Call:
    """
    One request: when, what, by whom, the answer's status (None: never answered), what was odd about it, and at which
    endpoint it arrived.
    """

    operation: str
    region: str | None
    at: str
    seller_id: str | None = None
    query: dict[str, str] = field(default_factory=dict)
    status: int | None = None
    fault: str | None = None
    deviations: list[str] = field(default_factory=list)
    endpoint: str = "production"

    def as_json(self) -> dict[str, Any]:
        return dict(self.__dict__)


class CallLog:
    """The newest calls; kept in memory only, also when the rest of the state is kept in a file."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=_KEPT)

    def add(self, call: Call) -> Call:
        self._calls.append(call)
        return call

    def clear(self) -> None:
        self._calls.clear()

    def find(self, operation: str | None, seller_id: str | None) -> list[Call]:
        """Calls of an operation (all where None) by a seller (all where None), oldest first."""
        return [
            call for call in self._calls if operation in (None, call.operation) and seller_id in (None, call.seller_id)
        ]


def odd_query(pairs: Sequence[tuple[str, str]], raw: str, known: frozenset[str]) -> list[str]:
    """Deviations in the query: parameters the model does not have, repeated ones, an unescaped `+`."""
    names = [name for name, _ in pairs]
    found = [f"unknown parameter {name}" for name in dict.fromkeys(names) if name not in known]
    found += [f"repeated parameter {name}" for name in dict.fromkeys(names) if names.count(name) > 1]
    if "+" in raw:
        found.append("raw + in the query")
    return found
