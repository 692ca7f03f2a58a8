"""
A submission of quantities to Octopia, between two of its calls: pure.

An offer package is found or made, filled, made ready, waited for, and its results are read (domain rule 28). One state
is enough for all of it, because only results count: a line that no result tells of goes into another package. So it
does no harm that a call is made again after its outcome was lost: a reference that got into a package twice is reported
as duplicated, both are rejected, and the line is told once more.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from shared.marketplaces.listings import StockOutcome

CHUNK = 100
# Packages that lines are put into before we give up on those that no result tells of.
MOST_ROUNDS = 4
# Looks at something that does not change, before it is taken for stuck.
MOST_LOOKS = 200


class Step(StrEnum):
    """What the next call does."""

    FIND = "find"
    CLOSE_OTHER = "close_other"
    CREATE = "create"
    FILL = "fill"
    SETTLE = "settle"
    READY = "ready"
    WAIT = "wait"
    RESULTS = "results"


@dataclass(frozen=True, slots=True)
class Submission:
    """
    `lines`: references and quantities that no result has told of yet. `filled`: so many of them, from the first on,
    are in the package. `made`: we asked for a package, so one that is found open is that one. `unsure`: the last lines
    may or may not have got into the package, so no more are put there. `looks`: how often a wait was looked at.
    """

    channel: str
    lines: tuple[tuple[str, int], ...]
    step: Step = Step.FIND
    package: str | None = None
    filled: int = 0
    made: bool = False
    unsure: bool = False
    cursor: str | None = None
    looks: int = 0
    round: int = 1

    @property
    def chunk(self) -> tuple[tuple[str, int], ...]:
        return self.lines[self.filled : self.filled + CHUNK]

    @property
    def is_full(self) -> bool:
        """All that is to go into this package is in it."""
        return self.unsure or self.filled >= len(self.lines)

    @property
    def is_stuck(self) -> bool:
        return self.looks >= MOST_LOOKS

    def at(self, step: Step, **changes: Any) -> "Submission":
        """At another step; its looks are counted anew."""
        return replace(self, **{"step": step, "looks": 0, **changes})

    def looked(self) -> "Submission":
        return replace(self, looks=self.looks + 1)

    def without(self, told: Collection[str]) -> "Submission":
        """A page of results was read: what it told of is done, and rounds are counted from there."""
        left = tuple(line for line in self.lines if line[0] not in told)
        return replace(self, lines=left, round=0 if told else self.round)

    def another_round(self) -> "Submission":
        """What is left goes into another package."""
        return Submission(self.channel, self.lines, round=self.round + 1)

    def given_up(self) -> tuple[StockOutcome, ...]:
        """What is told of lines that no package took."""
        return tuple(StockOutcome(sku, reason="not_taken") for sku, _ in self.lines)


def begun(channel_id: str, lines: Collection[tuple[str, int]]) -> Submission:
    """The last quantity of a reference counts: repeated in a package, it would reject both."""
    return Submission(channel_id, tuple(dict(lines).items()))


def dump(submission: Submission) -> dict[str, Any]:
    """As JSON. Lines are a list: an object's order is not kept by every database."""
    told = {each.name: getattr(submission, each.name) for each in fields(submission)}
    return {**told, "step": submission.step.value, "lines": [list(line) for line in submission.lines]}


def load(state: dict[str, Any]) -> Submission:
    lines = tuple((sku, quantity) for sku, quantity in state["lines"])
    return Submission(**{**state, "step": Step(state["step"]), "lines": lines})
