"""Sign-in at an OpenID provider that is not ours (oidc-provider-mock, its own process, over HTTP)."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from services.auth.settings_in_json import OpenIdSettings
from tests.authenticator import Authenticator
from tests.integration.auth.conftest import PUBLIC_URL, Running, Visitor, run_auth
from tests.integration.auth.test_passkeys import ALONE, PASSKEYS, add, use
from tests.openid_provider import running_openid_provider, tell_user
from tests.ports import free_port


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """Where the provider is."""
    with running_openid_provider("127.0.0.1") as issuer:
        yield issuer


@pytest.fixture
async def offering(auth: Running, issuer: str) -> AsyncIterator[Running]:
    """auth that offers it."""
    told = OpenIdSettings(issuer=issuer, client_id="passerelle", client_secret=SecretStr("any"), name="Login")
    running = run_auth(auth.settings.model_copy(update={"openid": told}), auth.sandbox)
    yield running
    await running.close()


async def led_back(visitor: Visitor, issuer: str, **claims: Any) -> str:
    """Goes to the provider's page and signs in there: path and query it sends back to."""
    begun = await visitor.get("/signin/openid?next=/settings")
    assert begun.status_code == 303, begun.text
    if claims:
        await tell_user(issuer, "ann", **claims)
    async with httpx.AsyncClient() as browser:
        form = {"sub": "ann"} if claims else {"action": "deny"}
        answer = await browser.post(begun.headers["location"], data=form)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"]).removeprefix(PUBLIC_URL)


async def test_a_member_signs_in_at_the_provider(offering: Running, issuer: str) -> None:
    """Without a password, to where they wanted to go; where two factors are needed, theirs count if it says so."""
    owner = await offering.visitor().sign_up()
    ann = {"email": owner.email.upper(), "email_verified": True}
    visitor = offering.visitor()
    assert "Sign in with Login" in (await visitor.get("/signin")).text
    assert (await visitor.get(await led_back(visitor, issuer, **ann))).headers["location"] == "/settings"
    assert (await visitor.get("/settings")).status_code == 200
    (row,) = await offering.rows("select reason from audit where action = 'account.signed_in'")
    assert row.reason == "openid"
    await owner.connect(str((await offering.sandbox.seller())["seller_id"]))
    await offering.rows("update connection set first_authorised_at = now() - interval '7 days'")
    assert (await visitor.get("/settings")).status_code == 303
    once = await visitor.get(await led_back(visitor, issuer, **ann, amr=["pwd"]))
    assert once.headers["location"] == "/signin/code?next=%2Fsettings"
    assert (await visitor.get("/settings")).status_code == 303
    twice = await visitor.get(await led_back(visitor, issuer, **ann, amr=["pwd", "mfa"]))
    assert twice.headers["location"] == "/settings"
    page = await visitor.get("/settings")
    assert (page.status_code, "a password alone lets nobody in" in page.text) == (200, False)


@pytest.mark.abuse
async def test_who_just_came_from_there_needs_no_password_at_an_act(offering: Running, issuer: str) -> None:
    """
    They may know none: for ten minutes none is asked for, and they may choose one. Then it is, and the page says what
    to do; of whoever signed in with a password it is at once. Seen red for an older session.
    """
    owner, visitor = await offering.visitor().sign_up(), offering.visitor()
    await offering.rows("update account set password_changed_at = now() - interval '2 days'")
    begin, password = "/settings/account/second-factor/begin", "/settings/account/password"
    assert (await owner.submit(begin, page="/settings/account")).status_code == 422
    ann = {"email": owner.email, "email_verified": True}
    await visitor.get(await led_back(visitor, issuer, **ann))
    assert 'name="password"' not in (await visitor.get("/settings/account")).text
    assert 'id="key"' in (await visitor.submit(begin, page="/settings/account")).text
    offering.clock.ahead += timedelta(minutes=10)
    refused = await visitor.submit(begin, page="/settings/account")
    assert (refused.status_code, "as you sign in with Login" in refused.text) == (422, True)
    assert (
        await visitor.submit(password, page="/settings/account", new_password="Another horse, 1")
    ).status_code == 422
    visitor.client.cookies.delete("passerelle_session")
    await visitor.get(await led_back(visitor, issuer, **ann))
    chosen = await visitor.submit(password, page="/settings/account", new_password="Another horse, 1")
    assert chosen.headers["location"] == "/settings/account?done=password"


