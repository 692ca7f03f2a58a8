"""Sign-up, sign-in, sign-out, sessions, and what is kept of them."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from services.auth.domain.opaque import digest
from tests.integration.auth.conftest import PASSWORD, Running, Visitor, run_auth

COOKIE = "passerelle_session"


async def sign_in(visitor: Visitor, email: str, password: str) -> httpx.Response:
    return await visitor.submit("/signin", page="/signin", email=email, password=password)


async def test_whoever_signs_up_is_signed_in(auth: Running) -> None:
    """One organisation with its owner; the page Connections says what to do first."""
    visitor = await auth.visitor().sign_up()
    page = await visitor.get("/connections")
    assert page.status_code == 200
    assert "No marketplace is connected yet" in page.text
    assert visitor.email in page.text
    (row,) = await auth.rows("select o.name from account a join organisation o on o.id = a.organisation_id")
    assert row.name == visitor.organisation


async def test_neither_password_nor_cookie_is_kept(auth: Running) -> None:
    """Argon2id of the password, SHA-256 of the cookie."""
    visitor = await auth.visitor().sign_up()
    (account,) = await auth.rows("select password_hash from account")
    assert account.password_hash.startswith("$argon2id$")
    cookie = visitor.client.cookies[COOKIE]
    (session,) = await auth.rows("select digest from session")
    assert session.digest == digest(cookie) != cookie


async def test_a_wrong_form_is_shown_again_with_its_problems(auth: Running) -> None:
    """Errors stand next to the fields; what was typed is still there, but for the password."""
    visitor = auth.visitor()
    answer = await visitor.submit("/signup", page="/signup", email="nobody", password="short-pass!", organisation="")
    assert answer.status_code == 422
    for said in ("name@example.com", "at least 12 characters", "name of your organisation", 'value="nobody"'):
        assert said in answer.text
    assert "short-pass!" not in answer.text
    assert await auth.rows("select 1 from account") == []


async def test_an_address_has_one_account(auth: Running) -> None:
    """Also in other letters, also when two sign up at once."""
    first = await auth.visitor().sign_up()
    fields = {"password": PASSWORD, "organisation": "Other"}
    again = await auth.visitor().submit("/signup", page="/signup", email=first.email.upper(), **fields)
    assert again.status_code == 409
    one, two = auth.visitor(), auth.visitor()
    twins = {"page": "/signup", "email": "twin@shop.example", **fields}
    answers = await asyncio.gather(one.submit("/signup", **twins), two.submit("/signup", **twins))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert len(await auth.rows("select 1 from organisation")) == 2


async def test_sign_in_and_out(auth: Running) -> None:
    """A session ends at once here when it is signed out; its cookie is worth nothing any more."""
    owner = await auth.visitor().sign_up()
    visitor = auth.visitor()
    answer = await sign_in(visitor, owner.email, PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")
    cookie = visitor.client.cookies[COOKIE]
    left = await visitor.submit("/signout")
    assert (left.status_code, left.headers["location"]) == (303, "/signin")
    visitor.client.cookies.set(COOKIE, cookie, domain="127.0.0.1", path="/")
    assert (await visitor.get("/connections")).headers["location"] == "/signin?next=%2Fconnections"
    assert (await owner.get("/connections")).status_code == 200


@pytest.mark.abuse
async def test_a_wrong_password_tells_no_more_than_an_unknown_address(auth: Running) -> None:
    """The same page, the same status."""
    owner = await auth.visitor().sign_up()
    wrong = await sign_in(auth.visitor(), owner.email, "not the password")
    unknown = await sign_in(auth.visitor(), "stranger@shop.example", "not the password")
    nobodys = await sign_in(auth.visitor(), "own\x00er@shop.example", "not the password")  # no text of PostgreSQL's
    assert wrong.status_code == unknown.status_code == nobodys.status_code == 401
    assert "do not fit together" in wrong.text
    assert "do not fit together" in unknown.text
    assert COOKIE not in wrong.cookies


@pytest.mark.abuse
async def test_too_many_wrong_passwords_are_refused_for_a_while(auth: Running) -> None:
    """Ten tries for an account from an address; then 429, also with the right password, for half an hour."""
    owner = await auth.visitor().sign_up()
    visitor = auth.visitor()
    for _ in range(10):
        assert (await sign_in(visitor, owner.email, "not the password")).status_code == 401
    blocked = await sign_in(visitor, owner.email, PASSWORD)
    assert blocked.status_code == 429
    assert 900 < int(blocked.headers["retry-after"]) <= 1800
    assert (await sign_in(visitor, "stranger@shop.example", "not the password")).status_code == 401
    auth.clock.ahead = timedelta(minutes=30, seconds=1)
    assert (await sign_in(visitor, owner.email, PASSWORD)).status_code == 303


async def test_right_passwords_are_not_counted(auth: Running) -> None:
    """Somebody who signs in often is not locked out."""
    owner = await auth.visitor().sign_up()
    for _ in range(12):
        assert (await sign_in(auth.visitor(), owner.email, PASSWORD)).status_code == 303


async def test_attempts_are_counted_without_addresses(auth: Running) -> None:
    """Neither e-mail nor address of a failed try is readable."""
    await sign_in(auth.visitor(), "stranger@shop.example", "not the password")
    kept = await auth.kept("sign_in_attempt")
    assert kept
    assert "stranger" not in kept
    assert "127.0.0.1" not in kept


@pytest.mark.abuse
async def test_first_forms_are_bound_to_their_browser(auth: Running) -> None:
    """Without the token of this browser nobody is signed in or up (login CSRF)."""
    owner = await auth.visitor().sign_up()
    stranger = auth.visitor()
    token = await stranger.csrf("/signin")
    victim = auth.visitor()
    await victim.get("/signin")
    answer = await victim.post("/signin", csrf_token=token, email=owner.email, password=PASSWORD)
    assert answer.status_code == 403
    assert COOKIE not in answer.cookies


@pytest.mark.abuse
async def test_forms_are_bound_to_their_session(auth: Running) -> None:
    """Another session's token, or none, changes nothing."""
    one, other = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    stolen = await other.csrf()
    for fields in ({"csrf_token": stolen}, {}):
        assert (await one.post("/connections", country="FR", marketplace="amazon", **fields)).status_code == 403
        assert (await one.post("/signout", **fields)).status_code == 403
    assert await auth.rows("select 1 from consent_state") == []


