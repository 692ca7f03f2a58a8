"""From Amazon's Appstore, or its *Re-Authorize*, to a connection: the ways in, and every way to abuse the link."""

from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from tests.integration.auth.conftest import APP, PASSWORD, PUBLIC_URL, Running, Visitor
from tests.integration.auth.test_consent import outcome

LOGIN, AUTHORISE = "/connections/amazon/login", "/connections/amazon/authorise"


def ours(answer: httpx.Response) -> str:
    """The path and query of a redirect to us."""
    assert answer.status_code in {302, 303}, answer.text
    location: str = answer.headers["location"]
    return location.removeprefix(PUBLIC_URL)


async def sent(auth: Running, seller_id: str, country: str = "FR") -> str:
    """The seller clicks *Authorize* at Amazon: our Login URI as Amazon opens it."""
    page = f"{auth.settings.central_urls['amazon']['eu'].replace('{country}', country)}/apps/manage"
    form = {"application_id": APP["application_id"], "selling_partner_id": seller_id}
    async with httpx.AsyncClient(trust_env=False) as far:
        return ours(await far.post(page, data=form))


async def confirmed(address: str) -> str:
    """Amazon's confirmation page, which leads back at once."""
    async with httpx.AsyncClient(trust_env=False) as far:
        return ours(await far.get(address))


async def authorise(visitor: Visitor, link: str, **fields: str) -> httpx.Response:
    """The whole way of somebody who is signed in; the answer of the callback."""
    assert ours(await visitor.get(link)) == AUTHORISE
    form = {"country": "FR", "name": "From the store"} | fields
    answer = await visitor.submit(AUTHORISE, page=AUTHORISE, **form)
    return await visitor.get(await confirmed(answer.headers["location"]))


async def test_an_unknown_account_is_connected(auth: Running) -> None:
    """Its country is known by the host it comes from, and can be another of the region; nothing is left behind."""
    seller = await auth.sandbox.seller(region="eu", channels=["PL", "DE"])
    visitor = await auth.visitor().sign_up()
    link = await sent(auth, seller["seller_id"], "PL")
    assert ours(await visitor.get(link)) == AUTHORISE
    page = (await visitor.get(AUTHORISE)).text
    assert seller["seller_id"] in page
    assert '<option value="PL" selected>' in page
    assert '<option value="DE">' in page
    assert '<option value="US">' not in page  # the host is Europe's
    answer = await authorise(visitor, link, country="PL")
    assert "connected=" in answer.headers["location"]
    (connection,) = await visitor.connections()
    assert (connection["state"], connection["name"]) == ("authorised", "From the store")
    assert outcome(ours(await visitor.get(AUTHORISE))) == "visit-late"  # the visit is over


async def test_a_known_account_is_renewed(auth: Running) -> None:
    """Re-Authorize: one connection, its name kept, its consent one version newer; the page asks for no name."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"], name="Main shop")
    link = await sent(auth, seller["seller_id"])
    await visitor.get(link)
    page = (await visitor.get(AUTHORISE)).text
    assert "Main shop" in page
    assert 'name="name"' not in page
    await authorise(visitor, link, name="Another name")
    (connection,) = await visitor.connections()
    assert (connection["name"], connection["consent_version"]) == ("Main shop", 2)


async def test_one_signs_up_or_in_on_the_way(auth: Running) -> None:
    """Whoever has no session is led to sign in, from there to sign up, and on to where they were going."""
    seller = await auth.sandbox.seller(region="eu")
    visitor, link = auth.visitor(), await sent(auth, seller["seller_id"])
    assert ours(await visitor.get(link)) == AUTHORISE
    sign_in = ours(await visitor.get(AUTHORISE))
    assert sign_in == f"/signin?{urlencode({'next': AUTHORISE})}"
    onward = f"/signup?{urlencode({'next': AUTHORISE})}"
    told = "Then you go on to authorise the account that you come with."
    assert [told in (await visitor.get(page)).text for page in (sign_in, onward, "/signin")] == [True, True, False]
    assert f'href="{onward}"' in (await visitor.get(sign_in)).text
    assert f'name="next" value="{AUTHORISE}"' in (await visitor.get(onward)).text
    account = {"email": "new@shop.example", "password": PASSWORD, "organisation": "New"}
    assert ours(await visitor.submit("/signup", page=onward, next=AUTHORISE, **account)) == AUTHORISE
    answer = await visitor.submit(AUTHORISE, page=AUTHORISE, country="FR", name="")
    back = await visitor.get(await confirmed(answer.headers["location"]))
    assert "connected=" in back.headers["location"]
    (connection,) = await visitor.connections()
    assert connection["name"] == f"Amazon {seller['seller_id']}"


@pytest.mark.abuse
async def test_an_account_of_another_organisation_is_refused(auth: Running) -> None:
    """With a sentence, and before the code is spent; until Amazon vouches for the seller nothing is told of it."""
    seller = await auth.sandbox.seller(region="eu")
    await (await auth.visitor().sign_up()).connect(seller["seller_id"], name="Theirs")
    other = await auth.visitor().sign_up()
    link = await sent(auth, seller["seller_id"])
    await other.get(link)
    assert "Theirs" not in (await other.get(AUTHORISE)).text
    spent = (await auth.sandbox.calls("amazon.token"))["count"]
    assert outcome(ours(await authorise(other, link))) == "other-organisation"
    assert (await auth.sandbox.calls("amazon.token"))["count"] == spent
    assert await other.connections() == []


@pytest.mark.abuse
async def test_who_comes_back_is_who_was_sent(auth: Running) -> None:
    """A link with somebody's seller id, and another seller signed in at Amazon: nothing is connected."""
    named, signed_in = await auth.sandbox.seller(region="eu"), await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    link = (await sent(auth, signed_in["seller_id"])).replace(signed_in["seller_id"], named["seller_id"])
    assert outcome(ours(await authorise(visitor, link))) == "other-seller"
    assert await visitor.connections() == []


