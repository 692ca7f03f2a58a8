"""Access tokens of our own auth, and nothing else, open a door."""

import asyncio
import base64
import hmac
import json
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from shared.access.errors import NotSignedIn
from shared.access.tokens import RemoteSigningKeys, TokenVerifier
from shared.kernel.errors import Unavailable
from tests.unit.access.far_auth import START, FarAuth, NothingRevoked, TurnedClock

ISSUER = "https://passerelle.example"
ORGANISATION = UUID("01890a5d-ac96-774b-bcce-b302099a8058")
JWKS = "/.well-known/jwks.json"
KEY = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})
NOW = int(START.timestamp())
CLAIMS: dict[str, Any] = {
    "iss": ISSUER, "aud": "passerelle", "exp": NOW + 600, "iat": NOW, "sub": "orders", "client_id": "orders",
    "jti": "j1",
    "scope": "auth.tokens:use auth.sessions:resolve",
}  # fmt: skip


def signed(key: Any = KEY, header: dict[str, Any] | None = None, **claims: Any) -> str:
    body = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": "k1"} | (header or {}), body, key, algorithms=["ES256", "HS256", "RS256"])


def far_auth(*keys: ECKey) -> FarAuth:
    auth = FarAuth()
    auth.answer(JWKS, 200, KeySet(list(keys)).as_dict(private=False))
    return auth


def verifier(auth: FarAuth, clock: TurnedClock | None = None) -> TokenVerifier:
    clock = clock or TurnedClock()
    return TokenVerifier(ISSUER, RemoteSigningKeys("http://auth", auth.outward(), clock=clock), clock, NothingRevoked())


async def test_a_token_of_a_service() -> None:
    """No organisation, its scopes, its client id."""
    found = await verifier(far_auth(KEY)).verify(signed())
    assert (found.organisation_id, found.label, found.csrf_token) == (None, "orders", None)
    assert found.scopes == {"auth.tokens:use", "auth.sessions:resolve"}


async def test_a_token_of_an_organisation() -> None:
    """The organisation is in the token, signed."""
    assert (await verifier(far_auth(KEY)).verify(signed(organisation=str(ORGANISATION)))).organisation == ORGANISATION


@pytest.mark.parametrize("seconds", [0, 629])
async def test_clocks_may_differ_by_half_a_minute(seconds: float) -> None:
    """A token is good until 30 seconds after its end."""
    await verifier(far_auth(KEY), TurnedClock(seconds)).verify(signed())


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def signed_with_our_public_key() -> str:
    """The old trick: HMAC under the public key, hoping the verifier lets the token choose the algorithm."""
    head = encoded(json.dumps({"alg": "HS256", "kid": "k1"}).encode()) + "." + encoded(json.dumps(CLAIMS).encode())
    return head + "." + encoded(hmac.digest(KEY.as_pem(private=False), head.encode(), "sha256"))


REFUSED = {
    "nonsense": "nonsense",
    "three dots": "a.b.c",
    "empty": "",
    "not ascii": "é.é.é",
    "another issuer": signed(iss="https://evil.example"),
    "no issuer": signed(iss=None),
    "another audience": signed(aud="other"),
    "no audience": signed(aud=None),
    "ended": signed(exp=NOW - 31),
    "endless": signed(exp=None),
    "no client": signed(client_id=None),
    "no id of its own": signed(jti=None),
    "organisation is no id": signed(organisation="x"),
    "another key under our id": signed(ECKey.generate_key("P-256", {"kid": "k1"})),
    "our public key as a shared secret": signed_with_our_public_key(),
    "another algorithm": signed(RSAKey.generate_key(2048), {"alg": "RS256"}),
    "no key id": jwt.encode({"alg": "ES256"}, CLAIMS, KEY),
}


