"""
Introspection (RFC 7662), revocation (RFC 7009) and metadata (RFC 8414), asked by Authlib's client, which is a stranger
to our code.
"""

from typing import Any

import httpx
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url

from services.auth.domain import revocation
from services.auth.usecases import revoke_token
from tests.integration.auth.conftest import PUBLIC_URL, Running, Visitor
from tests.integration.auth.test_api_clients import READ, make, token

INTROSPECT, REVOKE = f"{PUBLIC_URL}/oauth/introspect", f"{PUBLIC_URL}/oauth/revoke"
INACTIVE = {"active": False}


async def stranger(auth: Running, *, visitor: Visitor | None = None, method: str = "client_secret_basic") -> Any:
    """A program of an organisation with a token, on Authlib's client."""
    client_id, secret, _ = await make(visitor or await auth.visitor().sign_up(), READ)
    made = AsyncOAuth2Client(
        client_id, secret, scope=READ, token_endpoint_auth_method=method, transport=httpx.ASGITransport(auth.app)
    )
    auth.visitors.append(made)
    await made.fetch_token(f"{PUBLIC_URL}/oauth/token", grant_type="client_credentials")
    return made


async def asked(client: Any, value: str) -> dict[str, Any]:
    answer = await client.introspect_token(INTROSPECT, token=value, token_type_hint="access_token")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    return body


async def status_at_the_api(auth: Running, value: str) -> int:
    """At once, whatever was believed a moment ago."""
    auth.held.revoked._as_of = None
    program = auth.client()
    program.headers["authorization"] = f"Bearer {value}"
    return (await program.get("/api/auth/v1/connections")).status_code


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_a_token_tells_what_it_is(auth: Running, method: str) -> None:
    """Scope, client, organisation, end; by both ways to say who asks."""
    client = await stranger(auth, method=method)
    said = await asked(client, client.token["access_token"])
    [kept] = await auth.rows("select id, organisation_id from api_client")
    assert (said["active"], said["token_type"], said["scope"]) == (True, "Bearer", READ)
    assert (said["client_id"], said["organisation"]) == (kept.id, str(kept.organisation_id))
    assert (said["iss"], said["aud"], said["exp"] - said["iat"]) == (PUBLIC_URL, "passerelle", 600)


@pytest.mark.abuse
async def test_a_revoked_token_is_refused_and_inactive(auth: Running) -> None:
    """Again is well, too; its client's other token lives on. Seen red without the list in the verifier."""
    client = await stranger(auth)
    value, other = client.token["access_token"], (await client.fetch_token(f"{PUBLIC_URL}/oauth/token"))["access_token"]
    assert await status_at_the_api(auth, value) == 200
    for _ in range(2):
        assert (await client.revoke_token(REVOKE, token=value)).status_code == 200
    assert await status_at_the_api(auth, value) == 401
    assert await status_at_the_api(auth, other) == 200
    assert (await asked(client, value), (await asked(client, other))["active"]) == (INACTIVE, True)
    done = await auth.rows("select action, reason from audit where action = 'api_client.token_revoked'")
    assert [tuple(row) for row in done] == [("api_client.token_revoked", client.client_id)]


@pytest.mark.abuse
async def test_nobody_ends_or_reads_anothers_token(auth: Running) -> None:
    """
    Of another client, refused with an error; of another organisation, told as one that never was. Seen red with every
    client let to ask.
    """
    visitor = await auth.visitor().sign_up()
    ours, sister, theirs = (
        await stranger(auth, visitor=visitor),
        await stranger(auth, visitor=visitor),
        await stranger(auth),
    )
    value = ours.token["access_token"]
    for other in (sister, theirs):
        answer = await other.revoke_token(REVOKE, token=value)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert await status_at_the_api(auth, value) == 200
    assert (await asked(sister, value))["active"]
    assert await asked(theirs, value) == INACTIVE
    orders = httpx.BasicAuth("orders", "secret-orders")
    answer = await auth.client().post("/oauth/introspect", data={"token": value}, auth=orders)
    assert answer.json()["active"]


@pytest.mark.abuse
@pytest.mark.parametrize("path", ["/oauth/introspect", "/oauth/revoke"])
async def test_whoever_is_nobody_is_told_nothing(auth: Running, path: str) -> None:
    """No client, a wrong secret, a token as its own proof, a revoked client: 401 with a challenge; nothing is ended."""
    client = await stranger(auth)
    value = client.token["access_token"]
    tries: list[dict[str, Any]] = [
        {},
        {"auth": (client.client_id, "wrong")},
        {"auth": ("nobody", client.client_secret)},
        {"headers": {"authorization": f"Bearer {value}"}},
    ]
    for each in tries:
        answer = await auth.client().post(path, data={"token": value}, **each)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert "www-authenticate" in answer.headers
    assert await status_at_the_api(auth, value) == 200
    assert (await auth.client().get(f"{path}?token={value}")).status_code == 405


