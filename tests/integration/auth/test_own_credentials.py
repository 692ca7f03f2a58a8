"""Octopia by a seller's own credentials, and by our client id: the ways in beside naming us in a list."""

from collections.abc import AsyncIterator

import pytest

from tests.infrastructure import MakeDatabase
from tests.integration.auth.conftest import Running, Visitor, run_auth, settings_for
from tests.integration.auth.shops import API, Shop
from tests.integration.auth.test_octopia import OURS, OWN, connect
from tests.integration.auth.test_octopia import octopia as octopia
from tests.sandbox_client import Sandbox

PAGE = "/connections/octopia/private"
REFUSED = "The marketplace refuses the client secret"
NEXT = "own-secret-2"


@pytest.fixture
async def without_us(migrated_database: MakeDatabase, sandbox: Sandbox) -> AsyncIterator[Running]:
    """auth without an application of ours at Octopia."""
    far = sandbox.base_url
    settings = settings_for(
        migrated_database("auth"),
        far,
        apps={},
        token_urls={"octopia": f"{far}/octopia/auth/realms/maas/protocol/openid-connect/token"},
        central_urls={},
        api_urls={"octopia": {"eu": f"{far}/octopia/api/seller/v2"}},
    )
    running = run_auth(settings, sandbox)
    yield running
    await running.close()


async def bring(visitor: Visitor, seller_id: str, **changed: str) -> tuple[int, str]:
    """Fills in the page of own credentials: the status, and where it leads or what it says."""
    fields = {"seller_id": seller_id, "name": "Boutique", **OWN, **changed}
    answer = await visitor.submit(f"{PAGE}/account", page=PAGE, **fields)
    return answer.status_code, answer.headers.get("location", answer.text)


async def brought(auth: Running, visitor: Visitor | None = None) -> Shop:
    """A seller who let nobody in, connected by credentials of its own."""
    seller = await auth.sandbox.octopia_seller(delegated=False, own_client=OWN)
    visitor = visitor or await auth.visitor().sign_up()
    status, place = await bring(visitor, seller["seller_id"])
    assert status == 303, place
    return Shop(auth, visitor, seller["seller_id"], place.rpartition("/")[2])


async def renewed(made: Shop) -> int:
    """The status a service gets that asks for another token."""
    version = (await made.auth.rows("select max(token_version) as version from access_grant"))[0].version
    path = f"/internal/v1/connections/{made.id}/access-token"
    return (await (await made.auth.service()).post(path, json={"rejected": version})).status_code


async def test_own_credentials_connect_and_renew_without_an_application_of_ours(without_us: Running) -> None:
    """
    Nobody was let in: each token is asked for by the seller's own client, its secret is sealed, and no page shows it.
    Seen red with the grant kept as a shared one.
    """
    made = await brought(without_us)
    found = await made.connection()
    assert (found["state"], [each["id"] for each in found["channels"]]) == ("authorised", ["CDISFR"])
    assert await renewed(made) == 200
    calls = (await without_us.sandbox.calls("octopia.token"))["calls"]
    assert [call["seller_id"] for call in calls] == [made.seller_id] * 2
    kept = await without_us.rows("select private_app.*, access_grant.* from private_app, access_grant")
    shown = await made.page() + (await made.visitor.get(PAGE)).text + str(kept)
    assert (OWN["client_secret"] in shown, "Credentials of your own" in shown, "No end is known." in shown) == (
        False,
        True,
        True,
    )
    assert (await without_us.sandbox.calls())["deviations"] == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"client_secret": "guessed"}, "The marketplace does not know this client ID with this secret"),
        ({"client_id": "nobody"}, "The marketplace does not know this client ID with this secret"),
        ({"seller_id": "100002"}, "The marketplace does not open this seller account with these credentials"),
        ({"seller_id": "0100001"}, "This is not a Seller ID of this marketplace"),
        ({"client_id": "a b"}, "This is not a client ID"),
        ({"client_secret": ""}, "Enter the client secret as the portal shows it"),
        ({"name": "n" * 81}, "Enter a name of 1 to 80 characters"),
    ],
)
async def test_what_does_not_open_the_account_is_not_kept(
    octopia: Running, changed: dict[str, str], sentence: str
) -> None:
    """Each says what to do; nothing is kept, the secret is not shown again. Seen red with the account not asked for."""
    await octopia.sandbox.octopia_seller("100001", delegated=False, own_client=OWN)
    await octopia.sandbox.octopia_seller("100002")
    visitor = await octopia.visitor().sign_up()
    status, page = await bring(visitor, changed.pop("seller_id", "100001"), **changed)
    assert (status, sentence in page, OWN["client_secret"] in page) == (422, True, False)
    assert await octopia.rows("select 1 from private_app union all select 1 from connection") == []


async def test_a_refused_secret_is_its_organisations_to_mend(octopia: Running) -> None:
    """
    Callers wait, the connection is not doubted, its page says what to do; the new secret goes on at once. A seller who
    deletes the credentials' access is asked about as any other.
    """
    made = await brought(octopia)
    await octopia.sandbox.octopia_app(OWN["client_id"], [NEXT], made.seller_id)
    assert (await renewed(made), await made.state()) == (503, "authorised")
    page = (await made.visitor.get(PAGE)).text
    assert REFUSED in page
    fields = {"app_id": page.split('name="app_id" value="')[1].split('"')[0], "client_id": OWN["client_id"]}
    wrong = await made.visitor.submit(f"{PAGE}/app", page=PAGE, client_secret="guessed", **fields)
    assert (wrong.status_code, "Copy both again from the portal" in wrong.text) == (422, True)
    assert (await made.visitor.submit(f"{PAGE}/app", page=PAGE, client_secret=NEXT, **fields)).status_code == 303
    assert REFUSED not in (await made.visitor.get(PAGE)).text
    assert await renewed(made) == 200


