"""Client secrets of our own applications: their calendar, which one a message means, and what is typed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.auth.domain.account import FormInvalid
from services.auth.domain.client_secret import (
    SECRET_LENGTH,
    WARNED_AT,
    ClientSecret,
    GivenSecret,
    OurClient,
    newest,
    typed_secret,
    when_it_began,
    whose_end_is_told,
)
from services.auth.entrypoints.secret_letter import SecretLetter

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def secret(number: int = 1, *, began_days: float = 0, ends_days: float | None = 180, **known: Any) -> ClientSecret:
    ends_at, began_at = None if ends_days is None else BEGAN + ends_days * DAY, BEGAN + began_days * DAY
    return ClientSecret(UUID(int=number), "client", str(number), began_at, ends_at, False, b"k", b"s", **known)


@pytest.mark.parametrize(
    ("ends_days", "now_days", "began"),
    [(179, 20, "before"), (181, 20, "now"), (181, 5, "after"), (180, 5, "now"), (None, 5, "now")],
)
def test_which_is_newer_hangs_on_their_ends(ends_days: float | None, now_days: float, began: str) -> None:
    """
    Not on who was first to look at the clock; where no ends tell them apart, on that. Seen red with the clock alone.
    """
    last, now = replace(secret(began_days=10), end_is_told=True), BEGAN + now_days * DAY
    tick = timedelta.resolution
    expected = {"before": last.began_at - tick, "now": now, "after": last.began_at + tick}[began]
    assert when_it_began([last], None if ends_days is None else BEGAN + ends_days * DAY, now) == expected


def test_operators_are_told_once_at_each_day() -> None:
    """Looked at every hour until it is over: six warnings, each at its day. Seen red with `<` for `<=`."""
    told: dict[int, float] = {}
    one = secret()
    for hour in range(181 * 24):
        now = BEGAN + hour * DAY / 24
        if (days := one.warning_due(now)) is not None:
            told[days] = (now - BEGAN) / DAY
            one = secret(warned_at_days=days)
    assert told == {days: 180 - days for days in WARNED_AT}


@pytest.mark.parametrize(("days", "said"), [(1, "within 1 day"), (7, "within 7 days")])
def test_one_day_is_not_several(days: int, said: str) -> None:
    """In the subject operators read."""
    client = OurClient("client", "amazon", "eu", timedelta(days=180), None, ())
    assert SecretLetter("ops@house.example")(client, secret(), days).subject.endswith(said)


def test_who_looks_late_is_told_once() -> None:
    """Seen first five days before its end: one warning stands for those not given; without an end there is none."""
    now = BEGAN + 175 * DAY
    assert secret().warning_due(now) == 7
    assert secret(warned_at_days=7).warning_due(now) is None
    assert secret(ends_days=None).warning_due(now) is None


def test_another_is_asked_for_in_time_and_once_a_day() -> None:
    """Thirty days before the end, not before; what has not come in a day is asked for again."""
    before = 30 * DAY
    assert not secret().is_to_be_replaced(BEGAN + 149.9 * DAY, before)
    assert secret().is_to_be_replaced(BEGAN + 150 * DAY, before)
    asked = secret(asked_at=BEGAN + 150 * DAY)
    assert not asked.is_to_be_replaced(BEGAN + 150.9 * DAY, before)
    assert asked.is_to_be_replaced(BEGAN + 151 * DAY, before)
    assert not secret(ends_days=None).is_to_be_replaced(BEGAN + 999 * DAY, before)


@pytest.mark.parametrize(("told_days", "whose"), [(330, 2), (300, 2), (157, None), (181, None)])
def test_an_end_that_is_told_late_is_not_the_new_ones(told_days: float, whose: int | None) -> None:
    """
    The message names no secret: the newest one's end is believed where it is the nearest. Seen red with the newest
    taken whatever it says: the new secret would have been replaced at once.
    """
    secrets = [secret(1, ends_days=157), secret(2, began_days=150, ends_days=330)]
    found = whose_end_is_told(secrets, BEGAN + told_days * DAY)
    assert (found.id.int if found else None) == whose


def test_the_only_one_is_meant_whatever_was_counted() -> None:
    """Its end was counted from when it came here, or not known at all."""
    for ends_days in (180.0, None):
        found = whose_end_is_told([secret(ends_days=ends_days)], BEGAN + 20 * DAY)
        assert found is not None
    assert whose_end_is_told([], BEGAN) is None
    assert newest([]) is None


@pytest.mark.parametrize(
    ("typed", "ends_on", "problems"),
    [
        ("", "", {"client_secret": "invalid"}),
        ("two words", "", {"client_secret": "invalid"}),
        ("sécret", "", {"client_secret": "invalid"}),
        ("s" * (SECRET_LENGTH + 1), "", {"client_secret": "invalid"}),
        ("secret", "2026-02-30", {"ends": "invalid"}),
        ("secret", "10000-01-01", {"ends": "invalid"}),
        ("secret", f"{BEGAN:%Y-%m-%d}", {"ends": "over"}),
        ("two words", "soon", {"client_secret": "invalid", "ends": "invalid"}),
    ],
)
def test_a_typed_secret_is_one_word_and_not_over(typed: str, ends_on: str, problems: dict[str, str]) -> None:
    """All that is wrong is told at once."""
    with pytest.raises(FormInvalid) as refused:
        typed_secret(typed, ends_on, BEGAN)
    assert refused.value.problems == problems


def test_a_typed_secret_is_kept_without_spaces_around() -> None:
    """Its day begins at midnight UTC; without one the end is counted elsewhere."""
    assert typed_secret(" s3cret\n", "", BEGAN) == GivenSecret("s3cret", None)
    assert typed_secret("s3cret", "2026-11-02", BEGAN) == GivenSecret("s3cret", BEGAN + DAY)
