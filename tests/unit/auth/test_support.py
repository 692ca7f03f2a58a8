"""What a reason must be, which session counts as begun with a second factor, what is shown of a seller's id."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.auth.domain.account import FormInvalid, Session
from services.auth.domain.client_secret import ClientSecret
from services.auth.domain.support import clean_reason, is_with_factor, masked
from shared.kernel.ids import UserId, new_id

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("Ticket 12", "too_short"),
        (" Ticket \n 12 ", "too_short"),
        ("x" * 501, "too_long"),
        ("Ticket 4711\x00", "too_long"),
        ("asked by ann@shop.example", "address"),
    ],
)
def test_a_reason_is_a_sentence_without_an_address(written: str, problem: str) -> None:
    """10 to 500 characters once its spaces are one each."""
    with pytest.raises(FormInvalid) as refused:
        clean_reason(written)
    assert refused.value.problems == {"reason": problem}


def test_a_reason_is_kept_without_needless_spaces() -> None:
    """Lines become one, as the audit log shows it."""
    assert clean_reason("  Ticket 4711:\n no orders  ") == "Ticket 4711: no orders"
    assert clean_reason("x" * 10) == "x" * 10
    assert clean_reason("x" * 500) == "x" * 500


def test_a_session_counts_that_began_once_there_was_a_second_factor() -> None:
    """Then it waited for a code, or began with a passkey; a provider that asked for two counts without ours."""
    session = Session(uuid4(), "digest", UserId(new_id()), "token", NOW, NOW)
    assert not is_with_factor(session, None)
    assert not is_with_factor(session, NOW + timedelta(seconds=1))
    assert is_with_factor(session, NOW)
    assert is_with_factor(replace(session, two_factors=True), None)


def test_of_a_sellers_id_its_end_is_shown() -> None:
    """Four characters; of shorter ones, such as a vendor code that is no more than that, all."""
    assert [masked("A2SELLER0001"), masked("VEND1"), masked("VEND")] == ["…0001", "…END1", "VEND"]


def test_the_next_warning_is_the_first_that_is_ahead() -> None:
    """At 90, 60, 30, 15, 7 and 1 days before the end; after the last, and without an end, there is none."""
    secret = ClientSecret(uuid4(), "client", "digest", NOW, NOW + timedelta(days=100), True, b"k", b"s")
    ahead = {days: secret.next_warning_at(NOW + timedelta(days=100 - days)) for days in (95, 90, 8, 1)}
    assert ahead == {
        95: NOW + timedelta(days=10),
        90: NOW + timedelta(days=40),
        8: NOW + timedelta(days=93),
        1: None,
    }
    assert replace(secret, ends_at=None).next_warning_at(NOW) is None