async def test_credentials_are_not_kept_without_an_account(octopia: Running) -> None:
    """
    Good ones, posted by hand: never seen here, or destroyed with their last connection. Seen red with them kept, and
    with those kept that were here before.
    """
    await octopia.sandbox.octopia_app("alone", ["alone-secret"])
    visitor = await octopia.visitor().sign_up()
    alone = {"client_id": "alone", "client_secret": "alone-secret"}
    refused = await visitor.submit(f"{PAGE}/app", page=PAGE, **alone)
    assert (refused.status_code, "No account is connected by these" in refused.text) == (404, True)
    assert await octopia.rows("select 1 from private_app") == []
    made = await brought(octopia, visitor)
    await made.disconnect()
    assert f'action="{PAGE}/app"' not in (await visitor.get(PAGE)).text
    assert (await visitor.submit(f"{PAGE}/app", page=PAGE, **OWN)).status_code == 404
    (row,) = await octopia.rows("select sealed_secret from private_app")
    assert bytes(row.sealed_secret) == b""


async def test_a_claim_becomes_a_connection_by_own_credentials_and_back(octopia: Running) -> None:
    """
    The same connection each time: claimed, then by own credentials, ended, then claimed anew and proven, by our grant.
    Seen red with the application left on the claim.
    """
    seller = await octopia.sandbox.octopia_seller(delegated=False, own_client=OWN)
    made = await connect(octopia, seller["seller_id"])
    assert (await made.state(), await bring(made.visitor, seller["seller_id"])) == (
        "unproven",
        (303, f"/connections/{made.id}"),
    )
    assert await made.state() == "authorised"
    await made.disconnect()
    assert "destroyed with its last connection" in (await made.visitor.get(PAGE)).text
    reconnecting = await made.visitor.submit(f"/connections/{made.id}/reconnect")
    assert reconnecting.headers["location"] == PAGE
    again = "/connections/octopia/connect"
    await made.visitor.submit(again, page=again, region="eu", seller_id=seller["seller_id"], name="Boutique")
    await octopia.sandbox.delegate(seller["seller_id"])
    await made.check()
    (row,) = await octopia.rows("select id, state, app_id from connection")
    assert (str(row.id), row.state, row.app_id) == (made.id, "authorised", None)
    status, page = await bring(made.visitor, seller["seller_id"])
    assert (status, "connected already by giving us access in the portal" in page) == (409, True)


async def test_a_seller_lets_us_in_by_our_client_id(octopia: Running) -> None:
    """Shown on the page, typed in the portal; another one's lets nobody in here."""
    seller = await octopia.sandbox.octopia_seller(delegated=False)
    made = await connect(octopia, seller["seller_id"])
    assert f"Enter this client ID: {OURS['client_id']}" in await made.page()
    for client_id, state in (("another", "unproven"), (OURS["client_id"], "authorised")):
        await octopia.sandbox.let_in(seller["seller_id"], client_id)
        await made.check()
        assert await made.state() == state


async def test_the_secret_is_destroyed_with_the_last_connection(octopia: Running) -> None:
    """Not while another works by it; entered once more, it connects the same one. Seen red with the secret left."""
    made = await brought(octopia)
    await octopia.sandbox.octopia_app("for-two", ["for-two-secret"])
    ids = [made.id]
    for seller_id in ("100003", "100004"):
        await octopia.sandbox.octopia_seller(seller_id)
        fields = {"client_id": "for-two", "client_secret": "for-two-secret"}
        ids.append((await bring(made.visitor, seller_id, **fields))[1].rpartition("/")[2])
    left = []
    for connection_id in ids:
        await made.visitor.submit(f"/connections/{connection_id}/disconnect")
        left.append([len(row.sealed_secret) > 0 for row in await octopia.rows("select * from private_app order by id")])
    assert left == [[False, True], [False, True], [False, False]]
    assert (await bring(made.visitor, made.seller_id))[1] == f"/connections/{made.id}"
    assert (await made.state(), await renewed(made)) == ("authorised", 200)


async def test_who_ends_it_is_told_what_stays(octopia: Running) -> None:
    """Their credentials, and no access of ours; our keys go. Seen red with the sentences of a delegation."""
    made = await brought(octopia)
    page = (await made.visitor.get(f"/connections/{made.id}/disconnect")).text
    told = (
        "or your credentials, stay until you remove them",
        "Our keys to the account",
        "the access you gave us stays",
    )
    assert [each in page for each in told] == [True, True, False]


async def test_two_organisations_may_bring_credentials_of_one_account(octopia: Running) -> None:
    """Both were given them by its owner, and neither keeps the other out (decision 0023)."""
    first = await brought(octopia)
    visitor = await octopia.visitor().sign_up()
    assert (await bring(visitor, first.seller_id))[0] == 303
    assert [one["state"] for one in await visitor.connections()] == ["authorised"]
    answer = await first.visitor.client.get(f"{API}/{(await visitor.connections())[0]['id']}")
    assert answer.status_code == 404