async def test_with_a_passkey_alone_and_two_factors_there_a_password_is_chosen(offering: Running, issuer: str) -> None:
    """No sign-in of theirs shows both: there none of our factors is, by the passkey no password. The page says how."""
    owner, visitor, phone = await offering.visitor().sign_up(), offering.visitor(), Authenticator()
    ann = {"email": owner.email, "email_verified": True, "amr": ["pwd", "mfa"]}
    await visitor.get(await led_back(visitor, issuer, **ann))
    assert (await visitor.submit(f"{PASSKEYS}/begin", page=PASSKEYS, name="Mine")).status_code == 200
    assert (await add(visitor, phone)).status_code == 200
    assert "show your passkey" in (await visitor.get(PASSKEYS)).text
    alone = offering.visitor()
    assert (await use(alone, ALONE, phone)).status_code == 303
    assert "choose one by “Forgot your password?”" in (await alone.get(PASSKEYS)).text


async def test_when_somebody_signed_in_there_is_shown(offering: Running, issuer: str) -> None:
    """With two factors of theirs, too: *Members* says when. Seen red with *never* there."""
    owner = await offering.visitor().sign_up()
    await offering.rows("update account set signed_in_at = null")
    visitor, ann = offering.visitor(), {"email": owner.email, "email_verified": True}
    await visitor.get(await led_back(visitor, issuer, **ann, amr=["pwd", "mfa"]))
    assert ">never<" not in re.sub(r"\s+", "", (await visitor.get("/settings/members")).text)
    (row,) = await offering.rows("select signed_in_at from account")
    assert row.signed_in_at is not None


@pytest.mark.abuse
async def test_who_is_not_a_member_is_not_made_one(offering: Running, issuer: str) -> None:
    """
    An address that nobody has, that the provider does not vouch for, that was typed here and never confirmed, or of a
    disabled account. Seen red without the word of the provider.
    """
    owner, visitor = await offering.visitor().sign_up(), offering.visitor()
    ann = {"email": owner.email, "email_verified": True}
    for claims, said in (
        (ann | {"email": "nobody@shop.example"}, "Nobody here has"),
        (ann | {"email_verified": False}, "does not say that"),
        ({"email": owner.email}, "does not say that"),
    ):
        refused = await visitor.get(await led_back(visitor, issuer, **claims))
        assert (refused.status_code, said in refused.text) == (401, True)
    for change in ("set email_confirmed_at = null", "set email_confirmed_at = now(), disabled_at = now()"):
        await offering.rows("update account " + change)
        assert (await visitor.get(await led_back(visitor, issuer, **ann))).status_code == 401
    assert (await visitor.get("/settings")).status_code == 303
    assert len(await offering.rows("select 1 from account")) == 1


@pytest.mark.abuse
async def test_a_way_back_is_good_once_in_the_browser_that_began(offering: Running, issuer: str) -> None:
    """Not for another browser, again, too late, made up, or denied. Seen red without the browser's cookie."""
    owner = await offering.visitor().sign_up()
    ann = {"email": owner.email, "email_verified": True}
    visitor, victim = offering.visitor(), offering.visitor()
    await victim.get("/signin")
    back = await led_back(visitor, issuer, **ann)
    assert (await victim.get(back)).status_code == 401
    assert (await visitor.get(back)).status_code == 303
    visitor.client.cookies.delete("passerelle_session")
    assert (await visitor.get(back)).status_code == 401
    assert (await visitor.get("/signin/openid/callback?state=made-up&code=c")).status_code == 401
    denied = await visitor.get(await led_back(visitor, issuer))
    assert (denied.status_code, "signed nobody in" in denied.text) == (401, True)
    late = await led_back(visitor, issuer, **ann)
    offering.clock.ahead += timedelta(minutes=10)
    assert (await visitor.get(late)).status_code == 401
    assert (await visitor.get("/settings")).status_code == 303


async def test_without_one_nothing_is_offered_and_one_that_is_away_is_told(offering: Running, auth: Running) -> None:
    """404 where the installation has none; a sentence and the other ways in where it does not answer."""
    visitor = auth.visitor()
    assert "openid" not in (await visitor.get("/signin")).text
    assert (await visitor.get("/signin/openid")).status_code == 404
    assert offering.settings.openid is not None
    nowhere = offering.settings.openid.model_copy(update={"issuer": f"http://127.0.0.1:{free_port()}"})
    running = run_auth(offering.settings.model_copy(update={"openid": nowhere}), offering.sandbox)
    away = await running.visitor().get("/signin/openid")
    assert (away.status_code, "does not answer" in away.text) == (503, True)
    await running.close()
