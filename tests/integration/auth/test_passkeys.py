"""Passkeys: added, asked for after the password, signing in alone, abused, copied, removed."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.auth.domain.second_factor import SecondFactorRule
from tests.authenticator import Authenticator
from tests.integration.auth.conftest import PASSWORD, Running, Visitor, run_auth
from tests.integration.auth.operating import operating
from tests.integration.auth.posting import sent_to

PASSKEYS = "/settings/account/passkeys"
ALONE = "/signin/passkey"
SECOND = "/signin/code/passkey"


async def begun(visitor: Visitor, path: str, page: str, **fields: str) -> dict[str, Any]:
    """What the page's script is told."""
    answer = await visitor.submit(f"{path}/begin", page=page, **fields)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def add(visitor: Visitor, device: Authenticator, name: str = "Phone") -> httpx.Response:
    options = await begun(visitor, PASSKEYS, PASSKEYS, name=name, password=PASSWORD)
    return await visitor.submit(PASSKEYS, page=PASSKEYS, name=name, credential=device.create(options))


async def use(visitor: Visitor, path: str, device: Authenticator) -> httpx.Response:
    """At sign-in: alone, or after the password."""
    page = "/signin" if path == ALONE else "/signin/code"
    credential = device.get(await begun(visitor, path, page))
    return await visitor.submit(path, page=page, credential=credential)


async def signing_in(auth: Running, email: str) -> Visitor:
    """Somebody who has shown the password, and is asked for more."""
    visitor = auth.visitor()
    answer = await visitor.submit("/signin", page="/signin", email=email, password=PASSWORD)
    assert answer.headers["location"].startswith("/signin/code")
    return visitor


async def owner_with(auth: Running, device: Authenticator) -> Visitor:
    owner = await auth.visitor().sign_up()
    assert (await add(owner, device)).status_code == 200
    return owner


async def test_a_passkey_is_added_and_signs_in_alone_or_after_the_password(auth: Running) -> None:
    """With recovery codes once, for the first; listed with its last use; a verified one alone is two factors."""
    owner, phone, key = await auth.visitor().sign_up(), Authenticator(), Authenticator(verifies=False)
    shown = await add(owner, phone)
    codes = re.findall(r"<li><code>([0-9a-f-]{23})</code></li>", shown.text)
    assert len(codes) == 10
    assert (await add(owner, key, "Key on my ring")).headers["location"] == PASSKEYS
    page = (await owner.get(PASSKEYS)).text
    assert (page.count("Never"), "Key on my ring" in page) == (2, True)
    second = await signing_in(auth, owner.email)
    assert (await second.get("/connections")).status_code == 303
    assert "app shows" not in (await second.get("/signin/code")).text
    known = {each["id"] for each in (await begun(second, SECOND, "/signin/code"))["allowCredentials"]}
    assert len(known) == 2
    assert (await use(second, SECOND, key)).headers["location"] == "/dashboard"
    assert (await second.get("/connections")).status_code == 200
    alone = auth.visitor()
    assert (await begun(alone, ALONE, "/signin"))["allowCredentials"] == []
    assert (await use(alone, ALONE, phone)).headers["location"] == "/dashboard"
    assert (await alone.get("/connections")).status_code == 200
    assert (await owner.get(PASSKEYS)).text.count("Never") == 0
    third = await signing_in(auth, owner.email)
    assert (await third.submit("/signin/code", page="/signin/code", code=codes[0])).status_code == 303
    (signed,) = await auth.rows("select count(*) from audit where action = 'account.signed_in' and reason = 'passkey'")
    assert signed.count == 1


@pytest.mark.abuse
async def test_an_answer_is_good_once_and_for_its_own_challenge(auth: Running) -> None:
    """Replayed, of another browser, too late, or for another purpose: refused. Seen red with challenges that stay."""
    phone = Authenticator()
    await owner_with(auth, phone)
    visitor, other = auth.visitor(), auth.visitor()
    answer = phone.get(await begun(visitor, ALONE, "/signin"))
    await begun(other, ALONE, "/signin")
    assert (await other.submit(ALONE, page="/signin", credential=answer)).status_code == 401
    assert (await visitor.submit(ALONE, page="/signin", credential=answer)).status_code == 303
    visitor.client.cookies.delete("passerelle_session")
    for _ in range(2):
        assert (await visitor.submit(ALONE, page="/signin", credential=answer)).status_code == 401
    late = phone.get(await begun(other, ALONE, "/signin"))
    auth.clock.ahead += timedelta(minutes=5)
    assert (await other.submit(ALONE, page="/signin", credential=late)).status_code == 401
    assert (await other.get("/connections")).status_code == 303


