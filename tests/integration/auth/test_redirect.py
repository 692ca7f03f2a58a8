"""
Where a consent leads back to: the address that the operator configured, whatever a request or an address says.

Seen red with the address made from the request's Host, with a state of any session believed, with an exchange that
names the address of before, with an account's holder not looked up, and with a `next` that is followed.
"""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.integration.auth.conftest import APP, PASSWORD, PUBLIC_URL, Running, Visitor, run_auth

pytestmark = pytest.mark.abuse

CALLBACK = f"{PUBLIC_URL}/connections/amazon/callback"
EVIL = "evil.example"
SPOOFED = {
    "Host": {"host": EVIL},
    "X-Forwarded-Host": {"x-forwarded-host": EVIL, "x-forwarded-proto": "https", "x-forwarded-port": "443"},
    "Forwarded": {"forwarded": f"host={EVIL};proto=https"},
    "X-Original-URL": {"x-original-url": f"https://{EVIL}/", "x-rewrite-url": f"https://{EVIL}/", "x-host": EVIL},
    "Origin": {"origin": f"https://{EVIL}", "referer": f"https://{EVIL}/"},
}


def sent_back_to(consent_address: str) -> str:
    """The redirect URI in the address of a consent page."""
    (found,) = parse_qs(urlsplit(consent_address).query)["redirect_uri"]
    return found


async def consented(auth: Running) -> tuple[Visitor, str]:
    """A visitor who has confirmed, and where the far side sends them."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    return visitor, await visitor.confirm(await visitor.begin(), seller["seller_id"])


@pytest.mark.parametrize("name", SPOOFED)
async def test_the_address_is_ours_whatever_the_request_says(auth: Running, name: str) -> None:
    """At *Connect*, at the callback and at *Reconnect*: our public address is sent, and we lead to no other host."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    csrf = await visitor.csrf()
    visitor.client.headers.update(SPOOFED[name])
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.client.cookies.jar)
    visitor.client.headers["cookie"] = cookies  # as a browser has it; httpx would ask for those of the spoofed host
    begun = await visitor.post("/connections", csrf_token=csrf, marketplace="amazon", country="FR")
    assert sent_back_to(begun.headers["location"]) == CALLBACK
    back = await visitor.get(await visitor.confirm(begun.headers["location"], seller["seller_id"]))
    assert back.headers["location"].startswith("/connections?connected=")
    assert EVIL not in back.text + (await visitor.get(back.headers["location"])).text
    (connection,) = await visitor.connections()
    again = await visitor.post(f"/connections/{connection['id']}/reconnect", csrf_token=csrf)
    assert sent_back_to(again.headers["location"]) == CALLBACK


async def test_an_address_changed_on_the_way_to_the_far_side_leads_nowhere(auth: Running) -> None:
    """One that is not registered: the far side shows an error, and no code is made."""
    seller = await auth.sandbox.seller(region="eu")
    address = httpx.URL(await (await auth.visitor().sign_up()).begin())
    form = {"selling_partner_id": seller["seller_id"], "decision": "confirm"}
    async with httpx.AsyncClient(trust_env=False) as far:
        for wished in (f"https://{EVIL}/", CALLBACK + "/more", CALLBACK + "?more=1", "http://127.0.0.1/"):
            changed = address.copy_set_param("redirect_uri", wished)
            answer = await far.post(changed, data=dict(changed.params) | form)
            assert (answer.status_code, "not registered" in answer.text) == (400, True)


