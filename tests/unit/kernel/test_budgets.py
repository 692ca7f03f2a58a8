"""Token buckets: never faster than published, a refusal empties them, and they survive their holder."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.budgets import Budgets, Rate

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
RATES = {"search": Rate(0.0056, 20), "confirm": Rate(2.0, 10)}


def test_a_burst_is_free_and_the_next_call_waits() -> None:
    """Twenty calls at once; the twenty-first waits for the rate."""
    budgets = Budgets(RATES)
    for _ in range(20):
        assert budgets.wait_seconds("search", NOW) == 0
        budgets.spend("search", NOW)
    assert round(budgets.wait_seconds("search", NOW)) == round(1 / 0.0056)


def test_a_refusal_empties_the_bucket() -> None:
    """We were told to slow down: one full interval until the next call, whatever we thought we had."""
    budgets = Budgets(RATES)
    assert budgets.refused("confirm", NOW) == 0.5
    assert budgets.wait_seconds("confirm", NOW + timedelta(seconds=0.5)) == 0


def test_a_learned_rate_is_used_and_kept() -> None:
    """The far side's own figure replaces the published one, for the next holder too."""
    budgets = Budgets(RATES)
    budgets.learn("confirm", 4.0, NOW)
    budgets.refused("confirm", NOW)
    assert Budgets.load(RATES, budgets.dump()).wait_seconds("confirm", NOW) == 0.25


def test_a_saved_bucket_of_an_operation_no_longer_known_is_dropped() -> None:
    """What an older version saved does no harm."""
    saved = Budgets({"gone": Rate(1, 1)})
    saved.spend("gone", NOW)
    assert Budgets.load(RATES, saved.dump()).buckets == {}


def test_a_clock_that_runs_backwards_gives_nothing() -> None:
    """Time going back neither refills nor empties."""
    budgets = Budgets(RATES)
    budgets.refused("confirm", NOW)
    assert budgets.wait_seconds("confirm", NOW - timedelta(hours=1)) == 0.5


@given(st.lists(st.floats(0, 30), min_size=1, max_size=60))
def test_never_faster_than_rate_and_burst(pauses: list[float]) -> None:
    """However the calls fall, no more go out than the burst plus what the rate gave since."""
    budgets, now, sent = Budgets({"confirm": Rate(2.0, 10)}), NOW, 0
    for pause in pauses:
        now += timedelta(seconds=pause)
        while budgets.wait_seconds("confirm", now) == 0:
            budgets.spend("confirm", now)
            sent += 1
        assert sent <= 10 + 2 * (now - NOW).total_seconds() + 1e-6
