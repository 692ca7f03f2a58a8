"""Which tokens were revoked: the list of auth, never believed for longer than 30 seconds."""

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr

from shared.access.errors import NotSignedIn
from shared.access.internal import ServiceTokens
from shared.access.revoked import RemoteRevokedTokens
from shared.access.tokens import RemoteSigningKeys, TokenVerifier
from shared.kernel.errors import Unavailable
from tests.unit.access.far_auth import FarAuth, TurnedClock
from tests.unit.access.test_tokens import ISSUER, KEY, far_auth, signed

LIST = "/internal/v1/revoked-tokens"


def listing(*ids: str) -> FarAuth:
    auth = far_auth(KEY)
    auth.answer(LIST, 200, {"ids": list(ids)})
    return auth


def revoked(auth: FarAuth, clock: TurnedClock) -> RemoteRevokedTokens:
    outward = auth.outward()
    tokens = ServiceTokens("http://auth", "orders", SecretStr("s"), outward, clock=clock)
    return RemoteRevokedTokens("http://auth", tokens, outward, clock=clock)


def verifier(auth: FarAuth, clock: TurnedClock) -> TokenVerifier:
    keys = RemoteSigningKeys("http://auth", auth.outward(), clock=clock)
    return TokenVerifier(ISSUER, keys, clock, revoked(auth, clock))


@pytest.mark.abuse
@pytest.mark.parametrize("named", ["j1", "secret-1"])
async def test_what_is_on_the_list_opens_nothing(named: str) -> None:
    """A token by its own id, or by the secret that it was asked for with."""
    tokens = verifier(listing(named), TurnedClock())
    with pytest.raises(NotSignedIn):
        await tokens.verify(signed(credential="secret-1"))
    await tokens.verify(signed(credential="secret-2", jti="j2"))


@pytest.mark.abuse
async def test_a_token_that_was_seen_before_is_refused_too() -> None:
    """Its signature is remembered, not that it was good. Seen red with the list asked only at the first look."""
    auth, clock = listing(), TurnedClock()
    tokens, token = verifier(auth, clock), signed()
    await tokens.verify(token)
    auth.answer(LIST, 200, {"ids": ["j1"]})
    clock.seconds = 30
    with pytest.raises(NotSignedIn):
        await tokens.verify(token)


async def test_the_list_is_asked_for_once_in_twenty_seconds() -> None:
    """By however many at once, for a good token only."""
    auth, clock = listing(), TurnedClock()
    tokens = verifier(auth, clock)
    await asyncio.gather(*(tokens.verify(signed()) for _ in range(20)))
    clock.seconds = 19
    await tokens.verify(signed())
    with pytest.raises(NotSignedIn):
        await tokens.verify(signed(aud="other"))
    assert auth.paths().count(LIST) == 1
    clock.seconds = 20
    await tokens.verify(signed())
    assert auth.paths().count(LIST) == 2


async def test_one_lost_answer_does_not_matter_and_a_long_silence_shuts() -> None:
    """Believed for 30 seconds from the question; then nobody can say, and auth is asked every five seconds."""
    auth, clock = listing(), TurnedClock()
    ids = revoked(auth, clock)
    await ids.ids()
    served = auth.answers.pop(LIST)
    for clock.seconds in (20, 29):
        assert await ids.ids() == frozenset()
    clock.seconds = 30
    for _ in range(20):
        with pytest.raises(Unavailable):
            await ids.ids()
    asked = auth.paths().count(LIST)
    auth.answers[LIST] = served
    clock.seconds = 34
    assert await ids.ids() == frozenset()
    assert auth.paths().count(LIST) == asked + 1


@pytest.mark.parametrize("answer", [(500, None), (200, {"ids": "?"}), (200, []), (403, None)])
async def test_it_fails_closed(answer: tuple[int, Any]) -> None:
    """An answer that is no list says nothing about any token."""
    auth = listing()
    auth.answer(LIST, *answer)
    with pytest.raises(Unavailable):
        await verifier(auth, TurnedClock()).verify(signed())
