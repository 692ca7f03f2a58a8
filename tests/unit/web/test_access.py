"""Who comes in, on pages, APIs and internal routes."""

import httpx
import pytest
from fastapi import FastAPI

from tests.unit.web.conftest import COOKIE, ORGANISATION, FakeSessions, make_app

SERVICE = {"authorization": "Bearer service"}
CLIENT = {"authorization": "bearer client"}
FORGED = {"authorization": "Bearer forged"}


async def test_a_page_without_a_session_leads_to_signing_in_and_back(client: httpx.AsyncClient) -> None:
    """303 to the sign-in page, which knows where to come back to."""
    answer = await client.get("/orders?status=open")
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin?next=%2Forders%3Fstatus%3Dopen")


async def test_a_page_whose_address_has_a_percent_sign_is_the_one_come_back_to(client: httpx.AsyncClient) -> None:
    """Seen red: it was decoded twice, and led to what the SKU `A/B` has."""
    answer = await client.get("/orders/A%252FB")
    assert answer.headers["location"] == "/signin?next=%2Forders%2FA%25252FB"


async def test_a_consent_code_is_not_carried_along(client: httpx.AsyncClient) -> None:
    """Should the session be gone when a consent comes back, its code and state are in no address of ours."""
    answer = await client.get("/orders?spapi_oauth_code=SECRET&state=SECRET&a=b")
    assert answer.headers["location"] == "/signin?next=%2Forders%3Fa%3Db"


async def test_a_post_without_a_session_does_not_come_back(client: httpx.AsyncClient) -> None:
    """What was posted is gone; coming back to the address by GET would be something else."""
    answer = await client.post("/orders", data={"sku": "a"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin?next=%2F")


async def test_a_session_opens_pages_and_the_api(client: httpx.AsyncClient) -> None:
    """Of its own organisation."""
    client.cookies.update(COOKIE)
    assert (await client.get("/orders")).text == "marie@example.com"
    assert (await client.get("/api/orders/v1/orders")).json() == str(ORGANISATION)


async def test_the_organisation_is_on_the_request_line(
    client: httpx.AsyncClient, log_lines: list[dict[str, object]]
) -> None:
    """Each request's line says for whom it was, and not who by e-mail."""
    client.cookies.update(COOKIE)
    await client.get("/orders")
    assert [line["organisation_id"] for line in log_lines if line["event"] == "http.served"] == [ORGANISATION]
    assert "marie" not in str(log_lines)


async def test_a_change_by_session_needs_the_header(client: httpx.AsyncClient) -> None:
    """A page of somebody else can make a browser send the cookie, not the header."""
    client.cookies.update(COOKIE)
    body = {"counted": 3}
    assert (await client.put("/api/orders/v1/level", json=body)).status_code == 403
    wrong = await client.put("/api/orders/v1/level", json=body, headers={"X-CSRF-Token": "csrf-2"})
    assert wrong.json()["type"] == "urn:passerelle:problem:form-expired"
    right = await client.put("/api/orders/v1/level", json=body, headers={"X-CSRF-Token": "csrf-1"})
    assert right.json() == 3


async def test_a_form_needs_its_sessions_token(client: httpx.AsyncClient) -> None:
    """Without it, or with another session's, nothing is done; with it, the fields arrive without spaces around."""
    client.cookies.update(COOKIE)
    for token in ({}, {"csrf_token": ""}, {"csrf_token": "csrf-2"}, {"csrf_token": "é"}):
        answer = await client.post("/orders", data={"sku": "a", **token})
        assert (answer.status_code, "no longer valid" in answer.text) == (403, True)
    answer = await client.post("/orders", data={"sku": [" a ", "b"], "csrf_token": "csrf-1"})
    assert answer.json() == {"sku": ["a", "b"], "one": ["b"], "none": [""]}


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), (FORGED, 401), ({"authorization": "Basic x"}, 401), (CLIENT, 200), (SERVICE, 403)],
)
async def test_the_api_is_for_organisations(client: httpx.AsyncClient, headers: dict[str, str], status: int) -> None:
    """A token of an organisation with the scope, or a session; one of our services has no organisation here."""
    assert (await client.get("/api/orders/v1/orders", headers=headers)).status_code == status


async def test_a_missing_scope_is_named(client: httpx.AsyncClient) -> None:
    """403, saying what would be needed."""
    answer = await client.put("/api/orders/v1/level", json={"counted": 1}, headers=CLIENT)
    assert (answer.status_code, answer.json()["detail"]) == (403, "It needs inventory.stock:write.")


async def test_a_bad_token_is_not_mended_by_a_session(client: httpx.AsyncClient) -> None:
    """Whoever brings a token is judged by it."""
    client.cookies.update(COOKIE)
    assert (await client.get("/api/orders/v1/orders", headers=FORGED)).status_code == 401


@pytest.mark.parametrize(
    ("headers", "cookies", "status"),
    [(SERVICE, {}, 200), (CLIENT, {}, 403), ({}, COOKIE, 401), ({}, {}, 401)],
)
async def test_internal_routes_are_for_our_services(
    client: httpx.AsyncClient, headers: dict[str, str], cookies: dict[str, str], status: int
) -> None:
    """No session and no organisation's token opens them, whatever its scopes."""
    client.cookies.update(cookies)
    assert (await client.post("/internal/v1/token", headers=headers)).status_code == status


async def test_auth_away_lets_nobody_in(client: httpx.AsyncClient, sessions: FakeSessions) -> None:
    """503, not a redirect to a sign-in page that is away too."""
    sessions.away = True
    client.cookies.update(COOKIE)
    page = await client.get("/orders", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert (await client.get("/api/orders/v1/orders")).json()["status"] == 503


async def test_under_https_only_the_host_cookie_counts(sessions: FakeSessions) -> None:
    """Another host, or plain http, cannot set `__Host-…`; the name without it means nothing there."""
    https = make_app(sessions, "https://passerelle.example", None)
    transport = httpx.ASGITransport(https)
    async with httpx.AsyncClient(transport=transport, base_url="https://passerelle.example") as client:
        plain = await client.get("/orders", headers={"cookie": "passerelle_session=marie"})
        host = await client.get("/orders", headers={"cookie": "__Host-passerelle_session=marie"})
    assert (plain.status_code, host.status_code) == (303, 200)


def test_the_openapi_document_says_who_may(app: FastAPI) -> None:
    """Session or token on the API; the documents of pages are not in it by accident of a cookie name."""
    document = app.openapi()
    assert document["paths"]["/api/orders/v1/orders"]["get"]["security"] == [{"session": []}, {"token": []}]
    assert document["paths"]["/internal/v1/token"]["post"]["security"] == [{"token": []}]
    assert "ProblemBody" in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