async def test_a_session_ends_by_itself(auth: Running) -> None:
    """Seven days unused, or thirty days old."""
    visitor = await auth.visitor().sign_up()
    for _ in range(5):
        auth.clock.ahead += timedelta(days=5, hours=23)
        assert (await visitor.get("/connections")).status_code == 200
    auth.clock.ahead += timedelta(days=1)
    assert (await visitor.get("/connections")).status_code == 303
    other = await auth.visitor().sign_up()
    auth.clock.ahead += timedelta(days=7)
    assert (await other.get("/connections")).status_code == 303


@pytest.mark.abuse
async def test_next_leads_nowhere_else(auth: Running) -> None:
    """After signing in one goes on where one was, but never to an address of somebody else."""
    owner = await auth.visitor().sign_up()
    goals = {"/orders?x=1": "/orders?x=1", "https://evil.example": "/dashboard", "//evil": "/dashboard"}
    for wished, goal in goals.items():
        visitor = auth.visitor()
        fields = {"email": owner.email, "password": PASSWORD, "next": wished}
        answer = await visitor.submit("/signin", page="/signin", **fields)
        assert answer.headers["location"] == goal


@pytest.mark.abuse
async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(auth: Running) -> None:
    """HttpOnly and SameSite=Lax; under https also Secure and `__Host-`."""
    owner = await auth.visitor().sign_up()
    made = (await sign_in(auth.visitor(), owner.email, PASSWORD)).headers["set-cookie"]
    assert made.startswith("passerelle_session=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(made.split("; "))
    secure = run_auth(auth.settings.model_copy(update={"public_url": "https://passerelle.example"}), auth.sandbox)
    visitor = secure.visitor()
    visitor.client.base_url = httpx.URL("https://passerelle.example")
    made = (await sign_in(visitor, owner.email, PASSWORD)).headers["set-cookie"]
    assert made.startswith("__Host-passerelle_session=")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(made.split("; "))
    assert (await visitor.get("/connections")).status_code == 200
    await secure.close()


async def test_a_chosen_language_stays_with_the_account(auth: Running) -> None:
    """French chosen once is French at the next sign-in, in another browser."""
    owner = await auth.visitor().sign_up()
    assert "Connexions" in (await owner.get("/connections?language=fr")).text
    visitor = auth.visitor()
    await sign_in(visitor, owner.email, PASSWORD)
    assert "Aucune place de marché" in (await visitor.get("/connections")).text


async def test_who_did_what_is_written_down(auth: Running) -> None:
    """The audit log names deeds, accounts and connections, and holds no address or secret."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"])
    (connection,) = await visitor.connections()
    await visitor.submit(f"/connections/{connection['id']}/name", name="Renamed")
    await visitor.submit(f"/connections/{connection['id']}/disconnect")
    await visitor.submit("/signout")
    rows = await auth.rows("select * from audit order by at, id")
    assert [row.action for row in rows] == [
        "account.signed_up",
        "consent.begun",
        "connection.authorised",
        "connection.renamed",
        "connection.disconnected",
        "account.signed_out",
    ]
    assert {row.account_id for row in rows} == {rows[0].account_id}
    assert visitor.email not in await auth.kept("audit")