@pytest.mark.parametrize("token", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.abuse
async def test_any_other_token_is_refused(token: str) -> None:
    """NotSignedIn, whatever is wrong, and no hint which."""
    with pytest.raises(NotSignedIn, match=r"^the token is not valid$"):
        await verifier(far_auth(KEY)).verify(token)


@pytest.mark.abuse
async def test_an_unsigned_token_is_refused() -> None:
    """`alg: none` opens nothing."""
    parts = [{"alg": "none", "kid": "k1"}, CLAIMS]
    token = ".".join([*(encoded(json.dumps(part).encode()) for part in parts), ""])
    with pytest.raises(NotSignedIn):
        await verifier(far_auth(KEY)).verify(token)


class CountedKey(ECKey):
    """Counts how often it is asked to check or make a signature."""

    used = 0

    def get_op_key(self, operation: Any) -> Any:
        CountedKey.used += 1
        return super().get_op_key(operation)


class HeldKeys:
    """Keys at hand, as a test sets them."""

    def __init__(self, *keys: ECKey) -> None:
        self.keys = KeySet(list(keys))

    async def holding(self, kid: str) -> KeySet:
        return self.keys


@pytest.fixture
def counted() -> HeldKeys:
    CountedKey.used = 0
    return HeldKeys(CountedKey.import_key(KEY.as_dict(private=False)))


async def test_a_signature_is_checked_once(counted: HeldKeys) -> None:
    """The same token, again: what it says is looked at, its signature is remembered."""
    tokens, token = TokenVerifier(ISSUER, counted, TurnedClock(), NothingRevoked()), signed()
    first = await tokens.verify(token)
    assert (await tokens.verify(token), CountedKey.used) == (first, 1)


async def test_a_signature_is_remembered_for_its_very_token(counted: HeldKeys) -> None:
    """Other claims under a remembered signature, or another signature under remembered claims, open nothing."""
    tokens, token = TokenVerifier(ISSUER, counted, TurnedClock(), NothingRevoked()), signed()
    await tokens.verify(token)
    other = signed(scope="auth.tokens:use labels:write")
    for head, signature in [(other, token), (token, other)]:
        with pytest.raises(NotSignedIn):
            await tokens.verify(head.rpartition(".")[0] + "." + signature.rpartition(".")[2])


async def test_a_remembered_token_ends_in_time(counted: HeldKeys) -> None:
    """Half a minute after its end it opens nothing, however often it was shown."""
    clock = TurnedClock()
    tokens, token = TokenVerifier(ISSUER, counted, clock, NothingRevoked()), signed()
    await tokens.verify(token)
    clock.seconds = 631
    with pytest.raises(NotSignedIn):
        await tokens.verify(token)


@pytest.mark.abuse
async def test_a_withdrawn_key_ends_what_it_signed() -> None:
    """Once the keys are read again without it, a token that was remembered is refused."""
    auth, clock = far_auth(KEY), TurnedClock()
    tokens, token = verifier(auth, clock), signed(exp=NOW + 3600)
    await tokens.verify(token)
    auth.answer(JWKS, 200, KeySet([ECKey.generate_key("P-256", {"kid": "k2"})]).as_dict(private=False))
    clock.seconds = 601
    with pytest.raises(NotSignedIn):
        await tokens.verify(token)


async def test_no_more_than_a_thousand_are_remembered(counted: HeldKeys) -> None:
    """The one seen longest ago is checked again; a refused token takes nobody's place."""
    tokens = TokenVerifier(ISSUER, counted, TurnedClock(), NothingRevoked())
    first, *others = [signed(sub=f"client {number}") for number in range(1001)]
    for token in (first, *others[:-1]):
        await tokens.verify(token)
    with pytest.raises(NotSignedIn):
        await tokens.verify(signed(ECKey.generate_key("P-256", {"kid": "k1"})))
    checked = CountedKey.used
    await tokens.verify(first)
    assert CountedKey.used == checked
    await tokens.verify(others[-1])
    await tokens.verify(others[0])
    assert CountedKey.used == checked + 2


async def test_keys_are_asked_for_once() -> None:
    """And again after ten minutes, so that a withdrawn key does not live for ever."""
    auth, clock = far_auth(KEY), TurnedClock()
    tokens = verifier(auth, clock)
    await tokens.verify(signed())
    await tokens.verify(signed())
    assert len(auth.asked) == 1
    clock.seconds = 601
    await tokens.verify(signed())
    assert len(auth.asked) == 2


@pytest.mark.abuse
async def test_a_new_key_is_found_at_once_and_a_forged_id_is_no_flood() -> None:
    """An unknown key id asks again, at most every ten seconds."""
    auth, clock = far_auth(KEY), TurnedClock()
    tokens = verifier(auth, clock)
    await tokens.verify(signed())
    new = ECKey.generate_key("P-256", {"kid": "k2", "use": "sig", "alg": "ES256"})
    auth.answer(JWKS, 200, KeySet([KEY, new]).as_dict(private=False))
    clock.seconds = 11
    await tokens.verify(signed(new, {"kid": "k2"}))
    for _ in range(20):
        with pytest.raises(NotSignedIn):
            await tokens.verify(signed(header={"kid": "forged"}))
    assert len(auth.asked) == 2


async def test_known_keys_outlive_an_absent_auth() -> None:
    """auth away: tokens of known keys are still checked, unknown ones are Unavailable, not refused."""
    auth, clock = far_auth(KEY), TurnedClock()
    tokens = verifier(auth, clock)
    await tokens.verify(signed())
    del auth.answers[JWKS]
    clock.seconds = 605
    await tokens.verify(signed())
    with pytest.raises(Unavailable):
        await tokens.verify(signed(header={"kid": "k2"}))


async def test_an_absent_auth_is_asked_every_ten_seconds() -> None:
    """Forged tokens cause no flood while auth is away; good ones of known keys go on, and new ones once it is back."""
    auth, clock = far_auth(KEY), TurnedClock()
    tokens = verifier(auth, clock)
    await tokens.verify(signed())
    served = auth.answers.pop(JWKS)
    clock.seconds = 20
    for _ in range(20):
        with pytest.raises(Unavailable):
            await tokens.verify(signed(header={"kid": "forged"}))
        await tokens.verify(signed())
    asked = len(auth.asked)
    clock.seconds = 30
    with pytest.raises(Unavailable):
        await tokens.verify(signed(header={"kid": "forged"}))
    assert len(auth.asked) == 2 * asked - 1
    auth.answers[JWKS] = served
    clock.seconds = 40
    with pytest.raises(NotSignedIn):
        await tokens.verify(signed(header={"kid": "forged"}))


async def test_many_at_once_ask_once() -> None:
    """The first tokens after a start wait for one answer."""
    auth = far_auth(KEY)
    tokens = verifier(auth)
    await asyncio.gather(*(tokens.verify(signed()) for _ in range(20)))
    assert len(auth.asked) == 1


@pytest.mark.parametrize("answer", [(500, None), (200, {"keys": "?"}), (200, []), (200, {"keys": [{"kty": "?"}]})])
async def test_unreadable_keys_are_unavailable(answer: tuple[int, Any]) -> None:
    """Nobody can say whether the token is good."""
    auth = FarAuth()
    auth.answer(JWKS, *answer)
    with pytest.raises(Unavailable):
        await verifier(auth).verify(signed())
