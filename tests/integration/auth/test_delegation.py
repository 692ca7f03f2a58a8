"""Connecting where sellers delegate in a portal: what shows whose the account is, and what does not."""

import logging
from datetime import timedelta

import pytest

from services.auth.adapters.tables import metadata
from shared.kernel.errors import ClientSecretInvalid, ConsentLost, RoleMissing, Unavailable
from tests.integration.auth.conftest import Running, run_auth
from tests.integration.auth.delegating import APP, BAZAAR, ONE, TWO, Bazaar
from tests.integration.auth.shops import claim, proven_shop, shop


async def audit(auth: Running) -> list[tuple[str, str | None]]:
    """What was done to connections, and the codes."""
    rows = await auth.rows("select action, reason from audit where action like 'connection.%' order by at, id")
    return [(row.action.removeprefix("connection."), row.reason) for row in rows]


async def test_a_seller_connects_by_delegation(fair: Running, bazaar: Bazaar) -> None:
    """The page says how; the claim waits; the delegation makes it ready, with one event and all its channels."""
    visitor = await fair.visitor().sign_up()
    how = (await visitor.get(f"/connections/{BAZAAR}/connect")).text
    assert "https://portal.bazaar.example/credentials" in how
    assert f"Choose {APP['listed_as']} in the list." in how
    made = await shop(fair, "4711", visitor, name="Our bazaar", login="api@shop.example")
    assert await made.state() == "unproven"
    page = await made.page()
    assert "Waiting for your delegation" in page
    assert "api@shop.example" in page
    assert await fair.events() == []
    assert (await made.token()).status_code == 409
    bazaar.delegated.add("4711")
    await made.check()
    ready = await made.connection()
    assert (ready["state"], ready["consent_version"], ready["expires_at"]) == ("authorised", 1, None)
    ((kind, body),) = await fair.events()
    assert (kind, body["consent_version"]) == ("auth.connection.authorised.v1", 1)
    assert [channel["id"] for channel in body["channels"]] == [ONE.id, TWO.id]
    assert "Ready: Our bazaar is connected" in await made.page()
    assert (await made.token()).status_code == 200
    assert await audit(fair) == [("claimed", None), ("proven", "delegation")]


async def test_the_worker_finds_the_delegation_by_itself(fair: Running, bazaar: Bazaar) -> None:
    """Whoever comes back later need not press anything; the next look is due soon."""
    made = await shop(fair, "4711")
    bazaar.delegated.add("4711")
    await made.probe_by_worker()
    assert await made.state() == "authorised"


async def test_a_delegation_from_before_proves_nothing(fair: Running, bazaar: Bazaar) -> None:
    """The page says the ways out; taken away, seen, and given again it does prove. Nothing is read meanwhile."""
    bazaar.delegated.add("4711")
    made = await shop(fair, "4711")
    for _ in range(2):
        await made.check()
    found = await made.connection()
    assert (found["state"], found["probe_outcome"]) == ("unproven", "ok")
    assert (found["reached_channels"], found["channels"]) == ([], [])
    page = await made.page()
    for way in ("Remove our access", "Use credentials of your own", "Ask the operator"):
        assert way in page
    bazaar.delegated.clear()
    await made.check()
    bazaar.delegated.add("4711")
    await made.check()
    assert await made.state() == "authorised"


