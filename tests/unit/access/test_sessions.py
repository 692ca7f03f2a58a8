"""Whose session a cookie is: asked at auth, believed for 30 seconds, and nobody gets in where auth cannot be asked."""

from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from shared.access import sessions
from shared.access.internal import ServiceTokens
from shared.access.roles import Role, permissions_of
from shared.access.sessions import SessionResolver
from shared.kernel.errors import Unavailable
from tests.unit.access.far_auth import FarAuth, TurnedClock

RESOLVE = "/internal/v1/sessions/resolve"
USER = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
ORGANISATION = UUID("01890a5d-ac96-774b-bcce-b302099a8058")
GOOD = {
    "user_id": str(USER), "organisation_id": str(ORGANISATION), "csrf_token": "c", "locale": "fr", "label": "a@b.c",
    "role": "shipper"
}  # fmt: skip


def resolver(auth: FarAuth, clock: TurnedClock) -> SessionResolver:
    outward = auth.outward()
    tokens = ServiceTokens("http://auth", "orders", SecretStr("s"), outward, clock=clock)
    return SessionResolver("http://auth", tokens, outward, clock=clock)


async def test_a_session_is_a_seller() -> None:
    """Organisation, user, form token and language; all that the role may do, the least where none is named."""
    auth = FarAuth()
    auth.answer(RESOLVE, 200, GOOD)
    found = await resolver(auth, TurnedClock()).resolve("cookie")
    assert found is not None
    assert (found.organisation, found.user_id, found.csrf_token, found.locale) == (ORGANISATION, USER, "c", "fr")
    assert (found.role, found.scopes) == (Role.SHIPPER, permissions_of(Role.SHIPPER))
    assert auth.body() == {"session": "cookie"}
    assert "a@b.c" not in repr(found)
    auth.answer(RESOLVE, 200, {name: value for name, value in GOOD.items() if name != "role"})
    before = await resolver(auth, TurnedClock()).resolve("cookie")
    assert before is not None
    assert before.scopes == permissions_of(Role.VIEWER)


async def test_a_session_is_believed_for_30_seconds() -> None:
    """Signing out elsewhere is noticed within that time."""
    auth, clock = FarAuth(), TurnedClock()
    auth.answer(RESOLVE, 200, GOOD)
    sessions_here = resolver(auth, clock)
    assert await sessions_here.resolve("cookie")
    auth.answer(RESOLVE, 404)
    clock.seconds = 29
    assert await sessions_here.resolve("cookie")
    clock.seconds = 31
    assert await sessions_here.resolve("cookie") is None


async def test_what_is_known_is_as_old_as_the_question() -> None:
    """An answer that takes four seconds is believed for 26. Seen red with 30 from the answer on."""
    auth, clock = FarAuth(), TurnedClock()

    def slow(_request: httpx.Request) -> httpx.Response:
        clock.seconds += 4
        return httpx.Response(200, json=GOOD)

    auth.answers[RESOLVE] = slow
    sessions_here = resolver(auth, clock)
    for asked_at, times in ((0, 1), (29, 1), (30, 2)):
        clock.seconds = asked_at
        assert await sessions_here.resolve("cookie")
        assert auth.paths().count(RESOLVE) == times


async def test_nobodys_cookie_is_nobody_each_time() -> None:
    """That a cookie was unknown is not kept: signing in works at once."""
    auth = FarAuth()
    auth.answer(RESOLVE, 404)
    sessions_here = resolver(auth, TurnedClock())
    assert await sessions_here.resolve("cookie") is None
    auth.answer(RESOLVE, 200, GOOD)
    assert await sessions_here.resolve("cookie")


@pytest.mark.parametrize("cookie", ["", "x" * 201])
async def test_what_cannot_be_a_cookie_of_ours_is_not_asked_about(cookie: str) -> None:
    """Empty and oversized values never reach auth."""
    auth = FarAuth()
    assert await resolver(auth, TurnedClock()).resolve(cookie) is None
    assert auth.asked == []


@pytest.mark.parametrize("answer", [(500, None), (200, {"user_id": "?"}), (403, None)])
async def test_it_fails_closed(answer: tuple[int, object]) -> None:
    """An answer that is neither a session nor 404 lets nobody in."""
    auth = FarAuth()
    auth.answer(RESOLVE, *answer)
    with pytest.raises(Unavailable):
        await resolver(auth, TurnedClock()).resolve("cookie")


async def test_auth_away_lets_in_only_who_was_known() -> None:
    """Within 30 seconds known sessions go on; then, and for all others, the answer is Unavailable."""
    auth, clock = FarAuth(), TurnedClock()
    auth.answer(RESOLVE, 200, GOOD)
    sessions_here = resolver(auth, clock)
    await sessions_here.resolve("cookie")
    del auth.answers[RESOLVE]
    assert await sessions_here.resolve("cookie")
    with pytest.raises(Unavailable):
        await sessions_here.resolve("another")
    clock.seconds = 31
    with pytest.raises(Unavailable):
        await sessions_here.resolve("cookie")


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest known session is forgotten first, and asked about again."""
    monkeypatch.setattr(sessions, "MOST_KEPT", 2)
    auth = FarAuth()
    auth.answers[RESOLVE] = lambda _: httpx.Response(200, json=GOOD)
    sessions_here = resolver(auth, TurnedClock())
    for cookie in ("a", "b", "c", "b", "a"):
        await sessions_here.resolve(cookie)
    assert auth.paths().count(RESOLVE) == 4
