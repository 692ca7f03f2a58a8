"""The laws of reading a connection: nothing is missed, nothing asked for outside, the cursor moves only at the end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.orders.domain import windows
from services.orders.domain.windows import Progress, Purpose
from shared.marketplaces.models import OrderStatus
from tests.unit.orders.builders import NOW, PACE, SCOPE, FakeOrders, MovingOrders, TestClock, order

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def opened(progress: Progress, purpose: Purpose, now: datetime = NOW) -> Progress:
    return windows.opened(progress, purpose, SCOPE, PACE, now=now, before=now - 2 * MINUTE)


def read_on(purpose: Purpose = Purpose.CHANGES) -> Progress:
    """The first windows were read to their end at NOW."""
    progress = opened(windows.started(NOW), Purpose.OPEN)
    assert progress.open is not None
    progress = opened(windows.page_read(progress, progress.open, None, None, PACE, NOW), Purpose.CHANGES)
    assert progress.changes is not None
    return windows.page_read(progress, progress.changes, None, None, PACE, NOW)


def test_a_new_connection_reads_open_orders_first_then_the_last_days() -> None:
    """Rule 14: open orders whatever their age, then N days of changes; the cursor is set by the latter."""
    progress = windows.started(NOW)
    assert windows.next_purpose(progress, NOW, spare=False) is Purpose.OPEN
    progress = opened(progress, Purpose.OPEN)
    assert progress.open is not None
    query = progress.open.query(("ALL",))
    assert (query.statuses, query.updated_after) == (("UNSHIPPED",), None)
    assert query.placed_after == NOW - 2 * MINUTE - timedelta(days=365)
    progress = windows.page_read(progress, progress.open, None, None, PACE, NOW)
    assert progress.cursor_at is None
    assert windows.next_purpose(progress, NOW, spare=False) is Purpose.CHANGES
    progress = opened(progress, Purpose.CHANGES)
    assert progress.changes is not None
    query = progress.changes.query(("ALL",))
    assert (query.updated_after, query.placed_after) == (NOW - 2 * MINUTE - PACE.first, None)
    progress = windows.page_read(progress, progress.changes, None, None, PACE, NOW)
    assert progress.cursor_at == NOW - 2 * MINUTE


def test_the_cursor_moves_only_with_the_last_page_to_the_echo() -> None:
    """Rule 17: a window with more pages leaves the cursor; its end takes what the far side echoed."""
    progress = opened(read_on(), Purpose.CHANGES, NOW + 5 * MINUTE)
    window = progress.changes
    assert window is not None
    going_on = windows.page_read(progress, window, "next", NOW + 3 * MINUTE, PACE, NOW + 5 * MINUTE)
    assert going_on.cursor_at == progress.cursor_at
    assert going_on.changes is not None
    echo = NOW + 2 * MINUTE
    done = windows.page_read(going_on, going_on.changes, None, echo, PACE, NOW + 6 * MINUTE)
    assert (done.cursor_at, done.changes) == (echo, None)


def test_an_echo_beyond_what_was_asked_does_not_skip_anything() -> None:
    """The cursor is never later than the window's end, and never goes back."""
    progress = opened(read_on(), Purpose.CHANGES, NOW + 5 * MINUTE)
    assert progress.changes is not None
    far = windows.page_read(progress, progress.changes, None, NOW + timedelta(days=1), PACE, NOW + 5 * MINUTE)
    assert far.cursor_at == progress.changes.before
    back = windows.page_read(progress, progress.changes, None, NOW - timedelta(days=1), PACE, NOW + 5 * MINUTE)
    assert back.cursor_at == progress.cursor_at


def test_each_window_starts_before_the_cursor_one_per_interval() -> None:
    """Rule 17: ten minutes of overlap, five minutes from start to start."""
    progress = read_on()
    assert progress.cursor_at is not None
    assert windows.next_purpose(progress, NOW + 4 * MINUTE, spare=False) is None
    assert windows.due_at(progress, spare_at=NOW + DAY) == NOW + 5 * MINUTE
    again = opened(progress, Purpose.CHANGES, NOW + 5 * MINUTE)
    assert again.changes is not None
    assert again.changes.after == progress.cursor_at - PACE.overlap


def test_all_a_page_token_is_bound_to_is_repeated_unchanged() -> None:
    """Rule 17: later pages ask the same, whatever time it is and whatever settings have become."""
    progress = opened(read_on(), Purpose.CHANGES, NOW + 5 * MINUTE)
    assert progress.changes is not None
    progress = windows.page_read(progress, progress.changes, "two", None, PACE, NOW + 5 * MINUTE)
    later = NOW + 50 * MINUTE
    other = replace(SCOPE, channel_ids=("other",), fulfilled_by=("seller",))
    progress = windows.opened(progress, Purpose.CHANGES, other, PACE, now=later, before=later)
    assert progress.changes is not None
    query = progress.changes.query(("ALL",))
    assert (query.channel_ids, query.fulfilled_by, query.page_token) == (SCOPE.channel_ids, (), "two")
    assert query.updated_before == NOW + 3 * MINUTE


