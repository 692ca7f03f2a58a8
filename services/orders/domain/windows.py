"""
How far a connection has been read, and what to read next (domain rules 14, 17, 18).

Two windows move side by side. `changes`: what was updated since the cursor; the cursor moves only with its last page.
`open`: all orders still to be shipped; at first, so that the urgent ones come at once, then now and then from spare
budget, because lists forget. Everything a page token is bound to is kept in its window and repeated unchanged.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.marketplaces.models import OrdersQuery

# An order still open after a year is not found by sweeping.
_OPEN_SINCE = timedelta(days=365)
# A refused set of data is asked for again after this. Once it is given, open orders read with less are read once more.
_RICHER_AGAIN = timedelta(hours=1)
_RESTART_SECONDS = 5.0


class Purpose(StrEnum):
    CHANGES = "changes"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Pace:
    """From settings. Every changes window starts `overlap` before the cursor, the first one `first` before now."""

    interval: timedelta
    overlap: timedelta
    first: timedelta
    sweep: timedelta


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a connection is asked for."""

    channel_ids: tuple[str, ...]
    open_statuses: tuple[str, ...]
    fulfilled_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """One pass over a span of time, page by page. `seen`: fingerprints of its page tokens so far."""

    purpose: Purpose
    after: datetime
    before: datetime
    started_at: datetime
    channel_ids: tuple[str, ...]
    statuses: tuple[str, ...] = ()
    fulfilled_by: tuple[str, ...] = ()
    page_token: str | None = None
    seen: tuple[str, ...] = ()

    def query(self, data: tuple[str, ...]) -> OrdersQuery:
        changes = self.purpose is Purpose.CHANGES
        return OrdersQuery(
            channel_ids=self.channel_ids,
            updated_after=self.after if changes else None,
            updated_before=self.before if changes else None,
            placed_after=None if changes else self.after,
            placed_before=None if changes else self.before,
            statuses=self.statuses,
            fulfilled_by=self.fulfilled_by,
            data=data,
            page_token=self.page_token,
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """
    Saved with each page. `cursor_at`: everything updated before it is stored; None: nothing was read to the end yet.

    `restarts`: how often windows had to start again since a page was last read. `data_set`: which of the marketplace's
    sets is asked for, 0 the richest; `lean`: something was read with less than that. `left`: of channels that are not
    read just now, and were: the cursor at which they went.
    """

    changes_due_at: datetime
    open_due_at: datetime
    cursor_at: datetime | None = None
    changes: Window | None = None
    open: Window | None = None
    swept_at: datetime | None = None
    restarts: int = 0
    data_set: int = 0
    data_set_since: datetime | None = None
    lean: bool = False
    left: Mapping[str, datetime] = field(default_factory=dict)

    def window(self, purpose: Purpose) -> Window | None:
        return self.changes if purpose is Purpose.CHANGES else self.open


def started(now: datetime) -> Progress:
    """A connection of which nothing was read yet."""
    return Progress(changes_due_at=now, open_due_at=now)


def next_purpose(progress: Progress, now: datetime, *, spare: bool) -> Purpose | None:
    """What to read a page of now; None: nothing is due. `spare`: the budget allows more than the changes need."""
    if _opens(progress):
        return Purpose.OPEN if progress.open_due_at <= now else None
    if progress.changes_due_at <= now:
        return Purpose.CHANGES
    return Purpose.OPEN if spare and progress.open_due_at <= now else None


def due_at(progress: Progress, *, spare_at: datetime) -> datetime:
    """When there is something to read next. `spare_at`: the budget allows more than the changes need from then on."""
    if _opens(progress):
        return progress.open_due_at
    return min(progress.changes_due_at, max(progress.open_due_at, spare_at))


def opened(
    progress: Progress, purpose: Purpose, scope: Scope, pace: Pace, *, now: datetime, before: datetime
) -> Progress:
    """The progress with a window for this purpose: the one under way, or a new one up to `before`."""
    if progress.window(purpose) is not None:
        return progress
    if progress.data_set and progress.data_set_since and progress.data_set_since + _RICHER_AGAIN <= now:
        progress = replace(progress, data_set=0, data_set_since=None)
    if purpose is Purpose.OPEN:
        window = Window(
            purpose, before - _OPEN_SINCE, before, now, scope.channel_ids, scope.open_statuses, scope.fulfilled_by
        )
        return replace(progress, open=window)
    after = _changes_after(progress, pace, before)
    return replace(progress, changes=Window(purpose, after, before, now, scope.channel_ids, (), scope.fulfilled_by))


def page_read(
    progress: Progress,
    window: Window,
    next_token: str | None,
    covered_until: datetime | None,
    pace: Pace,
    now: datetime,
) -> Progress:
    """
    After a page was stored: the window goes on, or ends and moves the cursor.

    A token that came before would go round for ever: the window starts again instead.
    """
    if next_token is None:
        return _ended(progress, window, covered_until, pace, now)
    seen = window.seen if window.page_token is None else (*window.seen, fingerprint(window.page_token))
    if fingerprint(next_token) in seen:
        return restarted(progress, window, pace, now)
    going_on = replace(window, page_token=next_token, seen=seen)
    return _with(replace(progress, restarts=0), window.purpose, going_on, now)


def restarted(progress: Progress, window: Window, pace: Pace, now: datetime) -> Progress:
    """The far side no longer takes the window's page token, or goes in circles: from its start, after a rest."""
    rest = min(pace.interval, timedelta(seconds=_RESTART_SECONDS * 2 ** min(progress.restarts, 10)))
    return _with(replace(progress, restarts=progress.restarts + 1), window.purpose, None, now + rest)


def data_refused(progress: Progress, window: Window, now: datetime) -> Progress:
    """The set of data is refused: the window starts again with the next smaller one, the cursor stays (rule 16)."""
    smaller = replace(progress, data_set=progress.data_set + 1, data_set_since=now, lean=True)
    return _with(smaller, window.purpose, None, now)


def all_refused(progress: Progress, now: datetime) -> Progress:
    """Refused with the smallest set too: it was not about the data. The next window asks for everything again."""
    return replace(progress, data_set_since=now - _RICHER_AGAIN) if progress.data_set else progress


def due_at_once(progress: Progress, now: datetime) -> Progress:
    """The seller authorised (again): work resumes now, from where it stood."""
    open_due_at = now if _opens(progress) else progress.open_due_at
    return replace(progress, changes_due_at=now, open_due_at=open_due_at)


def less_reached(progress: Progress, channel_ids: Collection[str], now: datetime) -> Progress:
    """Channels that are read no more, for a while or for good: what changes there from here on is not seen."""
    here = dict.fromkeys(channel_ids, progress.cursor_at or now)
    return replace(progress, left={**here, **progress.left})


def more_reached(progress: Progress, channel_ids: Collection[str], now: datetime) -> Progress:
    """
    New channels are read from now on, or older orders: all open orders at once, those among them.

    A sweep under way was begun without them, and begins again. Changes under way may end without them: the next
    window starts before that one's end, and so before this sweep. Of channels that come back what changed meanwhile is
    read, too: from the cursor at which they went.
    """
    back = [at for channel_id, at in progress.left.items() if channel_id in channel_ids]
    stay = {channel_id: at for channel_id, at in progress.left.items() if channel_id not in channel_ids}
    progress = replace(progress, open=None, open_due_at=now, left=stay)
    if not back or progress.cursor_at is None:
        return progress
    return replace(progress, cursor_at=min(*back, progress.cursor_at), changes=None, changes_due_at=now)


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def _opens(progress: Progress) -> bool:
    """Before anything else, the orders that are open now."""
    return progress.cursor_at is None and progress.swept_at is None


def _changes_after(progress: Progress, pace: Pace, before: datetime) -> datetime:
    if progress.cursor_at is None:
        return before - pace.first
    # Measured from `before` where the clocks went back: a window is never empty or inverted.
    return min(progress.cursor_at, before) - pace.overlap


def _ended(progress: Progress, window: Window, covered_until: datetime | None, pace: Pace, now: datetime) -> Progress:
    progress = replace(progress, restarts=0)
    if window.purpose is Purpose.OPEN:
        return replace(_with(progress, Purpose.OPEN, None, now + pace.sweep), swept_at=now)
    # Never beyond what was asked for, never back.
    covered = min(covered_until or window.before, window.before)
    cursor = max(covered, progress.cursor_at) if progress.cursor_at else covered
    due = max(now, window.started_at + pace.interval)
    progress = replace(_with(progress, Purpose.CHANGES, None, due), cursor_at=cursor)
    if progress.lean and progress.data_set == 0:
        return replace(progress, lean=False, open=None, open_due_at=now)
    return progress


def _with(progress: Progress, purpose: Purpose, window: Window | None, due: datetime) -> Progress:
    if purpose is Purpose.CHANGES:
        return replace(progress, changes=window, changes_due_at=due)
    return replace(progress, open=window, open_due_at=due)
