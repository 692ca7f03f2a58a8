"""Multi-Channel Fulfillment: by our application or one's own, at Amazon's production or sandbox endpoint."""

import asyncio
from typing import Any

import httpx
import pytest

from services.auth.bootstrap import PROBE
from tests.integration.auth.conftest import MCF_APP, PUBLIC_URL, Running, Visitor
from tests.integration.auth.private import add, bring, registered
from tests.integration.auth.test_settings_of_connections import ask

MCF = "amazon_mcf"
LIST = "amazon.listAllFulfillmentOrders"
API = "/api/auth/v1/connections"


async def seller(auth: Running, seller_id: str = "A1MCF", **fields: Any) -> str:
    """A seller who takes part in no store: other shops' orders are shipped by Amazon for them."""
    made = await auth.sandbox.seller(seller_id, channels=[], **fields)
    return str(made["refresh_token"])


async def connect(visitor: Visitor, seller_id: str = "A1MCF", **fields: str) -> httpx.Response:
    begun = await visitor.begin(marketplace=MCF, country="DE", **fields)
    return await visitor.get(await visitor.confirm(begun, seller_id))


async def asked(auth: Running) -> list[str]:
    """The endpoints that were asked, in order."""
    return [call["endpoint"] for call in (await auth.sandbox.calls(LIST))["calls"]]


async def test_an_account_without_a_store_is_connected_in_the_sandbox_and_moved(auth: Running) -> None:
    """
    Asked for orders it has, not for participations it has none of; each page, the API and the event name the endpoint.
    Moved to production it is asked there at once; consenting again keeps the endpoint. Seen red with the sellers'
    probe, and with a call that does not heed the endpoint.
    """
    await seller(auth)
    visitor = await auth.visitor().sign_up()
    connect_page = (await visitor.get("/connections")).text.split('value="amazon_mcf"')[1]
    assert "Product Listing, Amazon Fulfillment, Inventory and Order Tracking" in connect_page
    page = (await visitor.get((await connect(visitor, endpoint="sandbox")).headers["location"])).text
    assert "no order is handed over for fulfillment yet" in page
    assert ">Sandbox</span>" in page
    (one,) = await visitor.connections()
    assert (one["marketplace"], one["endpoint"], one["state"], one["probe_outcome"], one["channels"]) == (
        MCF,
        "sandbox",
        "authorised",
        "ok",
        [],
    )
    assert await asked(auth) == ["sandbox"]
    assert "buyers" not in str((await auth.sandbox.calls(LIST))["calls"][0]["query"])
    its = f"/connections/{one['id']}"
    assert ">Sandbox</span>" in (await visitor.get(its)).text
    assert (await visitor.submit(f"{its}/endpoint", page=its, endpoint="production")).status_code == 303
    assert ">Production</span>" in (await visitor.get(its)).text
    assert await asked(auth) == ["sandbox", "production"]
    await connect(visitor, endpoint="sandbox")
    (again,) = await visitor.connections()
    assert (again["endpoint"], again["consent_version"]) == ("production", 2)
    told = [(kind.split(".")[2], body["endpoint"]) for kind, body in await auth.events()]
    assert told == [("authorised", "sandbox"), ("settings_changed", "production"), ("authorised", "production")]
    (deed,) = await auth.rows("select before, after from audit where action = 'connection.endpoint_changed'")
    assert tuple(deed) == ("sandbox", "production")


async def test_a_program_moves_it(auth: Running) -> None:
    """
    Asked there at once, told and written down once, however often it is said. Where there is no test endpoint the field
    is named and nothing of that call is kept. Seen red with the field heeded at every marketplace.
    """
    await seller(auth)
    visitor = await auth.visitor().sign_up()
    await connect(visitor)
    (one,) = await visitor.connections()
    for endpoint in ("sandbox", "sandbox"):
        moved = await ask(visitor, "PATCH", f"/{one['id']}", endpoint=endpoint)
        assert (moved.status_code, moved.json()["endpoint"]) == (200, "sandbox"), moved.text
        assert await asked(auth) == ["production", "sandbox"]
    assert (await ask(visitor, "PATCH", f"/{one['id']}", name="Ours")).json()["endpoint"] == "sandbox"
    assert len(await auth.rows("select 1 from audit where action = 'connection.endpoint_changed'")) == 1
    told = [(kind.split(".")[2], body["endpoint"]) for kind, body in await auth.events()]
    assert told == [("authorised", "production"), *[("settings_changed", "sandbox")] * 2]
    await visitor.connect(str((await auth.sandbox.seller())["seller_id"]))
    _, other = await visitor.connections()
    refused = await ask(visitor, "PATCH", f"/{other['id']}", endpoint="sandbox", name="Other")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "endpoint")
    assert (await visitor.connections())[1] == other
    stranger = await auth.visitor().sign_up()
    assert (await ask(stranger, "PATCH", f"/{one['id']}", endpoint="production")).status_code == 404