def test_a_refused_page_token_starts_the_window_again_and_leaves_the_cursor() -> None:
    """What was read stays read; the same span is asked for anew, after a rest that grows."""
    progress = opened(read_on(), Purpose.CHANGES, NOW + 5 * MINUTE)
    assert progress.changes is not None
    rests = []
    for _ in range(12):
        progress = opened(progress, Purpose.CHANGES, NOW + 5 * MINUTE)
        window = progress.changes
        assert window is not None
        progress = windows.restarted(progress, window, PACE, NOW + 5 * MINUTE)
        rests.append(progress.changes_due_at - NOW - 5 * MINUTE)
        assert (progress.changes, progress.cursor_at) == (None, NOW - 2 * MINUTE)
    assert rests == sorted(rests)
    assert rests[-1] == PACE.interval


def test_a_token_that_comes_again_ends_the_round() -> None:
    """A far side that goes in circles (A, B, A) is not followed; the window starts again later."""
    progress = opened(read_on(), Purpose.CHANGES, NOW + 5 * MINUTE)
    for token in ("A", "B", "A"):
        assert progress.changes is not None
        progress = windows.page_read(progress, progress.changes, token, None, PACE, NOW + 5 * MINUTE)
    assert progress.changes is None
    assert progress.cursor_at == NOW - 2 * MINUTE
    assert progress.restarts == 1


def test_a_sweep_waits_for_spare_budget_and_never_holds_up_changes() -> None:
    """Rule 18: open orders are read again daily, between changes, only while there is room."""
    tomorrow = NOW + timedelta(days=1)
    progress = replace(read_on(), changes_due_at=tomorrow + 5 * MINUTE)
    assert windows.next_purpose(progress, tomorrow, spare=False) is None
    assert windows.next_purpose(progress, tomorrow, spare=True) is Purpose.OPEN
    assert windows.next_purpose(progress, tomorrow + 5 * MINUTE, spare=True) is Purpose.CHANGES
    assert windows.due_at(progress, spare_at=tomorrow - MINUTE) == tomorrow
    assert windows.due_at(progress, spare_at=tomorrow + MINUTE) == tomorrow + MINUTE, "as soon as there is room"
    assert windows.due_at(progress, spare_at=tomorrow + DAY) == progress.changes_due_at
    swept = opened(progress, Purpose.OPEN, tomorrow)
    assert swept.open is not None
    done = windows.page_read(swept, swept.open, None, None, PACE, tomorrow)
    assert (done.open_due_at, done.cursor_at) == (tomorrow + PACE.sweep, progress.cursor_at)


def test_a_refused_set_of_data_falls_back_and_is_asked_for_again_after_an_hour() -> None:
    """Rule 16: fewer data, the same cursor; when the richest set is given again, open orders are read once more."""
    now = NOW + 5 * MINUTE
    progress = opened(read_on(), Purpose.CHANGES, now)
    assert progress.changes is not None
    progress = windows.data_refused(progress, progress.changes, now)
    assert (progress.data_set, progress.changes, progress.cursor_at) == (1, None, NOW - 2 * MINUTE)
    progress = opened(progress, Purpose.CHANGES, now)
    assert progress.changes is not None
    progress = windows.page_read(progress, progress.changes, None, None, PACE, now)
    assert (progress.data_set, progress.lean) == (1, True)
    later = now + timedelta(hours=1)
    # Its first pages were read with less.
    progress = opened(opened(progress, Purpose.OPEN), Purpose.CHANGES, later)
    assert progress.data_set == 0
    assert progress.changes is not None
    progress = windows.page_read(progress, progress.changes, None, None, PACE, later)
    assert (progress.lean, progress.open, progress.open_due_at) == (False, None, later)


def test_a_new_consent_is_read_at_once_from_where_it_stood() -> None:
    """Reconnected after a week: due now, the cursor as it was."""
    later = NOW + timedelta(days=7)
    progress = windows.due_at_once(read_on(), later)
    assert windows.due_at(progress, spare_at=later + DAY) == later
    assert progress.cursor_at == NOW - 2 * MINUTE


def test_a_clock_that_went_back_makes_no_inverted_window() -> None:
    """`after` stays before `before`, whatever the cursor says."""
    earlier = NOW - timedelta(hours=3)
    progress = opened(read_on(), Purpose.CHANGES, earlier)
    assert progress.changes is not None
    assert progress.changes.after < progress.changes.before


