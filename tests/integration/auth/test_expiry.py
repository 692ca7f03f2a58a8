"""A consent's last days: what is told, what goes on, what stops, and what a renewal gives back."""

from datetime import UTC, datetime, timedelta

import pytest

from services.auth.bootstrap import PROBE
from shared.kernel.clock import SystemClock
from tests.integration.auth.conftest import Running, Visitor, run_auth
from tests.integration.auth.shops import API
from tests.integration.auth.test_pause import connected

NEAR, OVER = timedelta(days=336), timedelta(days=366)
DAY = timedelta(days=1)


async def days_later(auth: Running, ahead: timedelta) -> None:
    """The consent is so much older: its row is moved, not the clock, which sessions and tokens live by too."""
    await auth.rows(
        "update connection set authorised_at = authorised_at - cast(:by as interval), "
        "expires_at = expires_at - cast(:by as interval), probed_at = probed_at - cast(:by as interval)",
        by=ahead,
    )
    await auth.rows("update organisation set reminded_at = reminded_at - cast(:by as interval)", by=ahead)
    await auth.held.keep_house()


async def probed(auth: Running) -> None:
    async with auth.held.claims.lease(PROBE) as lease:
        assert lease is not None, "due at once"
        await auth.held.probe(lease)


async def state(visitor: Visitor) -> str:
    (found,) = await visitor.connections()
    return str(found["state"])


async def kinds(auth: Running) -> list[str]:
    """What was told of it, in order, but for the channels that the first probe found."""
    told = [kind.removeprefix("auth.connection.").removesuffix(".v1") for kind, _ in await auth.events()]
    return [kind for kind in told if kind != "settings_changed"]


async def test_thirty_days_before_its_end_it_is_told_once_and_works(auth: Running) -> None:
    """A warning on every page with the day, in the reader's language; the event once; tokens are given as before."""
    visitor, its = await connected(auth)
    await days_later(auth, timedelta(days=334))
    assert (await state(visitor), "to be renewed by" in (await visitor.get("/settings")).text) == ("authorised", False)
    await days_later(auth, DAY * 2)
    await auth.held.keep_house()
    assert await kinds(auth) == ["authorised", "expiring"]
    (found,) = await visitor.connections()
    ends = datetime.fromisoformat(found["expires_at"])
    assert (found["state"], ends - SystemClock().now() < timedelta(days=30)) == ("expiring", True)
    for path in ("/settings", "/connections", f"/connections/{its}"):
        page = (await visitor.get(path)).text
        assert ("One authorisation is to be renewed by" in page, f"{ends:%Y-%m-%d}" in page) == (True, True)
    assert "Une autorisation est à renouveler avant le" in (await visitor.get("/settings?language=fr")).text
    assert "Everything goes on until then" in (await visitor.get(f"/connections/{its}?language=en")).text
    service = await auth.service()
    assert (await service.post(f"/internal/v1/connections/{its}/access-token", json={})).status_code == 200


async def test_other_services_hear_what_every_page_warns_of(auth: Running) -> None:
    """With the session, from auth: how many, and the first day; nothing where nothing ends."""
    visitor, _ = await connected(auth)
    service, cookie = await auth.service(scope="auth.sessions:resolve"), visitor.client.cookies["passerelle_session"]
    answer = await service.post("/internal/v1/sessions/resolve", json={"session": cookie})
    assert answer.json()["ending"] is None
    await days_later(auth, NEAR)
    (found,) = await visitor.connections()
    answer = await service.post("/internal/v1/sessions/resolve", json={"session": cookie})
    assert answer.json()["ending"] == {"connections": 1, "first_at": found["expires_at"]}
    stranger = await auth.visitor().sign_up()
    answer = await service.post(
        "/internal/v1/sessions/resolve", json={"session": stranger.client.cookies["passerelle_session"]}
    )
    assert answer.json()["ending"] is None


async def test_at_its_end_the_far_side_is_asked_and_what_works_goes_on(auth: Running) -> None:
    """A probe is due at once; it answers: nothing stops, and pages say that the time is over."""
    visitor, its = await connected(auth)
    await days_later(auth, OVER)
    await auth.held.keep_house()
    await probed(auth)
    await auth.held.keep_house()
    assert await state(visitor) == "expiring"
    assert "Its time is over, and it still works" in (await visitor.get(f"/connections/{its}")).text
    assert await kinds(auth) == ["authorised", "expiring"]