@pytest.mark.abuse
@pytest.mark.parametrize("forged", ["origin", "site", "key", "verifies", "user_handle", "garbage"])
async def test_a_forged_answer_signs_nobody_in(auth: Running, forged: str) -> None:
    """
    Of another site's page or name, by another key, unverified, in somebody else's name, or unreadable. Seen red for
    the unverified and for somebody else's name, without their checks.
    """
    phone = Authenticator()
    await owner_with(auth, phone)
    visitor = auth.visitor()
    lies: dict[str, Any] = {
        "origin": {"origin": "https://localhost.shop.example"},
        "site": {"site": "shop.example"},
        "key": {"key": Authenticator().key},
        "verifies": {"verifies": False},
        "user_handle": {"user_handle": bytes(16)},
    }
    answer = replace(phone, **lies.get(forged, {})).get(await begun(visitor, ALONE, "/signin"))
    answer = '{"rawId": "AAAA", "response": []}' if forged == "garbage" else answer
    refused = await visitor.submit(ALONE, page="/signin", credential=answer)
    assert (refused.status_code, "was not accepted" in refused.text) == (401, True)
    assert (await visitor.get("/connections")).status_code == 303


@pytest.mark.abuse
async def test_anothers_passkey_is_no_second_factor(auth: Running) -> None:
    """Whoever learned a password does not get in with a passkey of their own, nor adds one. Seen red believing any."""
    phone, theirs = Authenticator(), Authenticator()
    owner = await owner_with(auth, phone)
    await owner_with(auth, theirs)
    visitor = await signing_in(auth, owner.email)
    assert (await use(visitor, SECOND, theirs)).status_code == 401
    refused = await visitor.submit("/signin/code/passkeys/begin", page="/signin/code", name="Mine")
    assert refused.status_code == 401
    await visitor.submit("/signin/code/begin", page="/signin/code")
    assert await auth.rows("select 1 from second_factor") == []
    assert (await visitor.get("/connections")).status_code == 303
    assert (await use(visitor, SECOND, phone)).status_code == 303


@pytest.mark.abuse
async def test_passkeys_refused_after_the_password_are_told_and_lock(auth: Running) -> None:
    """
    Each is in the audit log, with its session; the tenth in a row locks, however often the password was right in
    between. A good one forgets them; codes and a passkey alone go on. Seen red without entry and lock.
    """
    phone, theirs = Authenticator(), Authenticator()
    owner = await owner_with(auth, phone)
    for _ in range(9):
        assert (await use(await signing_in(auth, owner.email), SECOND, theirs)).status_code == 401
    assert (await use(await signing_in(auth, owner.email), SECOND, phone)).status_code == 303
    visitor = await signing_in(auth, owner.email)
    for _ in range(10):
        assert (await visitor.submit(SECOND, page="/signin/code", credential="{}")).status_code == 401
    refused = await use(visitor, SECOND, phone)
    assert (refused.status_code, "retry-after" in refused.headers) == (429, True)
    told = await auth.rows("select session_id from audit where action = 'account.passkey_not_taken'")
    assert (len(told), all(row.session_id for row in told)) == (19, True)
    assert len(await auth.rows("select 1 from audit where action = 'account.locked'")) == 1
    assert [row.kind for row in await auth.rows("select kind from mail where kind like '%locked'")] == ["codes_locked"]
    assert (await use(auth.visitor(), ALONE, phone)).status_code == 303
    auth.clock.ahead += timedelta(minutes=30)
    assert (await use(await signing_in(auth, owner.email), SECOND, phone)).status_code == 303


