"""What auth says about a connection's token becomes what the caller does next."""

from uuid import UUID

import pytest
from pydantic import SecretStr

from shared.access.access_tokens import RemoteAccessTokens
from shared.access.internal import ServiceTokens
from shared.kernel.errors import ClientSecretInvalid, ConsentLost, FarSideError, Throttled, Unavailable
from shared.kernel.ids import ConnectionId
from tests.unit.access.far_auth import START, FarAuth, TurnedClock

CONNECTION = ConnectionId(UUID("01890a5d-ac96-774b-bcce-b302099a8057"))
TOKEN = f"/internal/v1/connections/{CONNECTION}/access-token"
LOST = f"/internal/v1/connections/{CONNECTION}/consent-lost"
GOOD = {"access_token": "Atza|x", "token_version": 3, "consent_version": 2, "expires_at": START.isoformat()}


def access_tokens(auth: FarAuth, clock: TurnedClock | None = None) -> RemoteAccessTokens:
    outward, clock = auth.outward(), clock or TurnedClock()
    own = ServiceTokens("http://auth", "orders", SecretStr("s"), outward, clock=clock)
    return RemoteAccessTokens("http://auth", own, outward, clock=clock)


async def test_a_token_comes_with_its_versions() -> None:
    """Value, versions and end as auth says; what was rejected is named in the question."""
    auth = FarAuth()
    auth.answer(TOKEN, 200, GOOD)
    token = await access_tokens(auth).get(CONNECTION, rejected=2)
    assert (token.value, token.token_version, token.consent_version, token.expires_at) == ("Atza|x", 3, 2, START)
    assert auth.body() == {"rejected": 2}
    assert "Atza" not in repr(token)


@pytest.mark.parametrize(
    ("status", "name", "error", "wait"),
    [
        (409, "consent-lost", ConsentLost, None),
        (404, "not-found", ConsentLost, None),
        (502, "client-secret-invalid", ClientSecretInvalid, None),
        (503, "far-side-unavailable", Unavailable, 9.0),
        (503, "busy", Unavailable, 9.0),
        (503, "throttled", Throttled, 9.0),
        (500, "bug", Unavailable, 9.0),
    ],
)
async def test_every_problem_is_an_error(status: int, name: str, error: type[FarSideError], wait: float | None) -> None:
    """Completely: each problem type auth has, with how long to wait."""
    auth = FarAuth()
    auth.problem(TOKEN, status, name, {"retry-after": "9"})
    with pytest.raises(error) as caught:
        await access_tokens(auth).get(CONNECTION)
    assert caught.value.code == name.replace("-", "_")
    assert getattr(caught.value, "retry_after_seconds", None) == wait


async def test_an_unreadable_answer_is_unavailable() -> None:
    """A half-deployed auth is waited for."""
    auth = FarAuth()
    auth.answer(TOKEN, 200, GOOD | {"expires_at": "2026-11-22T08:00:00"})  # without a time zone
    with pytest.raises(Unavailable):
        await access_tokens(auth).get(CONNECTION)


async def test_auth_away_is_unavailable() -> None:
    """No connection to auth: nothing is known about the consent."""
    with pytest.raises(Unavailable):
        await access_tokens(FarAuth(answers={})).get(CONNECTION)


async def test_a_lost_consent_is_reported_with_its_version() -> None:
    """So that auth ignores reports about older consents; a connection that is gone needs no report."""
    auth = FarAuth()
    for status in (202, 404):
        auth.answer(LOST, status)
        await access_tokens(auth).report_consent_lost(CONNECTION, 4)
    assert auth.body() == {"consent_version": 4}
    auth.answer(LOST, 503)
    with pytest.raises(Unavailable):
        await access_tokens(auth).report_consent_lost(CONNECTION, 4)


async def test_a_token_is_asked_for_once_a_turn() -> None:
    """Kept for ten seconds; not beyond, not once it was refused, and not once its consent was reported lost."""
    auth, clock = FarAuth(), TurnedClock()
    auth.answer(TOKEN, 200, GOOD)
    auth.answer(LOST, 202)
    tokens = access_tokens(auth, clock)
    for _ in range(3):
        await tokens.get(CONNECTION)
    assert auth.paths().count(TOKEN) == 1
    await tokens.get(CONNECTION, rejected=3)
    await tokens.get(CONNECTION)
    assert auth.paths().count(TOKEN) == 2
    clock.seconds += 10
    await tokens.get(CONNECTION)
    assert auth.paths().count(TOKEN) == 3
    await tokens.report_consent_lost(CONNECTION, 2)
    await tokens.get(CONNECTION)
    assert auth.paths().count(TOKEN) == 4