async def test_where_it_is_set_so_what_works_stops_at_its_end(auth: Running) -> None:
    """Deactivated, not invalidated: tokens are still given, for what is owed; a new consent gives all of it back."""
    strict = run_auth(auth.settings.model_copy(update={"expired_goes_on": False}), auth.sandbox)
    try:
        visitor, its = await connected(strict)
        (before,) = await visitor.connections()
        await days_later(strict, OVER)
        await strict.held.keep_house()
        assert await state(visitor) == "expiring", "not before the far side was asked"
        await probed(strict)
        await strict.held.keep_house()
        assert (await state(visitor), await kinds(strict)) == ("expired", ["authorised", "expiring", "expired"])
        page = (await visitor.get(f"/connections/{its}")).text
        assert ("No order is read and no stock is sent" in page, ">Reconnect<" in page) == (True, True)
        assert ("is to be renewed, over since" in page, "to be renewed by" in page) == (True, False)
        service = await strict.service()
        assert (await service.post(f"/internal/v1/connections/{its}/access-token", json={})).status_code == 200
        assert await strict.rows("select 1 from connection where probe_due_at is not null") == []
        await visitor.connect(before["seller_id"])
        (after,) = await visitor.connections()
        kept = ("id", "name", "channels", "chosen_channels")
        assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
        assert (after["state"], after["consent_version"]) == ("authorised", 2)
        left = datetime.fromisoformat(after["expires_at"]) - datetime.now(UTC)
        assert timedelta(days=364) < left <= timedelta(days=365)
        done = [
            row.action
            for row in await strict.rows("select action from audit where action like 'connection.%' order by at, id")
        ]
        assert done[-3:] == ["connection.expiring", "connection.expired", "connection.authorised"]
    finally:
        await strict.close()


async def test_what_is_resumed_past_its_end_has_stopped(auth: Running) -> None:
    """At once, where it is set so, by page and API: nobody works on it until an hourly look, and one event tells it."""
    strict = run_auth(auth.settings.model_copy(update={"expired_goes_on": False}), auth.sandbox)
    try:
        visitor, its = await connected(strict)
        other, that = await connected(strict)
        await visitor.submit(f"/connections/{its}/pause")
        await other.submit(f"/connections/{that}/pause")
        await days_later(strict, OVER)
        await visitor.submit(f"/connections/{its}/resume")
        assert await state(visitor) == "expired"
        csrf = {"x-csrf-token": await other.csrf()}
        answer = await other.client.post(f"{API}/{that}/resume", headers=csrf)
        assert answer.json()["state"] == "expired"
        assert (await kinds(strict))[-4:] == ["paused", "paused", "expired", "expired"]
        assert await strict.rows("select 1 from connection where probe_due_at is not null") == []
    finally:
        await strict.close()


@pytest.mark.parametrize("days", [1, 40])
async def test_what_is_refused_at_its_end_has_expired(auth: Running, days: int) -> None:
    """Whether the last probe was the first to find it, or it was refused before."""
    visitor, _ = await connected(auth)
    await days_later(auth, timedelta(days=365 - days))
    await auth.sandbox.fault("amazon.getMarketplaceParticipations", "token_rejected", times=0)
    await auth.rows("update connection set probe_due_at = clock_timestamp()")
    await probed(auth)
    assert await state(visitor) == "waiting"
    await days_later(auth, timedelta(days=days + 1))
    await auth.held.keep_house()
    assert await state(visitor) == "waiting", "asked once more first"
    await probed(auth)
    await auth.held.keep_house()
    assert await state(visitor) == "expired"
    assert (await kinds(auth))[-1] == "expired"


async def test_nothing_ends_because_the_far_side_is_down(auth: Running) -> None:
    """The last probe has no answer: the connection goes on until one comes."""
    strict = run_auth(auth.settings.model_copy(update={"expired_goes_on": False}), auth.sandbox)
    try:
        visitor, _ = await connected(strict)
        await days_later(strict, OVER)
        for _ in range(3):
            await strict.held.keep_house()
        assert await state(visitor) == "expiring"
    finally:
        await strict.close()
