"""Keys that sign tokens take turns: published before, while and after they sign."""

from datetime import datetime, timedelta

import pytest

from services.auth.domain.signing import LEAD, SigningKey, SigningTurns, newest, signers
from shared.access.tokens import KEEP_SECONDS
from tests.unit.auth.builders import NOW

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
TURNS = SigningTurns(30 * DAY, DAY)


def key(kid: str, created_at: datetime) -> SigningKey:
    return SigningKey(kid, {}, b"", b"", created_at)


FIRST = key("1", NOW)


def test_everybody_has_read_a_key_before_it_signs() -> None:
    """Whoever checks tokens reads the keys anew in less time, with some left for clocks that differ."""
    assert timedelta(seconds=KEEP_SECONDS) + timedelta(minutes=5) <= LEAD


def test_signing_keys_take_turns() -> None:
    """
    A successor is made a lead before the time of the last is over, signs from then, and the old one goes after the
    overlap, counted from there.
    """
    turn = NOW + 30 * DAY
    assert not TURNS.needs_successor(FIRST, turn - LEAD - SECOND)
    assert TURNS.needs_successor(FIRST, turn - LEAD)
    both = [key("2", turn - LEAD), FIRST]
    second = both[0]
    assert newest(both) == second
    assert signers(both, turn - SECOND) == [FIRST, second]
    assert signers(both, turn) == [second]
    assert TURNS.retired(both, turn + DAY - SECOND) == []
    assert TURNS.retired(both, turn + DAY) == [FIRST]
    assert TURNS.retired([FIRST], NOW + 90 * DAY) == []


def test_the_first_keys_sign_at_once() -> None:
    """Nobody can have read them; who is published longest is asked first, and none is retired."""
    second = key("2", NOW + SECOND)
    assert signers([], NOW) == []
    assert signers([second, FIRST], NOW + 2 * SECOND) == [FIRST, second]
    assert TURNS.retired([second, FIRST], NOW + 2 * SECOND) == []


def test_what_waits_for_its_turn_is_not_retired() -> None:
    """However long the one that signs has done so."""
    second, third = key("2", NOW + 30 * DAY), key("3", NOW + 60 * DAY)
    assert TURNS.retired([FIRST, second, third], NOW + 60 * DAY + SECOND) == [FIRST]


@pytest.mark.parametrize("hours", [1, 23])
def test_the_shortest_turns_hold(hours: int) -> None:
    """A day, looked at each hour: one signs, two are published more at most, each signs a day, and is out before it."""
    turns, keys, signed = SigningTurns(DAY, timedelta(hours=hours)), [FIRST], set[str]()
    for hour in range(24 * 9):
        now = NOW + timedelta(hours=hour)
        last = newest(keys)
        assert last is not None
        if turns.needs_successor(last, now):
            keys.append(key(str(int(last.kid) + 1), now))
        gone = turns.retired(keys, now)
        keys = [one for one in keys if one not in gone]
        (turn, *_) = signers(keys, now)
        signed.add(turn.kid)
        assert len(keys) <= 3
        assert turn.created_at + DAY + timedelta(hours=1) >= now
        assert all(one.kid in signed or one.signs_from > now for one in keys)
