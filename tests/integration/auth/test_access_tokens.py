"""Access tokens for our services: one renewal for everybody, and nothing a stale process could overwrite."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.auth.conftest import PUBLIC_URL, Running
from tests.integration.auth.processes import api_process


class Connected:
    """A connected seller and a service that asks for its tokens."""

    def __init__(self, auth: Running, seller_id: str, connection_id: str, service: httpx.AsyncClient) -> None:
        self.auth = auth
        self.seller_id = seller_id
        self.id = connection_id
        self.service = service

    async def ask(self, rejected: int | None = None, base: str = PUBLIC_URL) -> httpx.Response:
        path = f"{base}/internal/v1/connections/{self.id}/access-token"
        return await self.service.post(path, json={"rejected": rejected})

    async def renewals(self) -> int:
        """Calls of the token endpoint so far."""
        return int((await self.auth.sandbox.calls("amazon.token"))["count"])

    async def expire(self, in_seconds: float = 0) -> None:
        await self.auth.rows(
            "update access_grant set token_expires_at = clock_timestamp() + make_interval(secs => :seconds)",
            seconds=in_seconds,
        )

    async def state(self) -> str:
        (row,) = await self.auth.rows("select state from connection")
        return str(row.state)


@pytest.fixture
async def connected(auth: Running) -> Connected:
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"])
    (connection,) = await visitor.connections()
    return Connected(auth, seller["seller_id"], connection["id"], await auth.service())


async def test_a_token_is_given_out_from_its_keep(connected: Connected) -> None:
    """While a token is good for a minute yet, nobody asks the far side."""
    before = await connected.renewals()
    first, second = await connected.ask(), await connected.ask()
    assert first.status_code == 200
    assert first.json() == second.json()
    assert (first.json()["token_version"], first.json()["consent_version"]) == (1, 1)
    assert await connected.renewals() == before


async def test_a_token_is_renewed_a_minute_before_it_ends(connected: Connected) -> None:
    """Good for 90 seconds: given out. For 59: renewed, the version rises."""
    first = (await connected.ask()).json()
    await connected.expire(in_seconds=90)
    assert (await connected.ask()).json()["access_token"] == first["access_token"]
    await connected.expire(in_seconds=59)
    second = (await connected.ask()).json()
    assert second["token_version"] == 2
    assert second["access_token"] != first["access_token"]


async def test_a_rejected_token_is_replaced_once(connected: Connected) -> None:
    """Everybody whose version 1 was refused gets version 2, from one renewal."""
    before = await connected.renewals()
    answers = await asyncio.gather(*(connected.ask(rejected=1) for _ in range(20)))
    assert {answer.json()["token_version"] for answer in answers} == {2}
    assert await connected.renewals() == before + 1
    assert (await connected.ask(rejected=1)).json()["token_version"] == 2


async def test_a_token_that_does_not_open_is_renewed(connected: Connected) -> None:
    """Altered, or sealed by a key that is gone: as if none were kept, by one renewal."""
    before = await connected.renewals()
    await connected.auth.rows("update access_grant set sealed_access_token = sealed_refresh_token || 'x'")
    answer = await connected.ask()
    assert (answer.status_code, answer.json()["token_version"]) == (200, 2)
    assert await connected.renewals() == before + 1


async def test_a_grant_that_does_not_open_is_told_as_unavailable(connected: Connected) -> None:
    """Its data key is damaged, so neither token opens: 503, and nothing is asked of the far side."""
    before = await connected.renewals()
    await connected.auth.rows("update access_grant set wrapped_key = wrapped_key || 'x'")
    assert (await connected.ask()).status_code == 503
    assert await connected.renewals() == before


async def test_a_version_that_never_was_renews_once(connected: Connected) -> None:
    """`rejected` from nowhere gives a newer token, and does not renew for ever."""
    before = await connected.renewals()
    assert (await connected.ask(rejected=999)).json()["token_version"] == 2
    assert await connected.renewals() == before + 1


async def test_two_hundred_callers_over_two_processes_cause_one_renewal(connected: Connected) -> None:
    """An expired token, 200 calls at once to two processes: one call of the token endpoint, one token for all."""
    before = await connected.renewals()
    settings = connected.auth.settings
    async with api_process(settings) as one, api_process(settings) as other, remote(connected) as ask:
        await connected.expire()
        await connected.auth.sandbox.fault("amazon.token", "slow", times=1, seconds=0.5)
        answers = await asyncio.gather(*(ask(process.url) for process in (one, other) for _ in range(100)))
    assert Counter(answer.status_code for answer in answers) == {200: 200}
    assert {answer.json()["token_version"] for answer in answers} == {2}
    assert await connected.renewals() == before + 1


async def test_a_frozen_process_overwrites_no_newer_token(connected: Connected) -> None:
    """
    SIGSTOP while the far side answers, until the lease is over and another process has renewed: what the first was
    given is discarded when it wakes.
    """
    async with api_process(connected.auth.settings) as frozen, remote(connected) as ask:
        await connected.expire()
        before = await connected.renewals()
        await connected.auth.sandbox.fault("amazon.token", "slow", times=1, seconds=1.5)
        waiting = asyncio.create_task(ask(frozen.url))
        while await connected.renewals() == before:
            await asyncio.sleep(0.02)
        frozen.freeze()
        await end_of_the_lease(connected)
        newer = await given(connected.ask)
        frozen.thaw()
        first = await waiting
        late = await given(lambda: ask(frozen.url))
        kept = await given(connected.ask)
    assert newer["token_version"] == 2
    assert first.status_code == 503 or first.json() == newer
    assert kept == late == newer


async def test_a_killed_holder_is_replaced_after_its_lease(connected: Connected) -> None:
    """A lease nobody gives back: the next caller waits, is told to come again, and renews once it is over."""
    await connected.expire()
    grant = (await connected.auth.rows("select id from access_grant"))[0].id
    await connected.auth.rows(
        "insert into lease (kind, subject, token, leased_until) "
        "values ('token', :grant, gen_random_uuid(), clock_timestamp() + interval '1 hour') "
        "on conflict (kind, subject) do update set token = excluded.token, leased_until = excluded.leased_until",
        grant=grant,
    )
    waiting = asyncio.create_task(connected.ask())
    await asyncio.sleep(0.3)
    await connected.auth.rows("update lease set leased_until = clock_timestamp() where kind = 'token'")
    assert (await waiting).json()["token_version"] == 2


async def test_who_waits_too_long_is_told_to_come_again(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    """After 8 seconds (here: half a second): 503 busy with Retry-After; no transaction was open meanwhile."""
    monkeypatch.setattr("services.auth.vault.tokens.WAIT_SECONDS", 0.5)
    await connected.expire()
    grant = (await connected.auth.rows("select id from access_grant"))[0].id
    async with connected.auth.held.claims.lease_of("token", grant):
        waiting = asyncio.create_task(connected.ask())
        await asyncio.sleep(0.25)
        open_now = await connected.auth.rows(
            "select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'"
        )
        answer = await waiting
    assert open_now == []
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:passerelle:problem:busy")
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_renewal_outlives_its_request(connected: Connected) -> None:
    """The caller goes away while the far side is slow: the token is renewed all the same, by one call."""
    await connected.expire()
    before = await connected.renewals()
    await connected.auth.sandbox.fault("amazon.token", "slow", times=1, seconds=0.5)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(connected.ask(), 0.2)
    answer = await connected.ask()
    assert answer.json()["token_version"] == 2
    assert await connected.renewals() == before + 1


async def test_a_revoked_consent_is_noticed_and_told(connected: Connected) -> None:
    """invalid_grant: the connection is revoked, with an event; callers are told consent-lost, at no further cost."""
    await connected.auth.sandbox.revoke(connected.seller_id)
    await connected.expire()
    before = await connected.renewals()
    answer = await connected.ask()
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:passerelle:problem:consent-lost")
    assert await connected.state() == "revoked"
    kind, body = (await connected.auth.events())[-1]
    assert (kind, body["state"]) == ("auth.connection.revoked.v1", "revoked")
    assert (await connected.ask()).status_code == 409
    assert await connected.renewals() == before + 1


@pytest.mark.parametrize(
    ("fault", "status", "name"),
    [
        ("server_error", 503, "far-side-unavailable"),
        ("html_502", 503, "far-side-unavailable"),
        ("malformed_record", 503, "far-side-unavailable"),
        ("throttle", 503, "throttled"),
        ("expired_secret", 502, "client-secret-invalid"),
    ],
)
async def test_a_failing_token_endpoint_is_told_by_what_to_do_next(
    connected: Connected, fault: str, status: int, name: str
) -> None:
    """The connection stays authorised; nobody asks again for a while; then it works by itself."""
    await connected.expire()
    before = await connected.renewals()
    await connected.auth.sandbox.fault("amazon.token", fault, times=1)
    for _ in range(3):
        answer = await connected.ask()
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:passerelle:problem:{name}")
    assert await connected.renewals() == before + 1
    assert await connected.state() == "authorised"
    if status == 503:
        assert int(answer.headers["retry-after"]) >= 1
    await connected.auth.rows("update access_grant set retry_at = clock_timestamp()")
    assert (await connected.ask()).status_code == 200


async def test_a_report_of_an_older_consent_is_ignored(connected: Connected) -> None:
    """Only a report of the newest consent makes auth look."""
    await report(connected, 0)
    assert await suspected(connected) is False
    await report(connected, 1)
    assert await suspected(connected) is True
    assert await connected.state() == "authorised"


async def test_unknown_connections_are_404(connected: Connected) -> None:
    """A connection that does not exist has no token and takes no report."""
    path = f"/internal/v1/connections/{uuid4()}"
    assert (await connected.service.post(f"{path}/access-token", json={})).status_code == 404
    assert (await connected.service.post(f"{path}/consent-lost", json={"consent_version": 1})).status_code == 404


async def report(connected: Connected, consent_version: int) -> None:
    path = f"/internal/v1/connections/{connected.id}/consent-lost"
    answer = await connected.service.post(path, json={"consent_version": consent_version})
    assert answer.status_code == 202


async def suspected(connected: Connected) -> bool:
    (row,) = await connected.auth.rows("select suspected_at from connection")
    return row.suspected_at is not None


async def end_of_the_lease(connected: Connected) -> None:
    """As if its 15 seconds had passed."""
    await connected.auth.rows("update lease set leased_until = clock_timestamp() where kind = 'token'")


async def given(ask: Callable[[], Awaitable[httpx.Response]]) -> dict[str, Any]:
    """The token; who is told to come again does so."""
    while (answer := await ask()).status_code == 503:
        assert answer.headers["retry-after"]
        await asyncio.sleep(0.2)
    token: dict[str, Any] = answer.json()
    return token


@asynccontextmanager
async def remote(connected: Connected) -> AsyncIterator[Callable[[str], Coroutine[None, None, httpx.Response]]]:
    """Asks API processes over HTTP with the service's token."""
    headers = {"authorization": connected.service.headers["authorization"]}
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=60, limits=limits) as client:

        async def ask(url: str) -> httpx.Response:
            path = f"{url}/internal/v1/connections/{connected.id}/access-token"
            return await client.post(path, json={"rejected": None})

        yield ask
