"""The token endpoint, its keys, the session resolver, and who may come in at all."""

import asyncio
import base64
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from services.auth.domain.signing import LEAD
from services.auth.first_key import make_first_key
from services.auth.settings import MigrationSettings
from tests.integration.auth.conftest import Running, Visitor, run_auth

COOKIE = "passerelle_session"


async def ask(auth: Running, scope: str | None, name: str = "orders", secret: str | None = None) -> httpx.Response:
    form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope is not None else {})
    return await auth.client().post("/oauth/token", data=form, auth=(name, secret or f"secret-{name}"))


async def house(auth: Running) -> None:
    await auth.held.keep_house()


async def test_a_service_gets_a_token_for_what_it_may(auth: Running) -> None:
    """Ten minutes, for the scope asked for; nothing of it may be cached."""
    answer = await ask(auth, "auth.tokens:use")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 600, "auth.tokens:use")


@pytest.mark.parametrize("scope", ["orders.recipient:read", "auth.tokens:use orders.recipient:read", "", None])
@pytest.mark.abuse
async def test_other_scopes_are_refused(auth: Running, scope: str | None) -> None:
    """A scope beyond the client's is refused, not trimmed."""
    answer = await ask(auth, scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(("name", "secret"), [("orders", "wrong"), ("nobody", "wrong"), ("orders", "secret-labels")])
@pytest.mark.abuse
async def test_wrong_credentials_are_refused(auth: Running, name: str, secret: str) -> None:
    """401 invalid_client, whoever it was."""
    answer = await ask(auth, "auth.tokens:use", name, secret)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_other_grants_are_refused(auth: Running) -> None:
    """Only client credentials exist here; none at all is a request that lacks something (RFC 6749, 5.2)."""
    answer = await auth.client().post("/oauth/token", data={"grant_type": "password"})
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    answer = await auth.client().post("/oauth/token", data={"scope": "auth.tokens:use"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert answer.headers["cache-control"] == "no-store"


async def test_keys_rotate_with_overlap(auth: Running) -> None:
    """After thirty days a successor is published; the old key stays so for a day from when that signs, then goes."""
    first = (await auth.service()).headers["authorization"]
    (old,) = (await auth.client().get("/.well-known/jwks.json")).json()["keys"]
    assert "d" not in old
    await house(auth)
    assert len((await auth.client().get("/.well-known/jwks.json")).json()["keys"]) == 1
    auth.clock.ahead = timedelta(days=30, seconds=1)
    await house(auth)
    kids = [key["kid"] for key in (await auth.client().get("/.well-known/jwks.json")).json()["keys"]]
    assert len(kids) == 2
    assert kids[0] == old["kid"]
    assert (await auth.service()).headers["authorization"] != first
    auth.clock.ahead += LEAD + timedelta(days=1, seconds=1)
    await house(auth)
    assert [key["kid"] for key in (await auth.client().get("/.well-known/jwks.json")).json()["keys"]] == kids[1:]


async def test_a_token_of_the_old_key_still_works_after_rotation(auth: Running) -> None:
    """Between a rotation and the end of the overlap both keys are believed."""
    service = await auth.service(scope="auth.sessions:resolve")
    await auth.rows("update signing_key set created_at = created_at - interval '31 days'")
    await house(auth)
    assert (await service.post("/internal/v1/sessions/resolve", json={"session": "x"})).status_code == 404


async def test_an_operator_says_when_signing_keys_take_turns(auth: Running) -> None:
    """
    Two days and an hour here. `migrate`, which is not told, leaves it to the worker. Seen red with the fixed thirty
    days, and with a first key that `migrate` succeeded after them.
    """
    told = {"signing_key_days": 2, "signing_key_overlap_hours": 1}
    quick = run_auth(auth.settings.model_copy(update=told), auth.sandbox)
    try:
        await house(quick)
        kept = []
        for later in (timedelta(days=1), timedelta(days=1, seconds=1), LEAD + timedelta(hours=1, seconds=1)):
            quick.clock.ahead += later
            await house(quick)
            kept.append(len(await quick.rows("select kid from signing_key")))
        assert kept == [1, 2, 1]
        await quick.rows("update signing_key set created_at = created_at - interval '90 days'")
        given = quick.settings.model_dump(include=set(MigrationSettings.model_fields))
        await make_first_key(MigrationSettings(**given))
        assert len(await quick.rows("select kid from signing_key")) == 1
    finally:
        await quick.close()


async def test_a_signing_key_that_does_not_open_is_succeeded(auth: Running) -> None:
    """The key-encryption key is lost: sellers must authorise again, but our services go on at once."""
    await house(auth)
    lost = SecretStr("k2:" + base64.b64encode(bytes(32)).decode())
    after = run_auth(auth.settings.model_copy(update={"key_encryption_keys": lost}), auth.sandbox)
    try:
        await house(after)
        await house(after)
        assert (await after.service()).headers["authorization"]
        assert len(await after.rows("select kid from signing_key")) == 2
    finally:
        await after.close()


async def test_two_processes_make_one_first_key(auth: Running, another: Callable[[Running], Running]) -> None:
    """Whoever is first; the other finds it made."""
    other = another(auth)
    await asyncio.gather(house(auth), house(other), ask(auth, "auth.tokens:use"), ask(other, "auth.tokens:use"))
    assert len(await auth.rows("select kid from signing_key")) == 1


async def test_a_session_is_resolved(auth: Running) -> None:
    """Who it is, for the services that serve pages; nobody's is 404."""
    visitor = await auth.visitor().sign_up()
    service = await auth.service(scope="auth.sessions:resolve")
    found = await service.post("/internal/v1/sessions/resolve", json={"session": visitor.client.cookies[COOKIE]})
    assert found.status_code == 200
    body = found.json()
    assert (body["label"], body["locale"]) == (visitor.email, "en")
    assert body["csrf_token"] == await visitor.csrf()
    for nobody in ("x", "", "y" * 400):
        assert (await service.post("/internal/v1/sessions/resolve", json={"session": nobody})).status_code == 404


@pytest.mark.abuse
async def test_the_internal_api_is_for_our_services_only(auth: Running) -> None:
    """Without a token, with a session, with another scope: 401 or 403."""
    visitor = await auth.visitor().sign_up()
    wrong_scope = await auth.service(scope="auth.sessions:resolve")
    path = f"/internal/v1/connections/{uuid4()}/access-token"
    assert (await auth.client().post(path, json={})).status_code == 401
    assert (await visitor.client.post(path, json={})).status_code == 401
    assert (await wrong_scope.post(path, json={})).status_code == 403
    forged = auth.client()
    forged.headers["authorization"] = wrong_scope.headers["authorization"][:-4] + "AAAA"
    assert (await forged.post(path, json={})).status_code == 401


@pytest.mark.abuse
async def test_foreign_ids_are_404_on_every_route(auth: Running) -> None:
    """Another organisation's connection, and one that never was, are not there: for pages and API alike."""
    seller = await auth.sandbox.seller(region="eu")
    owner, stranger = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    await owner.connect(seller["seller_id"])
    (connection,) = await owner.connections()
    for connection_id in (connection["id"], str(uuid4())):
        assert await statuses(stranger, connection_id) == {404}
    assert await owner.connections() == [connection]
    assert await stranger.connections() == []
    assert "Connected:" not in (await stranger.get(f"/connections?connected={connection['id']}")).text


async def statuses(visitor: Visitor, connection_id: str) -> set[int]:
    page, api = f"/connections/{connection_id}", f"/api/auth/v1/connections/{connection_id}"
    csrf = {"x-csrf-token": await visitor.csrf()}
    answers = [
        await visitor.get(page),
        await visitor.get(f"{page}/disconnect"),
        await visitor.submit(f"{page}/disconnect"),
        await visitor.submit(f"{page}/pause"),
        await visitor.submit(f"{page}/resume"),
        await visitor.submit(f"{page}/reconnect"),
        await visitor.submit(f"{page}/name", name="Mine"),
        await visitor.submit(f"{page}/channels", which="all"),
        await visitor.submit(f"{page}/check"),
        await visitor.submit(f"{page}/proof", client_id="a", client_secret="b"),
        await visitor.client.get(api),
        await visitor.client.patch(api, json={"name": "Mine"}, headers=csrf),
        await visitor.client.post(f"{api}/disconnect", headers=csrf),
        await visitor.client.post(f"{api}/pause", headers=csrf),
        await visitor.client.post(f"{api}/resume", headers=csrf),
        await visitor.client.post(f"{api}/check", headers=csrf),
    ]
    return {answer.status_code for answer in answers}


async def test_the_api_pages_and_changes(auth: Running) -> None:
    """Lists go on by cursor; a connection is renamed and ended, with the session's token only."""
    visitor = await auth.visitor().sign_up()
    for name in ("one", "two", "three"):
        seller = await auth.sandbox.seller(region="eu")
        await visitor.connect(seller["seller_id"], name=name)
    first = (await visitor.client.get("/api/auth/v1/connections?limit=2")).json()
    second = (await visitor.client.get(f"/api/auth/v1/connections?limit=2&cursor={first['next_cursor']}")).json()
    assert [each["name"] for each in first["items"] + second["items"]] == ["one", "two", "three"]
    assert second["next_cursor"] is None
    path, csrf = f"/api/auth/v1/connections/{first['items'][0]['id']}", {"x-csrf-token": await visitor.csrf()}
    assert (await visitor.client.patch(path, json={"name": "new"})).status_code == 403
    assert (await visitor.client.patch(path, json={"name": " new "}, headers=csrf)).json()["name"] == "new"
    wrong = await visitor.client.patch(path, json={"name": "\x07"}, headers=csrf)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "name")
    assert (await visitor.client.post(f"{path}/disconnect", headers=csrf)).json()["state"] == "disconnected"


async def test_every_route_is_described(auth: Running) -> None:
    """OpenAPI: every API route with its answers; pages, and what is for our services only, are not in it."""
    described = (await auth.client().get("/api/auth/v1/openapi.json")).json()["paths"]
    assert set(described) == {
        "/api/auth/v1/connections",
        "/api/auth/v1/connections/{connection_id}",
        "/api/auth/v1/connections/{connection_id}/check",
        "/api/auth/v1/connections/{connection_id}/disconnect",
        "/api/auth/v1/connections/{connection_id}/pause",
        "/api/auth/v1/connections/{connection_id}/resume",
        "/oauth/token",
        "/oauth/introspect",
        "/oauth/revoke",
        "/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server",
    }
