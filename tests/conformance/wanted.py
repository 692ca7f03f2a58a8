"""What a case wants said, taken by an operation; and what no request of ours can say, with the reason."""

from datetime import datetime
from typing import Any

from tests.conformance.cases import Case
from tests.conformance.wire import time_of

NEVER = "is nothing our client says"


class Wanted:
    """
    `taken`: the parameters our client can say. `unsaid`: why it does not say them here; such a case is *answer only*.
    """

    def __init__(self, case: Case) -> None:
        self.answer = case.answer
        self.taken: set[str] = set()
        self.unsaid: dict[str, str] = {}
        self._named = case.parameters

    def value(self, name: str) -> Any:
        """None: the case leaves it free."""
        self.taken.add(name)
        return self._named.get(name)

    def text(self, name: str) -> str | None:
        value = self.value(name)
        if value is None or isinstance(value, str):
            return value
        self.cannot(name, "is not a text")
        return None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, or one alone."""
        value = self.value(name)
        one_or_more = value if isinstance(value, list) else [value] if value is not None else []
        if all(isinstance(one, str) and one for one in one_or_more):
            return tuple(one_or_more)
        self.cannot(name, "is not a list of texts")
        return ()

    def time(self, name: str) -> datetime | None:
        value = self.value(name)
        if value is not None and time_of(value) is None:
            self.cannot(name, "is no time")
        return time_of(value)

    def one_of(self, name: str, *ours: str) -> bool:
        """Whether the case names a value our client says; another one is a value it never says."""
        value = self.value(name)
        if value is not None and value not in ours:
            self.cannot(name, NEVER)
        return value in ours

    def cannot(self, name: str, why: str) -> None:
        self.unsaid[name] = why