async def test_a_code_of_another_address_is_not_exchanged(auth: Running) -> None:
    """Both are registered; the code was given for the other one, and is brought to ours: nothing is connected."""
    other = "https://old.example/connections/amazon/callback"
    registered = APP["application_id"], APP["client_id"], [APP["client_secret"]]
    await auth.sandbox.app(*registered, redirect_uris=[CALLBACK, other], draft=False)
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    address = httpx.URL(await visitor.begin()).copy_set_param("redirect_uri", other)
    form = dict(address.params) | {"selling_partner_id": seller["seller_id"], "decision": "confirm"}
    async with httpx.AsyncClient(trust_env=False) as far:
        back = httpx.URL((await far.post(address, data=form)).headers["location"])
    assert back.host == "old.example"
    answer = await visitor.get(back.raw_path.decode())
    assert answer.headers["location"] == "/connections/outcome/code-refused"
    assert (await visitor.connections(), await auth.rows("select 1 from access_grant")) == ([], [])


async def test_an_address_that_is_configured_anew_meanwhile_connects_nothing(auth: Running) -> None:
    """The operator moves us between consent and callback: the new address is sent, the far side knows better."""
    visitor, back = await consented(auth)
    moved = run_auth(auth.settings.model_copy(update={"public_url": "http://localhost:8080"}), auth.sandbox)
    try:
        there = moved.visitor()
        there.client.cookies.update(visitor.client.cookies)
        answer = await there.get(back)
        assert answer.headers["location"] == "/connections/outcome/code-refused"
        assert await visitor.connections() == []
    finally:
        await moved.close()


async def test_a_consent_that_is_cancelled_connects_nothing(auth: Running) -> None:
    """On the far side's page, and by a redirect that brings a state and nothing else; then it may be begun anew."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    address = await visitor.begin()
    form = dict(httpx.URL(address).params) | {"decision": "cancel"}
    async with httpx.AsyncClient(trust_env=False) as far:
        assert "Nothing was shared" in (await far.post(address, data=form)).text
    for brought in ("", "&error=access_denied", "&spapi_oauth_code=", "&spapi_oauth_code=c"):
        answer = await visitor.get(f"/connections/amazon/callback?state={form['state']}{brought}")
        assert answer.headers["location"] == "/connections/outcome/cancelled"
    assert (await visitor.get("/connections/outcome/cancelled")).status_code == 200
    assert await visitor.connections() == []
    assert (await visitor.connect(seller["seller_id"])).headers["location"].startswith("/connections?connected=")


async def test_an_account_of_another_organisation_is_not_had_by_naming_it(auth: Running) -> None:
    """A code of one's own, brought back with another organisation's seller id: refused before the code is spent."""
    taken = await auth.sandbox.seller(region="eu")
    owner = await auth.visitor().sign_up()
    await owner.connect(taken["seller_id"])
    before = await owner.connections(), await auth.rows("select * from access_grant")
    thief, back = await consented(auth)
    spent = (await auth.sandbox.calls("amazon.token"))["count"]
    answer = await thief.get(str(httpx.URL(back).copy_set_param("selling_partner_id", taken["seller_id"])))
    assert answer.headers["location"] == "/connections/outcome/other-organisation"
    assert (await auth.sandbox.calls("amazon.token"))["count"] == spent
    assert await thief.connections() == []
    assert (await owner.connections(), await auth.rows("select * from access_grant")) == before


async def test_a_state_does_not_outlive_its_session(auth: Running) -> None:
    """Signed out meanwhile, or signed in anew in the same browser: the redirect belongs to nobody."""
    visitor, back = await consented(auth)
    await visitor.submit("/signout")
    assert (await visitor.get(back)).headers["location"] == "/connections/outcome/unknown"
    again = await visitor.submit("/signin", page="/signin", email=visitor.email, password=PASSWORD)
    assert again.status_code == 303
    assert (await visitor.get(back)).headers["location"] == "/connections/outcome/unknown"
    assert await visitor.connections() == []


async def test_a_callback_leads_nowhere_else(auth: Running) -> None:
    """No parameter of it says where we send the browser."""
    visitor, back = await consented(auth)
    for name in ("next", "redirect_uri", "redirect", "url", "return_to", "amazon_callback_uri"):
        back = str(httpx.URL(back).copy_add_param(name, f"https://{EVIL}/"))
    assert (await visitor.get(back)).headers["location"].startswith("/connections?connected=")
