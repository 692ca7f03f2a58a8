"""Which tokens a process remembers to renew early."""

from datetime import timedelta

import pytest

from services.auth.domain.connection import ConnectionState
from services.auth.domain.token import TokenState
from services.auth.vault import in_use
from services.auth.vault.in_use import EARLY, IN_USE_FOR, InUse
from shared.kernel.ids import ConnectionId, GrantId, new_id
from tests.unit.auth.builders import NOW


def state(ends_in: timedelta) -> TokenState:
    return TokenState(ConnectionId(new_id()), ConnectionState.AUTHORISED, 1, GrantId(new_id()), 1, NOW + ends_in)


def test_those_that_end_soon_are_due_the_first_to_end_first() -> None:
    """Ten minutes before; a connection without a grant is none of them."""
    kept, late, first, soon = InUse(), state(EARLY + timedelta(seconds=1)), state(EARLY / 2), state(EARLY)
    for one in (late, soon, first, TokenState(ConnectionId(new_id()), ConnectionState.REVOKED, 1, None)):
        kept.asked(one, NOW)
    assert [grant for grant, _ in kept.due(NOW)] == [first.grant_id, soon.grant_id]


def test_a_process_remembers_so_many_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those in use before others; who was not asked for in an hour makes room. Seen red without the bound."""
    monkeypatch.setattr(in_use, "REMEMBERED_MOST", 2)
    kept, one, two, three = InUse(), state(EARLY), state(EARLY), state(EARLY)
    for each in (one, two, three):
        kept.asked(each, NOW)
    assert {grant for grant, _ in kept.due(NOW)} == {one.grant_id, two.grant_id}
    kept.asked(two, NOW + IN_USE_FOR / 2)
    kept.asked(three, NOW + IN_USE_FOR)
    assert {grant for grant, _ in kept.due(NOW + IN_USE_FOR)} == {two.grant_id, three.grant_id}