class Reader:
    """Reads a far side by the machine alone: what the poller does, without a database."""

    def __init__(self, far_side: FakeOrders, clock: TestClock) -> None:
        self.progress = windows.started(clock.now())
        self.far_side = far_side
        self.clock = clock
        self.seen: dict[str, datetime] = {}

    def turn(self, refuse: Callable[[], str]) -> None:
        """One page, or one refusal; nothing where nothing is due."""
        now = self.clock.now()
        purpose = windows.next_purpose(self.progress, now, spare=True)
        if purpose is None:
            return
        before = self.far_side.latest_before(now)
        self.progress = windows.opened(self.progress, purpose, SCOPE, PACE, now=now, before=before)
        window = self.progress.window(purpose)
        assert window is not None
        match refuse():
            case "token" if window.page_token:
                self.progress = windows.restarted(self.progress, window, PACE, now)
            case "data" if self.progress.data_set == 0:
                self.progress = windows.data_refused(self.progress, window, now)
            case _:
                query = window.query(("ALL",))
                self.far_side.queries.append(query)
                page = self.far_side.answer(query)
                self.seen |= {one.id: one.updated_at for one in page.orders}
                self.progress = windows.page_read(self.progress, window, page.next_token, page.covered_until, PACE, now)


@settings(max_examples=100, deadline=None)
@given(
    arrivals=st.lists(
        st.tuples(st.integers(-90, 40), st.integers(0, 12), st.integers(0, 19)), min_size=20, max_size=60
    ),
    steps=st.lists(st.sampled_from([0.5, 1.0, 3.0]), min_size=5, max_size=30),
    refusals=st.lists(st.sampled_from(["", "", "", "token", "data"]), min_size=1, max_size=20),
    page_size=st.integers(1, 3),
)
def test_nothing_is_missed_in_a_numbered_list_that_moves(
    arrivals: list[tuple[int, int, int]], steps: list[float], refusals: list[str], page_size: int
) -> None:
    """
    Rule 18: pages by number over a list that shrinks while it is read, as orders change, and grows as they show late.

    Page numbers come again in every window; within one they never do, so that none is taken for a circle.
    """
    clock = TestClock()
    far_side = MovingOrders(clock, page_size=page_size)
    for minute, late, number in sorted(arrivals):
        updated = NOW + minute * MINUTE
        status = "SHIPPED" if minute % 3 else "UNSHIPPED"
        far_side.happens(updated + late * MINUTE, order(number, updated_at=updated, status_text=status))
    reader = Reader(far_side, clock)
    refused = iter(refusals)
    for step in [*steps, 260.0, *[1.0] * 400]:
        reader.turn(lambda: next(refused, ""))
        clock.move(minutes=step)
    far_side.move()
    assert reader.seen == {one.id: one.updated_at for one in far_side.orders.values()}


@settings(max_examples=150, deadline=None)
@given(
    arrivals=st.lists(st.tuples(st.integers(0, 240), st.integers(0, 9), st.integers(0, 12)), min_size=1, max_size=40),
    steps=st.lists(st.sampled_from([0.5, 1.0, 3.0, 7.0]), min_size=5, max_size=30),
    refusals=st.lists(st.sampled_from(["", "", "", "token", "data"]), min_size=1, max_size=20),
    page_size=st.integers(1, 5),
)
def test_whatever_the_far_side_does_nothing_is_missed(
    arrivals: list[tuple[int, int, int]], steps: list[float], refusals: list[str], page_size: int
) -> None:
    """
    Orders come late (within the overlap), change while pages are read, come again; tokens and data are refused.

    Once it is quiet, every order has been seen at its newest, and no window reached outside what is allowed.
    """
    clock = TestClock()
    far_side = FakeOrders(clock, page_size=page_size)
    for minute, late, number in arrivals:
        updated = NOW + minute * MINUTE
        known = far_side.orders.get(order(number).id)
        if known is None or updated >= known.updated_at:
            status = "SHIPPED" if minute % 3 else "UNSHIPPED"
            far_side.tell(order(number, updated_at=updated, status=OrderStatus.OPEN, status_text=status))
            far_side.visible_from[order(number).id] = updated + late * MINUTE
    reader = Reader(far_side, clock)
    refused = iter(refusals)
    for step in steps:
        reader.turn(lambda: next(refused, ""))
        clock.move(minutes=step)
    clock.at = max(clock.at, NOW + 260 * MINUTE)
    for _ in range(400):
        reader.turn(lambda: next(refused, ""))
        clock.move(minutes=1)
    assert reader.seen == {one.id: one.updated_at for one in far_side.orders.values()}
    for query in far_side.queries:
        assert (query.updated_after is None) != (query.placed_after is None)
        after, before = query.updated_after or query.placed_after, query.updated_before or query.placed_before
        assert after is not None
        assert before is not None
        assert NOW - timedelta(days=366) < after < before <= clock.now() - 2 * MINUTE
