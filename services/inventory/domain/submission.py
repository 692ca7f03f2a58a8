"""A submission: what a channel is told together, frozen, and how far the telling has come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

from shared.kernel.ids import ConnectionId

_LONGEST_BACK_OFF_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Line:
    """A target's value of the moment. `version`: the target's `desired_version` then."""

    target_id: UUID
    sku: str
    quantity: int
    version: int


@dataclass(frozen=True, slots=True)
class Submission:
    """
    `lines`: those without an outcome yet. `state` is the marketplace's, committed before each call. `attempt` is the
    fence: an outcome counts for the newest one only. `urgent`: something of it is sold out.
    """

    id: UUID
    connection_id: ConnectionId
    channel_id: str
    lines: tuple[Line, ...]
    state: dict[str, Any]
    due_at: datetime
    begun_at: datetime
    urgent: bool = False
    attempt: int = 0
    failures: int = 0
    reason: str | None = None

    def attempted(self) -> "Submission":
        return replace(self, attempt=self.attempt + 1)

    def advanced(self, state: dict[str, Any], lines: tuple[Line, ...], due_at: datetime) -> "Submission":
        return replace(self, state=state, lines=lines, due_at=due_at, failures=0, reason=None)

    @property
    def goes_first(self) -> bool:
        """One whose calls fail gives way, or it would hold up all others for ever."""
        return self.urgent and self.failures == 0

    def later(self, reason: str, due_at: datetime) -> "Submission":
        """The same call again: it was not made, for no fault of its own."""
        return replace(self, due_at=due_at, reason=reason)

    def failed(self, reason: str, now: datetime) -> "Submission":
        """The same call again, soon and then ever later; perhaps nobody knows whether it had an effect."""
        wait = min(2.0 ** min(self.failures + 1, 16), _LONGEST_BACK_OFF_SECONDS)
        return replace(self, due_at=now + timedelta(seconds=wait), reason=reason, failures=self.failures + 1)


class Refusable(Protocol):
    @property
    def refusals(self) -> int: ...


R = TypeVar("R", bound=Refusable)


def batches(due: Sequence[R], lines: int) -> Iterator[list[R]]:
    """
    What goes together, at most so many lines each.

    Targets that were refused go in ever smaller batches, so that one of them cannot hold up the others for ever.
    """
    by_size: dict[int, list[R]] = {}
    for one in due:
        by_size.setdefault(max(1, lines >> min(4 * one.refusals, 64)), []).append(one)
    for size, together in by_size.items():
        yield from (together[start : start + size] for start in range(0, len(together), size))
