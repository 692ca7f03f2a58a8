"""What becomes of a quantity that was told, fact by fact."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.inventory.domain.submission import Line, batches
from services.inventory.domain.target import State, Target, quantity
from shared.kernel.ids import ConnectionId, SkuId, new_id
from shared.marketplaces.listings import StockOutcome
from tests.unit.inventory.builders import CONNECTION, NOW, ORGANISATION

GRACE = timedelta(minutes=15)
SUBMISSION = UUID(int=1)


def target(available: int = 10) -> Target:
    """Told of for the first time, and due."""
    new = Target(new_id(), ORGANISATION, ConnectionId(CONNECTION), "FR", "FR", "mug", SkuId(new_id()))
    return new.aimed(available, NOW)


def told(one: Target) -> tuple[Target, Line]:
    """In a submission."""
    assert one.desired is not None
    return one.begun(SUBMISSION), Line(one.id, one.sku, one.desired, one.desired_version)


def shown(one: Target, units: int | None) -> Target:
    """Told, and this read back."""
    begun, line = told(one)
    return begun.answered(line, StockOutcome("mug", shown=units), GRACE, NOW)


@pytest.mark.parametrize(
    ("available", "buffer", "maximum", "shows"),
    [(10, 0, None, 10), (10, 3, None, 7), (2, 3, None, 0), (10, 0, 4, 4), (10, 8, 4, 2), (10, 0, 0, 0)],
)
def test_a_channel_shows_what_is_left_within_its_limits(
    available: int, buffer: int, maximum: int | None, shows: int
) -> None:
    """Available less the buffer, never below zero, never above the maximum."""
    assert quantity(available, buffer, maximum) == shows


def test_what_is_read_back_as_told_is_in_sync() -> None:
    """Also where the marketplace takes a quantity without showing it."""
    for units in (10, None):
        after = shown(target(), units)
        assert (after.state, after.told, after.due_at, after.waiting_since) == (State.IN_SYNC, 10, None, None)


def test_a_lower_value_is_taken_for_a_sale() -> None:
    """
    It waits for its orders: those that lower the level as far make it due, more than is shown waits, the grace ends
    it. Seen red: another channel's order, or the first of several, put up units that were sold.
    """
    sold = shown(target(), 8)
    assert (sold.state, sold.due_at) == (State.SALE, NOW + GRACE)
    assert sold.aimed(12, NOW).due_at == NOW + GRACE
    assert sold.aimed(9, NOW).due_at == NOW + GRACE, "of the two that were sold there, one order is known"
    assert sold.aimed(8, NOW).due_at == NOW


def test_a_sale_seen_while_the_level_fell_for_another_one_is_awaited() -> None:
    """What changed meanwhile is not told over a lower value that is shown: that order is still to come."""
    begun, line = told(target())
    lowered = begun.aimed(9, NOW)
    after = lowered.answered(line, StockOutcome("mug", shown=8), GRACE, NOW)
    assert (after.state, after.desired) == (State.SALE, 9)
    explained = begun.aimed(8, NOW).answered(line, StockOutcome("mug", shown=8), GRACE, NOW)
    assert (explained.state, explained.due_at) == (State.WAITING, NOW)


def test_a_higher_value_is_told_again_at_once_then_ever_slower() -> None:
    """Without a wait the first time; twice, while nothing else changed, is a drift, told once."""
    first = shown(target(), 12)
    assert (first.state, first.due_at) == (State.WAITING, NOW)
    second = shown(first, 12)
    assert second.due_at is not None
    assert second.due_at > NOW
    third = shown(second, 12)
    assert [second.drifted(first), third.drifted(second)] == [True, False]
    assert not shown(second.aimed(5, NOW), 12).drifted(second)


def test_what_changed_meanwhile_is_due_again_when_it_has_ended() -> None:
    """One push at a time: a change in between waits for the outcome, and is then told."""
    begun, line = told(target())
    changed = begun.aimed(4, NOW)
    assert (changed.state, changed.due_at) == (State.SENDING, None)
    after = changed.answered(line, StockOutcome("mug", shown=10), GRACE, NOW)
    assert (after.state, after.due_at, after.desired) == (State.WAITING, NOW, 4)


def test_what_changed_meanwhile_need_not_wait_until_it_is_shown() -> None:
    """Taken is enough where a newer quantity is known."""
    begun, line = told(target())
    after = begun.aimed(4, NOW).replaced(line, NOW)
    assert (after.state, after.due_at, after.told, after.submission_id) == (State.WAITING, NOW, 10, None)
    nothing = begun.aimed(None, NOW).replaced(line, NOW)
    assert (nothing.state, nothing.due_at) == (State.IDLE, None)


def test_a_refused_line_waits_longer_each_time() -> None:
    """An hour, two, up to a day; another quantity or a person makes it due at once."""
    waits = []
    after = target()
    for _ in range(7):
        begun, line = told(after)
        after = begun.answered(line, StockOutcome("mug", reason="blocked", detail="no"), GRACE, NOW)
        assert after.due_at is not None
        waits.append((after.due_at - NOW).total_seconds() / 3600)
    assert waits == [1, 2, 4, 8, 16, 24, 24]
    assert (after.state, after.reason, after.detail, after.told) == (State.REFUSED, "blocked", "no", None)
    assert after.aimed(3, NOW).due_at == NOW
    assert after.asked_again(NOW).due_at == NOW


def test_what_is_no_longer_followed_comes_to_rest_when_its_push_has_ended() -> None:
    """Nothing is told after that, whatever the outcome was."""
    begun, line = told(target())
    for outcome in (StockOutcome("mug", shown=10), StockOutcome("mug", shown=3), StockOutcome("mug", reason="no")):
        after = begun.aimed(None, NOW).answered(line, outcome, GRACE, NOW)
        assert (after.state, after.due_at, after.desired) == (State.IDLE, None, None)
    assert begun.aimed(None, NOW).unanswered(NOW).state is State.IDLE
    assert begun.aimed(None, NOW).returned("no", None, NOW).state is State.IDLE


def test_the_refused_come_again_in_smaller_batches() -> None:
    """Those never refused go together; each refusal makes the batches sixteen times smaller, down to one."""
    fresh, once, often = target(), target().returned("no", None, NOW), target()
    for _ in range(5):
        often = often.returned("no", None, NOW)
    sizes = [len(batch) for batch in batches([*[fresh] * 150, *[once] * 10, *[often] * 2], 100)]
    assert sizes == [100, 50, 6, 4, 1, 1]