async def test_what_the_former_endpoint_answers_late_says_nothing_of_the_new_one(auth: Running) -> None:
    """Moved while it was asked: the other one is asked next. Seen red with the endpoint left out of what must agree."""
    await seller(auth)
    visitor = await auth.visitor().sign_up()
    await connect(visitor, endpoint="sandbox")
    (one,) = await visitor.connections()
    await auth.rows("update connection set probe_due_at = clock_timestamp()")
    await auth.sandbox.fault(LIST, "slow", times=1, seconds=1.0)
    async with auth.held.claims.lease(PROBE) as lease:
        assert lease is not None
        asking = asyncio.ensure_future(auth.held.probe(lease))
        while await auth.sandbox.faults():
            await asyncio.sleep(0.02)
        its = f"/connections/{one['id']}"
        assert (await visitor.submit(f"{its}/endpoint", page=its, endpoint="production")).status_code == 303
        await asking
    async with auth.held.claims.lease(PROBE) as lease:
        assert lease is not None
        await auth.held.probe(lease)
    assert (await asked(auth))[-2:] == ["sandbox", "production"]


async def test_a_private_application_reaches_it_where_it_says(auth: Running) -> None:
    """A row of one's own application, in the sandbox; a new token keeps it there, whatever its form says."""
    await registered(auth, vendors=False)
    token = await seller(auth, application_id="amzn1.sp.solution.own")
    visitor = await auth.visitor().sign_up()
    assert (await bring(visitor, marketplace=MCF)).status_code == 303
    for endpoint in ("sandbox", "production"):
        assert (await add(visitor, token, "A1MCF", MCF, endpoint=endpoint)).status_code == 303
    (one,) = await visitor.connections()
    assert (one["endpoint"], one["consent_version"], one["expires_at"]) == ("sandbox", 2, None)
    assert await asked(auth) == ["sandbox", "sandbox"]
    assert ">Sandbox</span>" in (await visitor.get(f"/connections/{MCF}/private")).text


async def test_a_missing_role_and_a_lost_consent_are_told_apart(auth: Running) -> None:
    """The 403 of a missing role ends nothing; a withdrawn consent does."""
    await seller(auth)
    visitor = await auth.visitor().sign_up()
    back = await visitor.confirm(await visitor.begin(marketplace=MCF, country="DE"), "A1MCF")
    await seller(auth, roles=[])
    await visitor.get(back)
    (one,) = await visitor.connections()
    assert (one["state"], one["probe_outcome"]) == ("authorised", "role_missing")
    await auth.sandbox.revoke("A1MCF")
    its = f"/connections/{one['id']}"
    await visitor.submit(f"{its}/endpoint", page=its, endpoint="sandbox")
    (one,) = await visitor.connections()
    assert one["state"] in {"revoked", "waiting"}


async def test_a_seller_comes_from_the_appstore(auth: Running) -> None:
    """With the application for Multi-Channel Fulfillment, at its own Login URI; the endpoint is chosen on the way."""
    await seller(auth)
    visitor = await auth.visitor().sign_up()
    page = f"{auth.settings.central_urls[MCF]['eu'].replace('{country}', 'DE')}/apps/manage"
    form = {"application_id": MCF_APP["application_id"], "selling_partner_id": "A1MCF"}
    async with httpx.AsyncClient(trust_env=False) as far:
        sent = (await far.post(page, data=form)).headers["location"].removeprefix(PUBLIC_URL)
        authorise = (await visitor.get(sent)).headers["location"]
        begun = await visitor.submit(authorise, page=authorise, country="DE", name="MCF", endpoint="sandbox")
        back = (await far.get(begun.headers["location"])).headers["location"].removeprefix(PUBLIC_URL)
    await visitor.get(back)
    (one,) = await visitor.connections()
    assert (one["marketplace"], one["endpoint"]) == (MCF, "sandbox")


@pytest.mark.abuse
async def test_only_its_organisation_moves_a_connection(auth: Running) -> None:
    """And no marketplace without a test endpoint is moved to one, whatever a form says."""
    await seller(auth)
    visitor, stranger = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    await connect(visitor)
    await auth.sandbox.seller("A1SELLER")
    await visitor.connect("A1SELLER", endpoint="sandbox")
    mcf, plain = await visitor.connections()
    assert (await stranger.submit(f"/connections/{mcf['id']}/endpoint", endpoint="sandbox")).status_code == 404
    await visitor.submit(f"/connections/{plain['id']}/endpoint", endpoint="sandbox")
    assert [one["endpoint"] for one in await visitor.connections()] == ["production", "production"]
