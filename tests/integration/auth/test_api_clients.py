"""API clients: made on a page, secret shown once, tokens of one organisation only, revoked for good."""

import re
from collections.abc import Mapping

import httpx
import pytest

from tests.integration.auth.conftest import PASSWORD, Running, Visitor

READ = "auth.connections:read"
CLIENTS = "/settings/api-clients"
SHOWN = {"password": PASSWORD}


async def hidden(visitor: Visitor, path: str) -> dict[str, str]:
    """What the forms of a page send beside what is typed."""
    return dict(re.findall(r'type="hidden" name="(csrf_token|once)" value="([^"]+)"', (await visitor.get(path)).text))


async def ask(
    visitor: Visitor, *scopes: str, name: str = "Our ERP", typed: Mapping[str, str] = SHOWN
) -> httpx.Response:
    """Sends the form of the page; `typed`: what is shown for the act."""
    form = {**await hidden(visitor, CLIENTS), "name": name, "scopes": list(scopes), **typed}
    return await visitor.client.post(CLIENTS, data=form, headers={"accept": "text/html"})


async def make(visitor: Visitor, *scopes: str, name: str = "Our ERP") -> tuple[str, str, httpx.Response]:
    """Client id, secret and the page that shows them."""
    page = await ask(visitor, *scopes, name=name)
    found = dict(re.findall(r'id="client-(id|secret)">([^<]+)<', page.text))
    return found.get("id", ""), found.get("secret", ""), page


async def token(auth: Running, client_id: str, secret: str, scope: str = READ) -> httpx.Response:
    form = {"grant_type": "client_credentials", "scope": scope}
    return await auth.client().post("/oauth/token", data=form, auth=(client_id, secret))


async def asking(auth: Running, answer: httpx.Response) -> httpx.AsyncClient:
    """A program with the token of that answer."""
    assert answer.status_code == 200, answer.text
    program = auth.client()
    program.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
    return program


async def test_the_secret_is_shown_once(auth: Running) -> None:
    """On the page that follows, which nobody may cache; not in the list, and not in the database."""
    visitor = await auth.visitor().sign_up()
    client_id, secret, page = await make(visitor, READ)
    assert len(secret) >= 43
    assert page.headers["cache-control"] == "no-store"
    listed = (await visitor.get("/settings/api-clients")).text
    assert client_id in listed
    assert secret not in listed
    assert secret not in await auth.kept("api_client", "api_client_secret")


@pytest.mark.abuse
async def test_a_program_sees_its_organisation_only(auth: Running) -> None:
    """Its token names the organisation: the same rows as on the pages, and no others."""
    await auth.sandbox.seller("A1OURS")
    await auth.sandbox.seller("A1THEIRS")
    ours, theirs = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    await ours.connect("A1OURS")
    await theirs.connect("A1THEIRS")
    client_id, secret, _ = await make(ours, READ)
    program = await asking(auth, await token(auth, client_id, secret))
    items = (await program.get("/api/auth/v1/connections")).json()["items"]
    assert [item["seller_id"] for item in items] == ["A1OURS"]
    foreign = (await theirs.connections())[0]["id"]
    assert (await program.get(f"/api/auth/v1/connections/{foreign}")).status_code == 404


async def test_a_program_may_do_what_it_was_made_for(auth: Running) -> None:
    """A scope it lacks is refused at the token endpoint and at the API, and ours are not to be had."""
    visitor = await auth.visitor().sign_up()
    client_id, secret, _ = await make(visitor, "orders.orders:read")
    assert (await token(auth, client_id, secret, READ)).json()["error"] == "invalid_scope"
    program = await asking(auth, await token(auth, client_id, secret, "orders.orders:read"))
    assert (await program.get("/api/auth/v1/connections")).status_code == 403
    assert (await token(auth, client_id, secret, "auth.tokens:use")).json()["error"] == "invalid_scope"