@pytest.mark.parametrize("path", ["/oauth/introspect", "/oauth/revoke"])
async def test_errors_are_as_the_standards_say(auth: Running, path: str) -> None:
    """Without a token 400; a hint is not needed, and no odd one matters; what is no token is inactive, revoked well."""
    client = await stranger(auth)
    basic = (client.client_id, client.client_secret)
    empty = await auth.client().post(path, data={"x": "y"}, auth=basic)
    assert (empty.status_code, empty.json()["error"]) == (400, "invalid_request")
    for nonsense in ("x", "a.b.c", "é", ""):
        answer = await auth.client().post(path, data={"token": nonsense, "token_type_hint": "cookie"}, auth=basic)
        assert (answer.status_code, answer.json()) == (200, INACTIVE if path.endswith("introspect") else {})


@pytest.mark.abuse
async def test_a_client_fills_the_list_only_so_far(auth: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process reads it: one more is refused with 503 until the first ones have ended, and then has room."""
    assert revocation.REVOKED_MOST == 100
    monkeypatch.setattr(revoke_token, "REVOKED_MOST", 2)
    client = await stranger(auth)
    values = [(await client.fetch_token(f"{PUBLIC_URL}/oauth/token"))["access_token"] for _ in range(3)]
    statuses = [(await client.revoke_token(REVOKE, token=value)).status_code for value in values]
    assert statuses == [200, 200, 503]
    assert await status_at_the_api(auth, values[2]) == 200
    await auth.rows("update revoked_token set until = now() - interval '1 second'")
    await auth.held.keep_house()
    assert (await client.revoke_token(REVOKE, token=values[2])).status_code == 200


async def test_the_metadata_says_where_everything_is(auth: Running) -> None:
    """At the standard's place, valid by Authlib's own rules under https; each address is one of our routes."""
    path = get_well_known_url(PUBLIC_URL)
    said = (await auth.client().get(path)).json()
    assert said["issuer"] == PUBLIC_URL
    secure = {
        name: value.replace("http://", "https://") if isinstance(value, str) else value for name, value in said.items()
    }
    metadata = AuthorizationServerMetadata(secure)
    # The standard has an empty list where there is no authorization endpoint; Authlib wants one that is not empty.
    for key in set(AuthorizationServerMetadata.REGISTRY_KEYS) - {"response_types_supported"}:
        getattr(metadata, f"validate_{key}")()
    assert said["response_types_supported"] == []
    described = (await auth.client().get("/api/auth/v1/openapi.json")).json()["paths"]
    places = {said[name].removeprefix(PUBLIC_URL) for name in said if name.endswith(("_endpoint", "_uri"))}
    assert places <= described.keys()
    assert len(places) == 4
    assert READ in said["scopes_supported"]
    assert "auth.tokens:use" not in said["scopes_supported"]


async def test_a_service_of_ours_revokes_its_own_token(auth: Running) -> None:
    """One that leaked, say; it belongs to no organisation."""
    service = await auth.service()
    value = service.headers["authorization"].removeprefix("Bearer ")
    answer = await auth.client().post("/oauth/revoke", data={"token": value}, auth=("orders", "secret-orders"))
    assert answer.status_code == 200
    auth.held.revoked._as_of = None
    refused = await service.post("/internal/v1/sessions/resolve", json={"session": "x"})
    assert refused.status_code == 401
    assert (await token(auth, "orders", "secret-orders", "auth.tokens:use")).status_code == 200


@pytest.mark.abuse
@pytest.mark.parametrize("twice", ["scope", "grant_type", "client_secret"])
async def test_a_parameter_that_is_sent_twice_is_refused(auth: Running, twice: str) -> None:
    """Also with the same value both times (RFC 6749, 3.2). Seen red with the last one taken: a token."""
    client_id, secret, _ = await make(await auth.visitor().sign_up(), READ)
    fields = {"grant_type": "client_credentials", "scope": READ, "client_id": client_id, "client_secret": secret}
    assert (await auth.client().post("/oauth/token", data=fields)).status_code == 200
    answer = await auth.client().post("/oauth/token", data={**fields, twice: [fields[twice]] * 2})
    assert (answer.status_code, "access_token" in answer.text) in {(400, False), (401, False)}


@pytest.mark.parametrize("path", ["/oauth/introspect", "/oauth/revoke"])
async def test_one_token_is_asked_about_at_a_time(auth: Running, path: str) -> None:
    """Two are no request, and neither is ended."""
    client = await stranger(auth)
    value, basic = client.token["access_token"], httpx.BasicAuth(client.client_id, client.client_secret)
    answer = await auth.client().post(path, data={"token": [value, "another"]}, auth=basic)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert await status_at_the_api(auth, value) == 200
