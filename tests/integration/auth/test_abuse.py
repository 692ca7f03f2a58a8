"""Odd redirects, odd callers of the token endpoint: none of them connects anything or gets a token."""

import asyncio
import base64
from urllib.parse import urlencode

import httpx
import pytest

from tests.integration.auth.conftest import Running
from tests.integration.auth.test_consent import outcome

pytestmark = pytest.mark.abuse
CALLBACK = "/connections/amazon/callback"


@pytest.mark.parametrize(
    "odd",
    [
        {"selling_partner_id": "../A1"},
        {"selling_partner_id": "A1/items"},
        {"selling_partner_id": "A1?x=1"},
        {"selling_partner_id": "A" * 65},
        {"selling_partner_id": "A1\u0000"},
        {"selling_partner_id": "Ａ１"},
        {"spapi_oauth_code": "c" * 2049},
        {"state": "s" * 5000},
        {"state": "\u0000"},
        {"state": ""},
        {"state": "' or 1=1 --"},
    ],
)
async def test_an_odd_redirect_is_nobodys(auth: Running, odd: dict[str, str]) -> None:
    """It connects nothing, is exchanged with nobody, and leaves the consent that is under way as it was."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    back = await visitor.confirm(await visitor.begin(), seller["seller_id"])
    asked = dict(httpx.URL(back).params) | odd
    answer = await visitor.get(f"{CALLBACK}?{urlencode(asked)}")
    assert answer.status_code in {303, 422}
    if answer.status_code == 303:
        assert outcome(answer.headers["location"]) == "unknown"
    assert (await auth.sandbox.calls("amazon.token"))["count"] == 0
    assert (await visitor.get(back)).headers["location"].startswith("/connections?connected=")


async def test_a_code_that_is_no_code_connects_nothing(auth: Running) -> None:
    """One that Amazon never gave, with everything else in order."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    back = await visitor.confirm(await visitor.begin(), seller["seller_id"])
    forged = httpx.URL(back).copy_set_param("spapi_oauth_code", "invented")
    assert outcome((await visitor.get(str(forged))).headers["location"]) == "code-refused"
    assert await visitor.connections() == []


async def test_a_code_of_somebody_else_is_worth_nothing_once_it_was_used(auth: Running) -> None:
    """Seen in a log, say, and brought back with one's own state."""
    seller = await auth.sandbox.seller(region="eu")
    owner, thief = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    theirs = await owner.confirm(await owner.begin(), seller["seller_id"])
    await owner.get(theirs)
    own = await auth.sandbox.seller(region="eu")
    back = httpx.URL(await thief.confirm(await thief.begin(), own["seller_id"]))
    stolen = back.copy_set_param("spapi_oauth_code", httpx.URL(theirs).params["spapi_oauth_code"])
    assert outcome((await thief.get(str(stolen))).headers["location"]) == "code-refused"
    assert await thief.connections() == []


async def test_of_redirects_that_race_one_is_exchanged(auth: Running) -> None:
    """The same address opened eight times at once."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    back = await visitor.confirm(await visitor.begin(), seller["seller_id"])
    answers = await asyncio.gather(*(visitor.get(back) for _ in range(8)))
    told = [answer.headers["location"].split("=")[0] for answer in answers]
    assert told.count("/connections?connected") == 1
    assert told.count("/connections/outcome/used") == 7
    assert len(await auth.rows("select 1 from access_grant")) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
async def test_the_callback_is_opened_by_a_browser_only(auth: Running, method: str) -> None:
    """A form, a script or a link checker uses nothing up."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    back = await visitor.confirm(await visitor.begin(), seller["seller_id"])
    assert (await visitor.client.request(method, back)).status_code == 405
    assert (await visitor.get(back)).headers["location"].startswith("/connections?connected=")


async def test_a_callback_of_another_marketplace_does_not_use_the_state_up(auth: Running) -> None:
    """Mixing marketplaces up: the address names one, the state belongs to another."""
    visitor = await auth.visitor().sign_up()
    seller = await auth.sandbox.seller(region="eu")
    back = await visitor.confirm(await visitor.begin(), seller["seller_id"])
    assert (await visitor.get(back.replace("/amazon/", "/octopia/"))).status_code == 404
    assert (await visitor.get(back)).headers["location"].startswith("/connections?connected=")


_GRANT = {"grant_type": "client_credentials", "scope": "auth.tokens:use"}
_OURS = {"client_id": "orders", "client_secret": "secret-orders"}


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        (_GRANT, {}),
        (_GRANT | {"client_id": "orders"}, {}),
        (_GRANT | _OURS | {"client_secret": ""}, {}),
        (_GRANT | _OURS | {"client_secret": "secret-orders "}, {}),
        (_GRANT | _OURS | {"client_id": "Orders"}, {}),
        (_GRANT | _OURS | {"client_id": "orders\u0000"}, {}),
        (_GRANT, {"authorization": "Basic b3JkZXJz"}),
        (_GRANT, {"authorization": "Basic " + base64.b64encode(b"orders:").decode()}),
        (_GRANT, {"authorization": "Basic !!!"}),
        (_GRANT, {"authorization": "Bearer secret-orders"}),
        (_GRANT, {"authorization": "secret-orders"}),
    ],
)
async def test_who_does_not_prove_itself_gets_no_token(
    auth: Running, form: dict[str, str], headers: dict[str, str]
) -> None:
    """401 invalid_client, and not a word about which part was wrong."""
    answer = await auth.client().post("/oauth/token", data=dict(form), headers=dict(headers))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert "access_token" not in answer.text


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "authorization_code", "code": "c"},
        {"grant_type": "refresh_token", "refresh_token": "r"},
        {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "a"},
        {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": "s"},
        {"grant_type": "password", "username": "u", "password": "p"},
        {"grant_type": "Client_Credentials"},
        {"grant_type": ""},
        {},
    ],
)
async def test_no_other_grant_is_served(auth: Running, form: dict[str, str]) -> None:
    """Also to a client that proves itself."""
    answer = await auth.client().post("/oauth/token", data=dict(form) | {"scope": "auth.tokens:use"} | _OURS)
    assert answer.status_code == 400
    assert answer.json()["error"] in {"unsupported_grant_type", "invalid_request"}


async def test_a_secret_in_an_address_is_not_taken(auth: Running) -> None:
    """Addresses are logged by everything on the way."""
    answer = await auth.client().post(f"/oauth/token?{urlencode(_GRANT | _OURS)}")
    assert "access_token" not in answer.text
    assert answer.status_code in {400, 401}
    assert (await auth.client().get(f"/oauth/token?{urlencode(_GRANT | _OURS)}")).status_code == 405
