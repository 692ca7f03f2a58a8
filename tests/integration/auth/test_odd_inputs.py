"""What auth is sent that no browser and no program of a seller sends: refused, never a bug of ours."""

import httpx

from tests.integration.auth.conftest import PASSWORD, Running

FORM = {"content-type": "application/x-www-form-urlencoded"}


async def test_credentials_with_a_nul_are_nobodys(auth: Running) -> None:
    """PostgreSQL has no such text. In the form and by HTTP Basic, encoded once more too. Seen red (500)."""
    form = "grant_type=client_credentials&scope=orders.orders%3Aread"
    answers = [
        await auth.client().post("/oauth/token", content=f"{form}&client_id=a%00b&client_secret=x", headers=FORM),
        await auth.client().post("/oauth/token", content=form, headers=FORM, auth=("a\0b", "x")),
        await auth.client().post("/oauth/token", content=form, headers=FORM, auth=("a%00b", "x")),
    ]
    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(401, "invalid_client")] * 3


async def test_a_nul_in_a_form_is_no_bug(auth: Running) -> None:
    """Signing up, signing in, naming something: said beside the field, or taken without it. Seen red (500)."""
    visitor = auth.visitor()
    nul = {"email": "a\0b@shop.example", "password": PASSWORD, "organisation": "Sho\0p"}
    assert (await visitor.submit("/signup", page="/signup", **nul)).status_code == 422
    owner = await auth.visitor().sign_up()
    client = {"name": "ER\0P", "scopes": "orders.orders:read", "once": "a\0b", "password": PASSWORD}
    named = await owner.submit("/settings/api-clients", **client)
    begun = await owner.submit("/connections", marketplace="amazon", country="FR", name="Sho\0p")
    assert {named.status_code, begun.status_code} <= {200, 303, 422}
    for odd in ("e\0u", "\N{PILE OF POO}" * 5000):
        assert (await owner.submit("/connections", marketplace="amazon", country=odd)).status_code in {404, 422}
        assert (await owner.submit("/connections", marketplace=odd, country="FR")).status_code in {404, 422}


async def test_a_nul_in_an_address_is_404(auth: Running) -> None:
    """An id or a state with one belongs to nobody. Seen red (500)."""
    owner = await auth.visitor().sign_up()
    assert (await owner.get("/settings/api-clients/a%00b/revoke")).status_code == 404
    assert (await owner.submit("/settings/api-clients/a%00b/revoke")).status_code == 404
    back = await owner.get("/connections/amazon/callback?state=a%00b&spapi_oauth_code=c&selling_partner_id=A%00")
    assert back.headers["location"] == "/connections/outcome/unknown"


async def test_a_code_is_exchanged_once(auth: Running) -> None:
    """A code that was used, brought back under a fresh state of the same session, connects nothing anew. Seen red."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    used = httpx.URL(await visitor.confirm(await visitor.begin(), seller["seller_id"]))
    assert (await visitor.get(str(used))).headers["location"].startswith("/connections?connected=")
    fresh = httpx.URL(await visitor.confirm(await visitor.begin(), seller["seller_id"]))
    forged = fresh.copy_set_param("spapi_oauth_code", used.params["spapi_oauth_code"])
    answer = await visitor.get(str(forged))
    assert answer.headers["location"] == "/connections/outcome/code-refused"
    (connection,) = await visitor.connections()
    assert connection["consent_version"] == 1


async def test_cookies_that_nobody_made_are_nobodys(auth: Running) -> None:
    """Not ASCII, very long, or with a NUL: no session, and no bug. Seen red (500)."""
    for cookie in (b"passerelle_session=\xff\xfe", b"passerelle_session=" + b"a" * 9000, b"passerelle_session=a\0b"):
        answer = await auth.client().get("/api/auth/v1/connections", headers={b"cookie": cookie})
        assert answer.status_code == 401