@pytest.mark.abuse
async def test_a_revoked_client_gets_nothing_more(auth: Running) -> None:
    """Confirmed on a page; afterwards it is nobody, and the list says so."""
    visitor = await auth.visitor().sign_up()
    client_id, secret, _ = await make(visitor, READ)
    assert (await token(auth, client_id, "wrong")).status_code == 401
    assert (await token(auth, client_id, secret)).status_code == 200
    ask = f"/settings/api-clients/{client_id}/revoke"
    answer = await visitor.submit(ask, page=ask)
    assert answer.headers["location"] == "/settings/api-clients"
    assert (await token(auth, client_id, secret)).json()["error"] == "invalid_client"
    assert "Revoked" in (await visitor.get("/settings/api-clients")).text
    assert (await visitor.get(ask)).status_code == 404
    actions = [row.action for row in await auth.rows("select action from audit order by at")]
    assert actions[-2:] == ["api_client.made", "api_client.revoked"]


async def test_the_list_shows_all_living_clients_and_some_revoked(auth: Running) -> None:
    """However many were revoked: those revoked first are left out."""
    visitor = await auth.visitor().sign_up()
    living, _, _ = await make(visitor, READ)
    await auth.rows(
        "insert into api_client (id, organisation_id, name, scopes, secret_digest, made_at, revoked_at) "
        "select 'client-old-' || number, organisation_id, 'Old', scopes, 'x', made_at, now() + number * interval '1 s' "
        "from api_client, generate_series(1, 120) number"
    )
    page = (await visitor.get("/settings/api-clients")).text
    assert living in page
    assert "client-old-120<" in page
    assert "client-old-1<" not in page
    assert page.count("client-old-") == 99


@pytest.mark.abuse
async def test_another_organisations_client_is_not_there(auth: Running) -> None:
    """Neither to be looked at nor to be revoked."""
    ours, theirs = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    client_id, secret, _ = await make(ours, READ)
    path = f"/settings/api-clients/{client_id}/revoke"
    assert (await theirs.get(path)).status_code == 404
    assert (await theirs.submit(path, page="/settings/api-clients")).status_code == 404
    assert client_id not in (await theirs.get("/settings/api-clients")).text
    assert (await token(auth, client_id, secret)).status_code == 200


async def test_what_is_missing_is_said_beside_its_field(auth: Running) -> None:
    """Nothing is made; what was entered stays."""
    visitor = await auth.visitor().sign_up()
    _, _, page = await make(visitor, name="  ")
    assert page.status_code == 422
    assert "Enter a name of 1 to 80 characters." in page.text
    assert "Choose at least one thing that the program may do." in page.text
    _, _, page = await make(visitor, "auth.tokens:use")
    assert page.status_code == 422
    assert await auth.rows("select 1 from api_client") == []


async def test_an_organisation_has_at_most_fifty_living_clients(auth: Running) -> None:
    """One more is refused with a sentence; a revoked one makes room."""
    visitor = await auth.visitor().sign_up()
    client_id, _, _ = await make(visitor, READ)
    await auth.rows(
        "insert into api_client (id, organisation_id, name, scopes, secret_digest, made_by, made_at)"
        " select 'client-' || n, organisation_id, name, scopes, secret_digest, made_by, made_at"
        " from api_client, generate_series(1, 49) n"
    )
    _, _, page = await make(visitor, READ)
    assert page.status_code == 409
    assert "Revoke one first." in page.text
    await visitor.submit(f"/settings/api-clients/{client_id}/revoke", page="/settings/api-clients")
    assert (await make(visitor, READ))[2].status_code == 200


async def test_the_list_tells_when_a_client_was_last_used(auth: Running) -> None:
    """So that an owner sees which are forgotten; written rarely."""
    visitor = await auth.visitor().sign_up()
    client_id, secret, _ = await make(visitor, READ)
    assert "never" in (await visitor.get("/settings/api-clients")).text
    await token(auth, client_id, secret)
    [row] = await auth.rows("select used_at from api_client_secret")
    await token(auth, client_id, secret)
    assert await auth.rows("select used_at from api_client_secret") == [row]
    assert "never" not in (await visitor.get("/settings/api-clients")).text
