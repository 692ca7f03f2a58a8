"""Keys that sign tokens are published before they sign: whoever checks tokens has read them by then."""

import base64
from datetime import timedelta

import httpx
import pytest
from joserfc.jws import extract_compact
from pydantic import SecretStr

from shared.access.errors import NotSignedIn
from shared.access.tokens import RemoteSigningKeys, TokenVerifier
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from tests.integration.auth.conftest import PUBLIC_URL, Running, run_auth
from tests.unit.access.far_auth import NothingRevoked

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FORGED = "eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.e30.AA"
LOST = SecretStr("k2:" + base64.b64encode(bytes(32)).decode())


class Waiting(SystemClock):
    """On whose monotonic time a test puts something."""

    ahead = timedelta()

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead.total_seconds()


async def given(auth: Running) -> str:
    """A new token."""
    return str((await auth.service()).headers["authorization"]).removeprefix("Bearer ")


async def signer(auth: Running) -> str:
    return str(extract_compact((await given(auth)).encode()).headers()["kid"])


async def published(auth: Running) -> list[str]:
    keys = (await auth.client().get("/.well-known/jwks.json")).json()["keys"]
    return [key["kid"] for key in keys]


async def later(auth: Running, by: timedelta) -> None:
    """The keys are so much older, and the worker has looked."""
    await auth.rows("update signing_key set created_at = created_at - cast(:by as interval)", by=by)
    await auth.held.keep_house()


async def test_no_valid_token_is_refused_when_keys_take_turns(auth: Running) -> None:
    """
    Whoever has just read the keys, for a forged one even, believes each new token. Seen red: the successor signed at
    once, and its tokens were refused for ten seconds.
    """
    first, clock = await signer(auth), Waiting()
    outward = Outward(clock, transport=httpx.ASGITransport(auth.app))
    keys = RemoteSigningKeys(PUBLIC_URL, outward, clock=clock)
    verifier = TokenVerifier(PUBLIC_URL, keys, clock, NothingRevoked())
    for by in (30 * DAY - 16 * MINUTE, MINUTE * 2, 7 * MINUTE, 9 * MINUTE, 20 * MINUTE):
        clock.ahead += by
        with pytest.raises(NotSignedIn):
            await verifier.verify(FORGED)
        await later(auth, by)
        assert (await verifier.verify(await given(auth))).label == "orders"
    assert await published(auth) == [first, await signer(auth)]
    await outward.close()


async def test_a_successor_signs_a_quarter_of_an_hour_after_it_is_published(auth: Running) -> None:
    """And its predecessor is published for the overlap from then. Seen red: it was made when it was to sign."""
    first = await signer(auth)
    await later(auth, 30 * DAY - 16 * MINUTE)
    assert await published(auth) == [first]
    await later(auth, 2 * MINUTE)
    (_, second) = await published(auth)
    await later(auth, 14 * MINUTE)
    assert await signer(auth) == first
    await later(auth, 2 * MINUTE)
    assert await signer(auth) == second
    await later(auth, DAY - 2 * MINUTE)
    assert await published(auth) == [first, second]
    await later(auth, 2 * MINUTE)
    assert await published(auth) == [second]


async def test_one_that_is_lost_is_stood_in_for_at_once(auth: Running) -> None:
    """
    The key-encryption key is another one: what the worker makes signs before it is a quarter of an hour old, and so
    does one in place of a successor. Two are made, each once.
    """
    first = await signer(auth)
    await later(auth, 30 * DAY)
    (_, second) = await published(auth)
    after = run_auth(auth.settings.model_copy(update={"key_encryption_keys": LOST}), auth.sandbox)
    try:
        for _ in range(2):
            await later(after, MINUTE)
            (*both, third) = await published(after)
            assert both == [first, second]
            assert await signer(after) == third
        await later(after, 14 * MINUTE)
        assert await signer(after) == third
    finally:
        await after.close()


async def test_a_successor_that_does_not_open_has_one_in_its_turn(auth: Running) -> None:
    """
    Looked at meanwhile, it is found before it is to sign: what stands in is published long enough. Seen red with
    the one that signs looked at alone.
    """
    first = await signer(auth)
    await later(auth, 30 * DAY)
    (_, second) = await published(auth)
    await auth.rows("update signing_key set wrapped_key = decode('00', 'hex') where kid = :kid", kid=second)
    for _ in range(2):
        await later(auth, MINUTE)
        assert await signer(auth) == first
    (*_, third) = await published(auth)
    for _ in range(2):
        await later(auth, 13 * MINUTE)
        assert await signer(auth) == third
    assert await published(auth) == [first, second, third]
