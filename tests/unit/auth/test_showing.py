"""What is asked for at an act, by how the session began, how long ago, and what is set up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.auth.domain.account import Session, Way
from services.auth.domain.showing import Asked, ShowAgain, asked_at_act, show_again
from shared.kernel.ids import UserId, new_id

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
YOUNG = LATER - timedelta(seconds=1)
SESSION = Session(uuid4(), "digest", UserId(new_id()), "token", NOW, NOW)


def test_how_a_second_factor_is_shown_again() -> None:
    """By a code of an app; else by the sign-in being younger than ten minutes, unless a provider vouched for it."""
    vouched = replace(SESSION, two_factors=True, way=Way.OPENID)
    for session in (SESSION, vouched):
        assert show_again(session, YOUNG, app=True) is ShowAgain.CODE
        assert show_again(session, LATER, app=False) is ShowAgain.SIGN_IN
    assert show_again(SESSION, YOUNG, app=False) is ShowAgain.SHOWN
    assert show_again(vouched, YOUNG, app=False) is ShowAgain.SIGN_IN


def test_a_passkey_of_just_now_stands_for_a_code() -> None:
    """So that an app that was lost is removed by whoever has a passkey, too."""
    by_passkey = replace(SESSION, way=Way.PASSKEY)
    assert show_again(by_passkey, YOUNG, app=True) is ShowAgain.SHOWN
    assert show_again(by_passkey, LATER, app=True) is ShowAgain.CODE


@pytest.mark.parametrize("way", list(Way))
@pytest.mark.parametrize("now", [YOUNG, LATER])
def test_the_password_is_asked_for(way: Way, now: datetime) -> None:
    """However the session began and however young it is, but for one of just now from a provider."""
    asked = asked_at_act(replace(SESSION, way=way), now, factor=False, app=False)
    assert asked == Asked(not (way is Way.OPENID and now == YOUNG), None)