async def test_credentials_of_the_sellers_own_prove(fair: Running, bazaar: Bazaar) -> None:
    """Let in already: authorised at once. Not yet: it waits, and is ready when the delegation is given."""
    bazaar.credentials |= {"1": ("id-1", "secret-1"), "2": ("id-2", "secret-2")}
    bazaar.delegated.add("1")
    let_in, not_yet = await shop(fair, "1"), await shop(fair, "2")
    assert (await let_in.prove("id-1", "secret-1")).status_code == 303
    assert await let_in.state() == "authorised"
    assert [each["id"] for each in (await let_in.connection())["channels"]] == [ONE.id, TWO.id]
    await not_yet.prove("id-2", "secret-2")
    assert await not_yet.state() == "waiting"
    assert "Bazaar does not let us in" in await not_yet.page()
    told = len(await fair.events())
    bazaar.delegated.add("2")
    await not_yet.check()
    found = await not_yet.connection()
    assert (found["state"], found["consent_version"]) == ("authorised", 1)
    assert len(await fair.events()) == told + 1
    assert ("proven", "credentials") in await audit(fair)
    proven = await fair.rows("select session_id from audit where action = 'connection.proven'")
    assert len({row.session_id for row in proven} - {None}) == 2  # each written under its connection's lease


async def test_wrong_credentials_are_refused_and_counted(fair: Running, bazaar: Bazaar) -> None:
    """A sentence beside the field; after ten wrong ones nobody asks the marketplace for a while."""
    bazaar.credentials["4711"] = ("id", "secret")
    made = await shop(fair, "4711")
    for _ in range(10):
        answer = await made.prove("id", "wrong")
        assert answer.status_code == 422
    assert "does not open this seller account" in answer.text
    asked = len(bazaar.tried)
    answer = await made.prove("id", "secret")
    assert (answer.status_code, answer.headers["retry-after"] != "0") == (429, True)
    assert len(bazaar.tried) == asked
    assert await made.state() == "unproven"
    fair.clock.ahead = timedelta(minutes=16)
    assert (await made.prove("id", "secret")).status_code == 303
    assert ("proof_refused", "credentials-refused") in await audit(fair)