@pytest.mark.abuse
async def test_a_copy_is_refused_and_told(mailing: Running) -> None:
    """A counter that went back: nobody is in, its owner gets a mail, the log says so. Seen red without the check."""
    phone = Authenticator()
    owner = await owner_with(mailing, phone)
    copy = replace(phone)
    assert (await use(mailing.visitor(), ALONE, phone)).status_code == 303
    thief = mailing.visitor()
    refused = await use(thief, ALONE, copy)
    assert (refused.status_code, "counter went back" in refused.text) == (401, True)
    assert (await thief.get("/connections")).status_code == 303
    assert len(await mailing.rows("select 1 from audit where action = 'account.passkey_refused'")) == 1
    *_, mail = await sent_to(mailing, owner.email)
    assert "there may be a copy of it" in mail["text"]
    assert (await use(mailing.visitor(), ALONE, phone)).status_code == 303


@pytest.mark.abuse
async def test_an_open_browser_is_not_enough_to_add_or_remove_one(auth: Running) -> None:
    """Both take the password; another's is 404; a disabled account's passkey signs nobody in."""
    phone = Authenticator()
    owner, stranger = await owner_with(auth, phone), await auth.visitor().sign_up()
    refused = await owner.submit(f"{PASSKEYS}/begin", page=PASSKEYS, name="Mine", password="wrong")
    assert (refused.status_code, "trouble" in refused.json()) == (422, True)
    made = Authenticator().create({"user": {"id": "AAAA"}, "rp": {"id": "localhost"}, "challenge": "AAAA"})
    assert (await owner.submit(PASSKEYS, page=PASSKEYS, name="Mine", credential=made)).status_code == 422
    (row,) = await auth.rows("select id, account_id from passkey")
    remove = f"{PASSKEYS}/{row.id}/remove"
    assert (await owner.submit(remove, page=remove, password="wrong")).status_code == 422
    assert (await stranger.submit(remove, password=PASSWORD)).status_code == 404
    await auth.rows("update account set disabled_at = now() where id = :id", id=row.account_id)
    assert (await use(auth.visitor(), ALONE, phone)).status_code == 401
    await auth.rows("update account set disabled_at = null where id = :id", id=row.account_id)
    assert (await owner.submit(remove, page=remove, password=PASSWORD)).headers["location"] == PASSKEYS
    assert await auth.rows("select 1 from passkey union all select 1 from recovery_code") == []


async def test_where_a_second_factor_is_required_a_passkey_is_one(
    auth: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    """Added on the way in, with recovery codes; the operator removes it for who lost it."""
    demanding = run_auth(auth.settings.model_copy(update={"second_factor": SecondFactorRule.REQUIRED}), auth.sandbox)
    visitor, phone = await demanding.visitor().sign_up(), Authenticator()
    options = await begun(visitor, "/signin/code/passkeys", "/signin/code", name="Phone")
    shown = await visitor.submit(
        "/signin/code/passkeys", page="/signin/code", name="Phone", credential=phone.create(options)
    )
    assert (shown.status_code, "Keep these codes now" in shown.text) == (200, True)
    assert (await visitor.get("/connections")).status_code == 200
    assert (await use(await signing_in(demanding, visitor.email), SECOND, phone)).status_code == 303
    (row,) = await auth.rows("select account_id from passkey")
    assert await operating(auth, capsys)("users", "remove-factor", str(row.account_id)) == (0, "done\n")
    assert await auth.rows("select 1 from passkey union all select 1 from recovery_code") == []
    await demanding.close()


async def test_an_address_that_is_a_number_has_no_passkeys(auth: Running) -> None:
    """Browsers refuse them there: nothing is offered, and the page says why; this machine's is localhost."""
    party = auth.held.relying_party
    assert party is not None
    assert party.origin == "http://localhost:8080"
    numbered = run_auth(auth.settings.model_copy(update={"public_url": "https://192.0.2.7"}), auth.sandbox)
    assert numbered.held.relying_party is None
    visitor = numbered.visitor()
    visitor.client.base_url = httpx.URL("https://192.0.2.7")
    await visitor.sign_up()
    assert "at a number" in (await visitor.get(PASSKEYS)).text
    visitor.client.cookies.clear()
    assert "data-passkey" not in (await visitor.get("/signin")).text
    assert (await visitor.submit(f"{ALONE}/begin", page="/signin")).status_code == 404
    await numbered.close()
