"""
Where a quantity is told: one listing, or all of a connection that share one. What it is to show, and what it shows.

Pure; each function gives the target after one fact. `desired_version` rises with every other value; a push tells the
value and version of its moment, one at a time, and what changed meanwhile is due again when it has ended, or as soon as
the channel took it and was read once.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.inventory.domain.submission import Line
from shared.kernel.ids import ConnectionId, OrganisationId, SkuId
from shared.marketplaces.listings import StockOutcome

# So often another value was found than the one told, while what it is to show stayed the same: no order explains it.
REPEATED = 2
_REFUSED_SECONDS = 3600.0
_LONGEST_REFUSED_SECONDS = 86_400.0
_RETURNED_SECONDS = 60.0
_LONGEST_RETURNED_SECONDS = 3600.0
_UNANSWERED_SECONDS = 60.0
_DRIFT_SECONDS = 30.0
_LONGEST_DRIFT_SECONDS = 3600.0


class State(StrEnum):
    """
    `idle`: nothing to tell, as nobody has counted its SKU or it is not followed. `sale`: it shows less than it was
    told, which is taken for a sale whose order is still to come.
    """

    IDLE = "idle"
    WAITING = "waiting"
    SENDING = "sending"
    IN_SYNC = "in_sync"
    REFUSED = "refused"
    SALE = "sale"


def quantity(available: int, buffer: int, maximum: int | None) -> int:
    """What a channel is to show of so many available units."""
    left = max(0, available - buffer)
    return left if maximum is None else min(left, maximum)


@dataclass(frozen=True, slots=True)
class Target:
    """
    `scope`: see `Listing.scope`; `channel_id`: through which it is told. `desired` None: nothing is told.

    `told`: the last value the marketplace took; `shown`: the last one read back. `due_at` is set while it waits, also
    after a refusal; `waiting_since`: since when it is not as desired.
    """

    id: UUID
    organisation_id: OrganisationId
    connection_id: ConnectionId
    scope: str
    channel_id: str
    sku: str
    sku_id: SkuId
    active: bool = True
    buffer: int = 0
    maximum: int | None = None
    desired: int | None = None
    desired_version: int = 0
    state: State = State.IDLE
    due_at: datetime | None = None
    waiting_since: datetime | None = None
    submission_id: UUID | None = None
    told: int | None = None
    told_at: datetime | None = None
    shown: int | None = None
    shown_at: datetime | None = None
    reason: str | None = None
    detail: str | None = None
    refusals: int = 0
    drifts: int = 0

    def aimed(self, available: int | None, now: datetime) -> "Target":
        """
        So many units are available; None: nobody has counted.

        While a sale is awaited, more units than are shown wait with it: some of them may be sold already.
        """
        counted = self.active and available is not None
        desired = quantity(available or 0, self.buffer, self.maximum) if counted else None
        if desired == self.desired:
            return self
        moved = replace(self, desired=desired, desired_version=self.desired_version + 1, drifts=0)
        if self.submission_id is not None:
            return moved
        if desired is None:
            return moved._idle()
        if self.state is State.SALE and self.shown is not None and desired > self.shown:
            return moved
        return moved._due(now, now)

    def begun(self, submission_id: UUID) -> "Target":
        return replace(self, state=State.SENDING, submission_id=submission_id, due_at=None)

    def answered(self, line: Line, outcome: StockOutcome, grace: timedelta, now: datetime) -> "Target":
        """What became of what was told. `grace`: how long an order is awaited that explains a lower value."""
        free = replace(self, submission_id=None)
        if outcome.reason is not None:
            return free._refused(line, outcome.reason, outcome.detail, now)
        taken = replace(free, told=line.quantity, told_at=now, reason=None, detail=None, refusals=0)
        if outcome.shown is not None:
            taken = replace(taken, shown=outcome.shown, shown_at=now)
        if self.desired is None:
            return taken._idle()
        if outcome.shown is not None and outcome.shown < min(line.quantity, self.desired):
            return taken._sale(grace, now)
        if self.desired_version != line.version:
            return taken._due(now, now)
        if outcome.shown is not None and outcome.shown > line.quantity:
            return taken._too_high(now)
        return replace(taken, state=State.IN_SYNC, due_at=None, waiting_since=None)

    def seen(self, shown: int, grace: timedelta, now: datetime) -> "Target":
        """What the channel shows, read by the way. Only what was in sync can have drifted."""
        if self.state is not State.IN_SYNC or self.desired is None:
            return self
        looked = replace(self, shown=shown, shown_at=now)
        if shown == self.desired:
            return replace(looked, drifts=0)
        return looked._sale(grace, now) if shown < self.desired else looked._too_high(now)

    def returned(self, reason: str, detail: str | None, now: datetime) -> "Target":
        """The submission as a whole was refused."""
        free = replace(self, submission_id=None)
        if self.desired is None:
            return free._idle()
        wait = _doubled(_RETURNED_SECONDS, self.refusals, _LONGEST_RETURNED_SECONDS)
        back = replace(free, reason=reason, detail=detail, refusals=self.refusals + 1)
        return back._due(now + wait, now)

    def unanswered(self, now: datetime) -> "Target":
        """The submission ended without a word about it."""
        free = replace(self, submission_id=None)
        return (
            free._due(now + timedelta(seconds=_UNANSWERED_SECONDS), now) if self.desired is not None else free._idle()
        )

    def replaced(self, line: Line, now: datetime) -> "Target":
        """The channel took what was told and does not show it yet; by now it is to show something else."""
        free = replace(self, submission_id=None, told=line.quantity, told_at=now, reason=None, detail=None, refusals=0)
        return free._due(now, now) if self.desired is not None else free._idle()

    def asked_again(self, now: datetime) -> "Target":
        """A person wants it told once more."""
        if self.submission_id is not None or self.desired is None:
            return self
        return replace(self, refusals=0)._due(now, now)

    def drifted(self, before: "Target") -> bool:
        """Whether this fact made it a repeated drift: worth telling once."""
        return self.drifts >= REPEATED > before.drifts

    def _due(self, at: datetime, now: datetime) -> "Target":
        return replace(self, state=State.WAITING, due_at=at, waiting_since=self.waiting_since or now)

    def _idle(self) -> "Target":
        return replace(self, state=State.IDLE, due_at=None, waiting_since=None, reason=None, detail=None, refusals=0)

    def _sale(self, grace: timedelta, now: datetime) -> "Target":
        waiting = replace(self, drifts=self.drifts + 1, waiting_since=self.waiting_since or now)
        return replace(waiting, state=State.SALE, due_at=now + grace)

    def _too_high(self, now: datetime) -> "Target":
        """At once, and slower when it happens again."""
        wait = _doubled(_DRIFT_SECONDS, self.drifts - 1, _LONGEST_DRIFT_SECONDS) if self.drifts else timedelta()
        return replace(self, drifts=self.drifts + 1)._due(now + wait, now)

    def _refused(self, line: Line, reason: str, detail: str | None, now: datetime) -> "Target":
        if self.desired is None:
            return self._idle()
        said = replace(self, reason=reason, detail=detail, refusals=self.refusals + 1)
        if self.desired_version != line.version:
            return said._due(now, now)
        wait = _doubled(_REFUSED_SECONDS, self.refusals, _LONGEST_REFUSED_SECONDS)
        return replace(said, state=State.REFUSED, due_at=now + wait, waiting_since=self.waiting_since or now)


def _doubled(seconds: float, times: int, longest: float) -> timedelta:
    return timedelta(seconds=min(longest, seconds * 2.0 ** min(times, 16)))