async def test_secrets_and_logins_go_nowhere(
    fair: Running, bazaar: Bazaar, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Credentials are in no row, answer, log or event; a login is in its own column and page only."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "sqlalchemy")  # as a process has it, whatever its own level is
    bazaar.credentials["4711"] = ("own-client", "own-secret")
    made = await shop(fair, "4711", login="very-own-login")
    wrong = await made.prove("own-client", "wrong-secret")
    await made.prove("own-client", "own-secret")
    bazaar.delegated.add("4711")
    await made.check()
    assert await made.state() == "authorised"
    rows = {name: await fair.kept(name) for name in metadata.tables}
    logged = caplog.text + "".join(capsys.readouterr())
    for secret in ("own-secret", "wrong-secret", "own-client", "bazaar-token", "bazaar-refresh"):
        assert secret not in logged + wrong.text + "".join(rows.values())
    assert [name for name, kept in rows.items() if "very-own-login" in kept] == ["connection"]
    assert "very-own-login" not in logged + str(await made.connection())


async def test_a_claim_lapses(fair: Running, bazaar: Bazaar) -> None:
    """After thirty days the house-keeping ends it, as its page says; nobody hears of it; it can be made again."""
    made = await shop(fair, "4711")
    other = await proven_shop(fair, bazaar.delegated, "4712")
    assert "ends by itself" in await made.page()
    for days, state in ((29, "unproven"), (31, "disconnected")):
        fair.clock.ahead = timedelta(days=days)
        await fair.held.keep_house()
        (row,) = await fair.rows("select state from connection where id = :id", id=made.id)
        assert row.state == state
    assert await fair.rows("select 1 from connection where state = 'authorised'") != []
    assert len(await fair.events()) == 1
    assert ("lapsed", None) in await audit(fair)
    assert other.id != made.id


async def test_reconnecting_what_was_ended_claims_anew(fair: Running, bazaar: Bazaar) -> None:
    """The same connection with its settings; it must be proven again, and is the next consent."""
    made = await proven_shop(fair, bazaar.delegated, "4711")
    await made.disconnect()
    await made.visitor.submit(f"/connections/{made.id}/reconnect")
    assert await made.state() == "unproven"
    bazaar.delegated.clear()
    await made.check()
    bazaar.delegated.add("4711")
    await made.check()
    (found,) = await made.visitor.connections()
    assert (found["id"], found["state"], found["consent_version"]) == (made.id, "authorised", 2)


async def test_what_waits_goes_on_by_itself(fair: Running, bazaar: Bazaar) -> None:
    """The delegation is taken away from a proven account: it waits, holds its account, and resumes when let in."""
    made = await proven_shop(fair, bazaar.delegated, "4711")
    bazaar.delegated.clear()
    await made.probe_by_worker()
    assert await made.state() == "waiting"
    assert (await claim(await fair.visitor().sign_up(), "4711")).status_code == 409
    bazaar.delegated.add("4711")
    await made.visitor.submit(f"/connections/{made.id}/reconnect")
    found = await made.connection()
    assert (found["state"], found["consent_version"]) == ("authorised", 2)


async def test_an_answer_to_an_earlier_claim_is_discarded(fair: Running, bazaar: Bazaar) -> None:
    """While a refusal is under way the seller ends the claim and makes it again: that refusal was before it."""
    made = await shop(fair, "4711")

    async def claim_anew() -> None:
        bazaar.delegated.add("4711")
        await made.disconnect()
        await made.visitor.submit(f"/connections/{made.id}/reconnect")

    bazaar.meanwhile = claim_anew
    await made.probe_by_worker()
    await made.check()
    assert await made.state() == "unproven"


@pytest.mark.parametrize("trouble", [Unavailable(), RoleMissing()])
async def test_only_a_refusal_of_the_seller_counts(fair: Running, bazaar: Bazaar, trouble: Exception) -> None:
    """A marketplace that is down, or that lets our application do less, says nothing about the account."""
    bazaar.probe_trouble = trouble
    made = await shop(fair, "4711")
    assert await made.state() == "unproven"
    assert "not been able to ask" in await made.page()
    bazaar.probe_trouble = None
    bazaar.delegated.add("4711")
    await made.check()
    assert await made.state() == "unproven"


@pytest.mark.parametrize("trouble", [ClientSecretInvalid("ours"), ConsentLost("ours too")])
async def test_our_own_credentials_refused_touch_no_connection(
    fair: Running, bazaar: Bazaar, trouble: Exception
) -> None:
    """The shared grant is nobody's consent: proven ones stay, claims are not refused by it."""
    made, claimed = await proven_shop(fair, bazaar.delegated, "1"), await shop(fair, "2")
    bazaar.token_trouble = trouble
    await fair.rows("update access_grant set token_expires_at = now(), retry_at = null")
    answer = await made.token()
    assert (answer.status_code, answer.json()["type"]) == (502, "urn:passerelle:problem:client-secret-invalid")
    assert (await claimed.check()).status_code == 503
    assert [await each.state() for each in (made, claimed)] == ["authorised", "unproven"]


async def test_looking_at_once_is_not_for_ever(fair: Running, bazaar: Bazaar) -> None:
    """Thirty times in a quarter of an hour; then the page says to wait, and the marketplace is not asked."""
    made = await shop(fair, "4711")
    for _ in range(30):
        assert (await made.check()).status_code == 303
    asked = len(bazaar.probes)
    answer = await made.check()
    assert answer.status_code == 429
    assert "Too many attempts" in answer.text
    assert len(bazaar.probes) == asked


async def test_an_operator_may_ask_for_more_than_a_delegation(fair: Running, bazaar: Bazaar) -> None:
    """AUTH_DELEGATION_PROVES off: being let in after a refusal proves nothing, and no page says that it would."""
    strict = run_auth(fair.settings.model_copy(update={"delegation_proves": False}), fair.sandbox)
    try:
        bazaar.credentials["4711"] = ("id", "secret")
        made = await shop(strict, "4711")
        assert "use credentials of your own below" in await made.page()
        bazaar.delegated.add("4711")
        await made.check()
        assert await made.state() == "unproven"
        await made.prove("id", "secret")
        assert await made.state() == "authorised"
    finally:
        await strict.close()
