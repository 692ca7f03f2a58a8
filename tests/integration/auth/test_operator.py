"""What an operator sees of connections, and does to one."""

import json
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from services.auth.bootstrap import PROBE
from services.auth.domain.mail import Letter
from services.auth.entrypoints import gauges
from services.auth.offers_bootstrap import unlisted_of
from tests.integration.auth.conftest import APP, Running
from tests.integration.auth.operating import Operate, operating
from tests.integration.auth.test_expiry import DAY, NEAR, days_later
from tests.integration.auth.test_pause import connected

NOBODYS = "0190b5a0-0000-7000-8000-000000000000"


class Taking:
    async def send(self, letter: Letter) -> None: ...


@pytest.fixture
def operate(auth: Running, capsys: pytest.CaptureFixture[str]) -> Operate:
    return operating(auth, capsys)


async def test_connections_are_listed_and_shown(auth: Running, operate: Operate) -> None:
    """For people and for programs, by state; ids and codes, and nothing that anybody wrote."""
    visitor, its = await connected(auth)
    await visitor.submit(f"/connections/{its}/name", name="Kept to themselves", page=f"/connections/{its}")
    _, other = await connected(auth)
    assert (await operate("connections", "pause", other))[0] == 0
    status, said = await operate("connections", "list")
    assert (status, its in said, other in said, "Kept to" in said, "expires_at" in said) == (0, True, True, False, True)
    status, said = await operate("connections", "list", "--state", "paused", "--json")
    assert (status, [one["id"] for one in json.loads(said)]) == (0, [other])
    status, said = await operate("connections", "show", its, "--json")
    (shown,) = json.loads(said)
    (found,) = await visitor.connections()
    assert (status, shown["seller_id"], shown["state"]) == (0, found["seller_id"], "authorised")
    assert "name" not in shown
    assert (await operate("connections", "show", NOBODYS))[0] == 1
    status, said = await operate("connections", "list", "--state", "lost")
    assert (status, "authorised, expiring" in said) == (2, True)


async def test_a_connection_is_paused_resumed_and_probed_by_hand(auth: Running, operate: Operate) -> None:
    """As its members could; the audit says who. What cannot be done has a status and a sentence."""
    visitor, its = await connected(auth)
    assert await operate("connections", "pause", its) == (0, "done\n")
    status, said = await operate("connections", "probe", its)
    assert (status, "neither works nor waits" in said) == (1, True)
    assert (await operate("connections", "resume", its))[0] == 0
    await auth.rows("update connection set probe_due_at = now() + interval '1 day'")
    assert (await operate("connections", "probe", its))[0] == 0
    async with auth.held.claims.lease(PROBE) as lease:
        assert lease is not None, "due at once"
        await auth.held.probe(lease)
    assert (await visitor.connections())[0]["state"] == "authorised"
    done = await auth.rows("select action from audit where reason = 'operator' order by at, id")
    assert [row.action for row in done] == ["connection.paused", "connection.resumed", "connection.probe_asked"]
    for action in ("pause", "resume", "probe", "remind", "disconnect"):
        assert (await operate("connections", action, NOBODYS))[0] == 1


async def test_a_reminder_is_asked_for(auth: Running, operate: Operate) -> None:
    """Before its week is over; not where nothing ends."""
    _, its = await connected(auth)
    status, said = await operate("connections", "remind", its)
    assert (status, "does not end" in said) == (1, True)
    await days_later(auth, NEAR)
    await days_later(auth, DAY)
    await auth.rows("delete from mail")
    assert (await operate("connections", "remind", its))[0] == 0
    await auth.held.keep_house()
    assert len(await auth.rows("select 1 from mail")) == 1


async def test_operators_watch_states_and_ends(auth: Running) -> None:
    """Counted from the tables, whatever was counted before; a state that nothing is in is none."""
    _, its = await connected(auth)
    await connected(auth)
    await days_later(auth, NEAR)
    await auth.rows("update connection set expires_at = expires_at + interval '20 days' where id = :id", id=its)
    await auth.rows("update mail set due_at = now() - interval '2 hours'")
    for paused in (0, 1):
        gauges.show(await auth.held.views.standing(), auth.held)
        seen = {
            state: _value("auth_connections", marketplace="amazon", state=state)
            for state in ("expiring", "paused", "revoked")
        }
        assert seen == {"expiring": 2 - paused, "paused": paused, "revoked": 0}
        assert 28 < _value("auth_nearest_end_days") < 30
        assert _value("auth_oldest_unsent_mail_seconds") == 0, "nobody sends it here"
        gauges.show(await auth.held.views.standing(), replace(auth.held, mailer=Taking()))
        assert _value("auth_oldest_unsent_mail_seconds") >= 7200
        await auth.rows("update connection set state = 'paused' where id = :id", id=its)


async def test_operators_watch_how_full_an_application_is(auth: Running) -> None:
    """All its regions together; who disconnected is not counted here; one that is listed has no limit."""
    labels = {"marketplace": "amazon", "application": APP["application_id"]}
    visitor = await auth.visitor().sign_up()
    for region in ("eu", "na"):
        await visitor.connect((await auth.sandbox.seller(region=region))["seller_id"], region)
    gauges.show(await auth.held.views.standing(), auth.held)
    assert (_value("auth_unlisted_sellers", **labels), _value("auth_unlisted_sellers_most", **labels)) == (2, 25)
    first = (await visitor.connections())[0]
    await visitor.submit(f"/connections/{first['id']}/disconnect")
    gauges.show(await auth.held.views.standing(), auth.held)
    assert _value("auth_unlisted_sellers", **labels) == 1
    apps = {region: app.model_copy(update={"listed": True}) for region, app in auth.settings.apps["amazon"].items()}
    assert unlisted_of(auth.settings.model_copy(update={"apps": {"amazon": apps}})) == ()


def _value(name: str, **labels: str) -> float:
    value = REGISTRY.get_sample_value(name, labels)
    assert value is not None
    return value