@pytest.mark.abuse
async def test_our_confirmation_leads_nowhere_else(auth: Running) -> None:
    """A link to a stranger's address redirects to our own page, keeps nothing, and its address is not written there."""
    visitor = await auth.visitor().sign_up()
    seller = await auth.sandbox.seller(region="eu")
    link = await sent(auth, seller["seller_id"])
    central = urlsplit(auth.settings.central_urls["amazon"]["eu"]).netloc
    for broken in (link.replace(central.replace(":", "%3A"), "evil.example"), LOGIN, f"{link}&{'x' * 3000}"):
        answer = await visitor.get(broken)
        assert outcome(ours(answer)) == "visit-unknown"
        assert "passerelle_visit" not in answer.headers.get("set-cookie", "")
    assert "evil" not in (await visitor.get("/connections/outcome/visit-unknown")).text
    assert (await visitor.get("/connections/octopia/login")).status_code == 404


@pytest.mark.parametrize("cookie", ["", "%", "bm90IGEgbGluaw==", "_w=="])
@pytest.mark.abuse
async def test_a_visit_that_is_no_longer_there_is_told(auth: Running, cookie: str) -> None:
    """No cookie, or one that nobody of us wrote, at the page and at its form."""
    visitor = await auth.visitor().sign_up()
    visitor.client.cookies.set("passerelle_visit", cookie)
    assert outcome(ours(await visitor.get(AUTHORISE))) == "visit-late"
    assert outcome(ours(await visitor.submit(AUTHORISE, country="FR"))) == "visit-late"


async def test_a_wrong_field_is_named(auth: Running) -> None:
    """Another region's country, none, and a name too long; what was typed stays, and so does the visit."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.get(await sent(auth, seller["seller_id"]))
    for fields, said in (
        ({"country": "US"}, "Choose the country"),
        ({"country": ""}, "Choose the country"),
        ({"country": "FR", "name": "x" * 81}, "1 to 80 characters"),
    ):
        answer = await visitor.submit(AUTHORISE, page=AUTHORISE, **({"name": "Kept"} | fields))
        assert answer.status_code == 422
        assert said in answer.text
        assert f'value="{fields.get("name", "Kept")}"' in answer.text
    assert await visitor.connections() == []


@pytest.mark.abuse
async def test_the_form_needs_its_token(auth: Running) -> None:
    """A stranger's page cannot make somebody authorise."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.get(await sent(auth, seller["seller_id"]))
    assert (await visitor.post(AUTHORISE, country="FR", name="x")).status_code == 403


@pytest.mark.abuse
async def test_amazons_state_is_in_no_address_and_no_table(auth: Running) -> None:
    """It is in a cookie no script reads, for half an hour, and in the redirect back to Amazon."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    link = await sent(auth, seller["seller_id"])
    state = link.split("amazon_state=")[1].split("&")[0]
    answer = await visitor.get(link)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "max-age=1800" in cookie
    assert "samesite=lax" in cookie
    assert state not in answer.headers["location"]
    assert state not in (await visitor.get(AUTHORISE)).text
    address = (await visitor.submit(AUTHORISE, page=AUTHORISE, country="FR", name="n")).headers["location"]
    assert state in address
    assert state not in await auth.kept("consent_state", "audit")
