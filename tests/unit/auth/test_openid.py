"""What an OpenID provider answers is believed only if it is signed by it, for us, and for this very sign-in."""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey

from services.auth.adapters.openid import HttpOpenIdProvider, OpenIdClient
from services.auth.domain.openid import Identity, OpenIdFailed, OpenIdProblem, shows_two_factors
from shared.http.outward import Outward

ISSUER, NONCE, VERIFIER = "https://login.example", "n" * 64, "v" * 64
CLIENT = OpenIdClient(ISSUER, "passerelle", "s3cret", "Login", "https://shop.example/signin/openid/callback")
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
GOOD = {
    "iss": ISSUER,
    "sub": "1",
    "aud": "passerelle",
    "iat": NOW.timestamp(),
    "exp": NOW.timestamp() + 300,
    "nonce": NONCE,
    "email": "ann@shop.example",
    "email_verified": True,
    "amr": ["pwd", "mfa"],
}


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


class Provider:
    """It answers as the standard says, but for what a test has changed."""

    def __init__(self, claims: dict[str, Any], metadata: dict[str, str], signer: ECKey | None, alg: str) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "1"})
        self.signer = signer or self.key
        self.claims = claims
        self.alg = alg
        self.metadata = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        } | metadata
        self.challenge = ""

    def answer(self, request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/.well-known/openid-configuration":
                return httpx.Response(200, json=self.metadata)
            case "/keys":
                return httpx.Response(200, json={"keys": [self.key.as_dict(private=False)]})
            case _:
                return self.token(parse_qs(request.content.decode()), request.headers["authorization"])

    def token(self, form: dict[str, list[str]], authorization: str) -> httpx.Response:
        ours = "Basic " + base64.b64encode(b"passerelle:s3cret").decode()
        proven = create_s256_code_challenge(form["code_verifier"][0])  # type: ignore[no-untyped-call]
        if (form["code"], authorization, proven) != (["good"], ours, self.challenge):
            return httpx.Response(400, json={"error": "invalid_grant"})
        if self.alg == "none":
            parts = [json.dumps({"alg": "none"}), json.dumps(self.claims)]
            token = ".".join([*(base64.urlsafe_b64encode(each.encode()).decode().rstrip("=") for each in parts), ""])
        else:
            token = jwt.encode({"alg": self.alg, "kid": "1"}, self.claims, self.signer)
        return httpx.Response(200, json={"id_token": token, "access_token": "a", "token_type": "Bearer"})


async def identity_of(
    claims: dict[str, Any],
    metadata: dict[str, str] | None = None,
    *,
    signer: ECKey | None = None,
    alg: str = "ES256",
    code: str = "good",
    verifier: str = VERIFIER,
    issuer: str | None = None,
) -> Identity:
    """The whole way: our address of its page, its redirect, its token."""
    provider = Provider(
        {name: value for name, value in claims.items() if value is not None}, metadata or {}, signer, alg
    )
    outward = Outward(StoppedClock(), transport=httpx.MockTransport(provider.answer))
    client = HttpOpenIdProvider(CLIENT, outward, StoppedClock())
    address = urlsplit(await client.address(state="s", nonce=NONCE, verifier=VERIFIER))
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert (asked["state"], asked["nonce"], asked["code_challenge_method"]) == ("s", NONCE, "S256")
    assert (asked["redirect_uri"], asked["response_type"]) == (CLIENT.redirect_uri, "code")
    provider.challenge = asked["code_challenge"]
    return await client.identity(code, issuer=issuer, nonce=NONCE, verifier=verifier)


async def test_a_person_who_signed_in_over_there_is_known() -> None:
    """By the code, our secret and the verifier (RFC 7636): address, whether it is verified, and two factors."""
    assert await identity_of(GOOD, issuer=ISSUER) == Identity("ann@shop.example", verified=True, two_factors=True)
    plain = await identity_of(GOOD | {"email_verified": "true", "amr": ["pwd"]})
    assert (plain.verified, plain.two_factors) == (False, False)


@pytest.mark.abuse
@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://other.example"},
        {"aud": "another-client"},
        {"aud": ["passerelle", "another-client"], "azp": "another-client"},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": NOW.timestamp() - 61},
        {"exp": None},
        {"sub": None},
    ],
    ids=str,
)
async def test_a_token_for_somebody_else_signs_nobody_in(lie: dict[str, Any]) -> None:
    """Of another issuer, for another client or sign-in, or too old. Seen red without `validate`."""
    with pytest.raises(OpenIdFailed) as failed:
        await identity_of(GOOD | lie)
    assert failed.value.problem is OpenIdProblem.INVALID


@pytest.mark.abuse
async def test_a_token_that_the_provider_did_not_sign_signs_nobody_in() -> None:
    """By another key, unsigned, a redirect or metadata of another issuer, a code of another browser."""
    asked: list[dict[str, Any]] = [
        {"signer": ECKey.generate_key("P-256", {"kid": "1"})},
        {"alg": "none"},
        {"issuer": "https://other.example"},
        {"metadata": {"issuer": "https://other.example"}},
        {"metadata": {"token_endpoint": "http://login.example/token"}},
        {"code": "stolen"},
        {"verifier": "w" * 64},
    ]
    for lie in asked:
        with pytest.raises(OpenIdFailed):
            await identity_of(GOOD, **lie)


def test_two_factors_are_what_the_provider_calls_so() -> None:
    """`mfa` (RFC 8176), or a word of its own that the operator knows; one method alone is one factor."""
    assert shows_two_factors(["pwd", "mfa"], None, ())
    assert shows_two_factors([], "urn:login:two", {"urn:login:two"})
    assert not shows_two_factors(["otp"], "1", {"urn:login:two"})
    assert not shows_two_factors([], None, {"urn:login:two"})
