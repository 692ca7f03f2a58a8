"""Our own services are called with a token of the needed scope, renewed when it is refused."""

import asyncio
import base64
from urllib.parse import parse_qs

import httpx
import pytest
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from pydantic import SecretStr

from shared.access.internal import InternalApi, ServiceTokens, problem_name, retry_after_seconds
from shared.access.scopes import (
    AUTH_RESTRICTED_TOKENS_USE,
    AUTH_SESSIONS_RESOLVE,
    AUTH_TOKENS_USE,
    MEANINGS,
    SELLER_SCOPES,
    SERVICE_SCOPES,
)
from shared.http.messages import Answer
from shared.kernel.errors import Unavailable
from tests.unit.access.far_auth import FarAuth, TurnedClock


def service_tokens(auth: FarAuth, clock: TurnedClock | None = None) -> ServiceTokens:
    return ServiceTokens("http://auth/", "orders", SecretStr("s3cret"), auth.outward(), clock=clock or TurnedClock())


async def test_a_token_is_asked_for_by_client_credentials() -> None:
    """The client's id and secret as HTTP Basic, the scope in the form; neither in the address."""
    auth = FarAuth()
    assert await service_tokens(auth).get(AUTH_TOKENS_USE) == "t1"
    request = auth.asked[0]
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"orders:s3cret").decode()
    assert parse_qs(request.content.decode()) == {"grant_type": ["client_credentials"], "scope": [AUTH_TOKENS_USE]}
    assert str(request.url) == "http://auth/oauth/token"


async def test_an_odd_secret_arrives_as_it_is() -> None:
    """Id and secret are form-encoded before they are joined, as auth reads them (RFC 6749, 2.3.1)."""
    auth = FarAuth()
    await ServiceTokens("http://auth", "orders", SecretStr("50%41+é:/"), auth.outward()).get(AUTH_TOKENS_USE)
    assert extract_basic_authorization({"Authorization": auth.asked[0].headers["authorization"]}) == (
        "orders",
        "50%41+é:/",
    )


async def test_a_token_is_kept_until_a_minute_before_its_end() -> None:
    """One per scope; asked for again when it would end on the way."""
    auth, clock = FarAuth(), TurnedClock()
    tokens = service_tokens(auth, clock)
    assert [await tokens.get(AUTH_TOKENS_USE), await tokens.get(AUTH_TOKENS_USE)] == ["t1", "t1"]
    assert await tokens.get(AUTH_SESSIONS_RESOLVE) == "t2"
    clock.seconds = 541
    assert await tokens.get(AUTH_TOKENS_USE) == "t3"


async def test_many_who_need_a_token_ask_once() -> None:
    """A hundred pages at once make one call."""
    auth = FarAuth()
    tokens = service_tokens(auth)
    assert set(await asyncio.gather(*(tokens.get(AUTH_TOKENS_USE) for _ in range(100)))) == {"t1"}
    assert len(auth.asked) == 1


async def test_many_who_need_a_token_fail_together() -> None:
    """While auth is silent each waits for one timeout, not for those of everybody before; the next asks again."""
    auth = FarAuth()
    auth.answer("/oauth/token", 503)
    tokens = service_tokens(auth)
    told = await asyncio.gather(*(tokens.get(AUTH_TOKENS_USE) for _ in range(100)), return_exceptions=True)
    assert {type(each) for each in told} == {Unavailable}
    assert len(auth.asked) == 1
    auth.answer("/oauth/token", 200, {"access_token": "good", "expires_in": 600})
    assert await tokens.get(AUTH_TOKENS_USE) == "good"


async def test_who_goes_away_takes_no_token_from_the_others() -> None:
    """A request given up while it waits for a token leaves the question open for the rest."""
    auth = FarAuth()
    tokens = service_tokens(auth)
    first, second = (asyncio.create_task(tokens.get(AUTH_TOKENS_USE)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "t1"
    assert len(auth.asked) == 1


@pytest.mark.parametrize("answer", [(401, {"error": "invalid_client"}), (200, {"no": "token"}), (503, None)])
async def test_no_token_is_unavailable(answer: tuple[int, object]) -> None:
    """Whatever auth's trouble with us is, the caller can only try again; nothing is kept of it."""
    auth = FarAuth()
    auth.answer("/oauth/token", *answer)
    tokens = service_tokens(auth)
    with pytest.raises(Unavailable) as caught:
        await tokens.get(AUTH_TOKENS_USE)
    assert "s3cret" not in str(caught.value)
    auth.answer("/oauth/token", 200, {"access_token": "good", "expires_in": 600})
    assert await tokens.get(AUTH_TOKENS_USE) == "good"


async def test_a_refused_token_is_renewed_once() -> None:
    """auth changed its keys: the call is made again with a new token, and fails when that is refused too."""
    auth = FarAuth()
    auth.answers["/internal/v1/x"] = lambda request: httpx.Response(
        200 if request.headers["authorization"] == "Bearer t2" else 401
    )
    api = InternalApi("http://auth", service_tokens(auth), auth.outward())
    answer = await api.call("GET", "/internal/v1/x", scope=AUTH_TOKENS_USE, operation="x")
    assert (answer.status, auth.paths().count("/internal/v1/x")) == (200, 2)
    auth.answer("/internal/v1/x", 401)
    with pytest.raises(Unavailable):
        await api.call("GET", "/internal/v1/x", scope=AUTH_TOKENS_USE, operation="x")
    assert auth.paths().count("/internal/v1/x") == 4


def test_a_problem_is_named_by_the_end_of_its_type() -> None:
    """Anything that is not a problem has no name."""
    assert problem_name(Answer(409, {}, b'{"type": "urn:passerelle:problem:consent-lost"}')) == "consent-lost"
    assert [problem_name(Answer(500, {}, body)) for body in (b"<html>", b"[]", b"{}")] == ["", "", ""]
    assert retry_after_seconds(Answer(503, {"retry-after": "7"}, b"")) == 7.0
    assert retry_after_seconds(Answer(503, {"retry-after": "Wed, 21 Oct"}, b"")) is None


def test_every_scope_has_a_meaning() -> None:
    """What is handed out is explained, and sellers never get what only services need."""
    assert SELLER_SCOPES | {scope for scopes in SERVICE_SCOPES.values() for scope in scopes} == set(MEANINGS)
    assert not SELLER_SCOPES & {AUTH_TOKENS_USE, AUTH_RESTRICTED_TOKENS_USE, AUTH_SESSIONS_RESOLVE}
