"""A connection at rest: by the page, over the API, and what nobody gets meanwhile."""

from services.auth.bootstrap import PROBE
from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.delegating import Bazaar
from tests.integration.auth.shops import API, proven_shop


async def connected(auth: Running) -> tuple[Visitor, str]:
    """A seller with one connection, and its id."""
    visitor = await auth.visitor().sign_up()
    seller = await auth.sandbox.seller(region="eu")
    await visitor.connect(seller["seller_id"])
    (found,) = await visitor.connections()
    return visitor, str(found["id"])


async def test_a_connection_is_paused_and_resumed_on_its_page(auth: Running) -> None:
    """Said with what it means, and undone by one button; both are in the events and in the audit, with who did it."""
    visitor, its = await connected(auth)
    path = f"/connections/{its}"
    before = (await visitor.connections())[0]
    assert (await visitor.submit(f"{path}/pause")).headers["location"] == path
    page = (await visitor.get(path)).text
    assert ("At rest until you resume it" in page, ">Pause<" in page, ">Resume<" in page) == (True, False, True)
    assert "At rest until you resume it" in (await visitor.get("/connections")).text
    assert (await visitor.submit(f"{path}/resume")).headers["location"] == path
    after = (await visitor.connections())[0]
    assert after | {"probed_at": None} == before | {"probed_at": None}
    told = [(kind, body["state"]) for kind, body in await auth.events()]
    assert told[-2:] == [("auth.connection.paused.v1", "paused"), ("auth.connection.resumed.v1", "authorised")]
    rows = await auth.rows("select action, account_id from audit where action like 'connection.%ed' order by at")
    done = [row.action for row in rows if row.account_id is not None]
    assert done[-2:] == ["connection.paused", "connection.resumed"]


async def test_nothing_is_asked_for_a_paused_connection(auth: Running) -> None:
    """No service gets a token and no probe is due; reports change nothing. Resumed, all is as before."""
    visitor, its = await connected(auth)
    csrf, path = {"x-csrf-token": await visitor.csrf()}, f"{API}/{its}"
    service = await auth.service()
    internal = f"/internal/v1/connections/{its}"
    assert (await service.post(f"{internal}/access-token", json={})).status_code == 200
    assert (await visitor.client.post(f"{path}/pause", headers=csrf)).json()["state"] == "paused"
    assert (await visitor.client.post(f"{path}/pause", headers=csrf)).json()["state"] == "paused"
    refused = await service.post(f"{internal}/access-token", json={})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:passerelle:problem:consent-lost")
    await service.post(f"{internal}/consent-lost", json={"consent_version": 1})
    (row,) = await auth.rows("select state, probe_due_at, suspected_at from connection")
    assert tuple(row) == ("paused", None, None)
    assert (await visitor.client.post(f"{path}/resume", headers=csrf)).json()["state"] == "authorised"
    assert (await service.post(f"{internal}/access-token", json={})).status_code == 200
    assert len([kind for kind, _ in await auth.events() if kind.endswith("paused.v1")]) == 1


async def test_a_consent_withdrawn_meanwhile_is_found_when_it_is_resumed(auth: Running) -> None:
    """The probe that is due at once renews nothing: the seller is told to reconnect, and reconnecting mends it."""
    visitor, its = await connected(auth)
    (found,) = await visitor.connections()
    await visitor.submit(f"/connections/{its}/pause")
    await auth.sandbox.revoke(found["seller_id"])
    await auth.rows("update access_grant set token_expires_at = clock_timestamp()")
    await visitor.submit(f"/connections/{its}/resume")
    async with auth.held.claims.lease(PROBE) as lease:
        assert lease is not None, "due at once"
        await auth.held.probe(lease)
    assert (await visitor.connections())[0]["state"] == "revoked"
    await visitor.connect(found["seller_id"])
    assert (await visitor.connections())[0]["state"] == "authorised"


async def test_only_what_works_can_be_paused(auth: Running) -> None:
    """Ended: there is nothing to pause, on the page and over the API; resuming changes nothing."""
    visitor, its = await connected(auth)
    await visitor.submit(f"/connections/{its}/disconnect")
    page = await visitor.submit(f"/connections/{its}/pause", page=f"/connections/{its}")
    assert (page.status_code, "nothing to pause" in page.text) == (409, True)
    csrf = {"x-csrf-token": await visitor.csrf()}
    answer = await visitor.client.post(f"{API}/{its}/pause", headers=csrf)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:passerelle:problem:not-running")
    assert (await visitor.client.post(f"{API}/{its}/resume", headers=csrf)).json()["state"] == "disconnected"


async def test_a_refused_delegation_that_was_paused_is_refused_until_the_far_side_answers(
    fair: Running, bazaar: Bazaar
) -> None:
    """Resumed it waits, as before; let in again, it works."""
    made = await proven_shop(fair, bazaar.delegated, "4711")
    bazaar.delegated.remove("4711")
    await made.probe_by_worker()
    assert await made.state() == "waiting"
    await made.visitor.submit(f"/connections/{made.id}/pause")
    assert await made.state() == "paused"
    await made.visitor.submit(f"/connections/{made.id}/resume")
    assert await made.state() == "waiting"
    bazaar.delegated.add("4711")
    await made.probe_by_worker()
    assert await made.state() == "authorised"
