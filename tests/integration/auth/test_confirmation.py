"""An address that is to be confirmed: what waits for it, and what its link does."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from services.auth.domain.opaque import digest
from tests.integration.auth.conftest import PASSWORD, Running, Visitor, _unasked
from tests.integration.auth.posting import sent_to
from tests.integration.auth.private import VENDOR, bring
from tests.integration.auth.test_expiry import NEAR, days_later
from tests.integration.auth.test_second_factor import set_up

ACCOUNT = "/settings/account"
LINK = re.compile(r"http\S+(/signup/confirm/(\S+))")


async def signed_up(auth: Running) -> Visitor:
    """Somebody who has not opened the link yet."""
    return await replace(auth.visitor(), confirm_email=_unasked).sign_up()


async def links(auth: Running, visitor: Visitor) -> list[str]:
    """The paths of all links they were sent, oldest first."""
    found = [LINK.search(mail["text"]) for mail in await sent_to(auth, visitor.email)]
    return [match[1] for match in found if match]


async def test_an_address_is_confirmed_by_its_link(mailing: Running) -> None:
    """By a click on its page, not by opening it; once. Pages ask for it until then, in the reader's language."""
    visitor = await signed_up(mailing)
    assert "open the link that we sent" in (await visitor.get("/connections")).text
    assert "Confirmez votre adresse e-mail\N{NO-BREAK SPACE}:" in (await visitor.get("/connections?language=fr")).text
    await visitor.get("/connections?language=en")
    (link,) = await links(mailing, visitor)
    stranger = mailing.visitor()
    assert "One click" in (await stranger.get(link)).text
    assert "open the link that we sent" in (await visitor.get("/connections")).text
    assert (await stranger.submit(link, page=link)).headers["location"] == "/signup/confirmed"
    assert "is confirmed" in (await stranger.get("/signup/confirmed")).text
    assert "open the link that we sent" not in (await visitor.get("/connections")).text
    again = await stranger.submit(link, page=link)
    assert (again.status_code, "not good any more" in again.text) == (410, True)
    done = await mailing.rows("select count(*) from audit where action = 'account.email_confirmed'")
    assert done[0].count == 1


async def test_a_link_is_kept_as_its_digest_for_a_day(mailing: Running) -> None:
    """Its secret is in the mail alone. Seen red with the expiry not looked at."""
    visitor = await signed_up(mailing)
    (link,) = await links(mailing, visitor)
    secret = link.rpartition("/")[2]
    (row,) = await mailing.rows("select * from account_link")
    assert row.digest == digest(secret)
    assert secret not in await mailing.kept("mail", "account", "audit", "outbox")
    mailing.clock.ahead = timedelta(days=1, seconds=1)
    assert (await visitor.submit(link, page=link)).status_code == 410
    await mailing.held.keep_house()
    assert await mailing.rows("select 1 from account_link") == []


async def test_a_link_is_sent_again_three_times_at_most(mailing: Running) -> None:
    """In a quarter of an hour; each new link is good, and one used up uses up the others."""
    visitor = await signed_up(mailing)
    first = await links(mailing, visitor)
    for _ in range(3):
        sent = await visitor.submit(f"{ACCOUNT}/confirmation", page=ACCOUNT)
        assert sent.headers["location"] == f"{ACCOUNT}?done=sent"
        every = await links(mailing, visitor)
    assert (len(every), every[:1]) == (4, first)
    assert "on its way" in (await visitor.get(f"{ACCOUNT}?done=sent")).text
    refused = await visitor.submit(f"{ACCOUNT}/confirmation", page=ACCOUNT)
    assert (refused.status_code, "retry-after" in refused.headers) == (429, True)
    assert (await visitor.submit(every[2], page=every[2])).status_code == 303
    assert (await visitor.submit(every[3], page=every[3])).status_code == 410


@pytest.mark.abuse
async def test_no_marketplace_is_connected_before(mailing: Running) -> None:
    """
    By no way: a sentence says what to do, and its page sends the link again. Seen red without the look in the form of
    *Connect*, and without that in either form of private applications; and with the common page of errors.
    """
    visitor = await signed_up(mailing)
    assert len(await links(mailing, visitor)) == 1
    refused = await visitor.submit("/connections", marketplace="amazon", country="FR")
    assert (refused.status_code, "Confirm your e-mail address first" in refused.text) == (409, True)
    assert f'action="{ACCOUNT}/confirmation"' in refused.text
    sent = await visitor.post(f"{ACCOUNT}/confirmation", csrf_token=await visitor.csrf())
    assert (sent.headers["location"], len(await links(mailing, visitor))) == (f"{ACCOUNT}?done=sent", 2)
    body = {"marketplace": "octopia", "region": "eu", "seller_id": "1", "name": "Shop"}
    csrf = {"x-csrf-token": await visitor.csrf()}
    claimed = await visitor.client.post("/api/auth/v1/connections", json=body, headers=csrf)
    assert (claimed.status_code, claimed.json()["type"]) == (409, "urn:passerelle:problem:email-unconfirmed")
    brought = await bring(visitor)
    assert (brought.status_code, "Confirm your e-mail address first" in brought.text) == (409, True)
    rows = await visitor.submit(f"/connections/{VENDOR}/private/rows", page=f"/connections/{VENDOR}/private")
    assert (rows.status_code, "Confirm your e-mail address first" in rows.text) == (409, True)
    assert await mailing.rows("select 1 from private_app") == []
    assert await mailing.rows("select 1 from consent_state") == []
    link, _ = await links(mailing, visitor)
    await visitor.submit(link, page=link)
    await visitor.connect((await mailing.sandbox.seller(region="eu"))["seller_id"])
    assert len(await visitor.connections()) == 1


@pytest.mark.abuse
async def test_nothing_is_made_before_by_which_others_read_later(mailing: Running) -> None:
    """
    No API client, no calendar: whoever signed up with somebody else's address would keep it. Seen red: both were made,
    and read on once the address' owner had chosen a password and connected.
    """
    visitor = await signed_up(mailing)
    for path in ("/settings/api-clients", "/settings/calendar"):
        refused = await visitor.submit(path, page=path, name="Later", scopes="orders.recipient:read", password=PASSWORD)
        assert (refused.status_code, "Confirm your e-mail address first" in refused.text) == (409, True), path
    assert (
        await mailing.rows("select 1 from api_client union all select 1 from organisation where calendar_digest > ''")
        == []
    )


@pytest.mark.abuse
@pytest.mark.parametrize("connected", [False, True])
async def test_a_strangers_second_factor_goes_as_the_address_is_shown(mailing: Running, connected: bool) -> None:
    """
    By a reset of who never confirmed, in an organisation that nothing was connected to: else its owner could neither
    sign in nor sign up. Seen red: asked for a code of the stranger's.
    """
    stranger, owner = await signed_up(mailing), mailing.visitor()
    await set_up(mailing, stranger)
    if connected:  # as before there was a mail server
        await mailing.rows("update account set email_confirmed_at = now()")
        await stranger.connect((await mailing.sandbox.seller(region="eu"))["seller_id"])
        await mailing.rows("update account set email_confirmed_at = null")
    await owner.submit("/signin/forgotten", page="/signin/forgotten", email=stranger.email)
    (link,) = re.findall(r"http\S+(/signin/reset/\S+)", (await sent_to(mailing, stranger.email))[-1]["text"])
    assert (await owner.submit(link, page=link, new_password="Another horse, number 1")).status_code == 303
    fields = {"email": stranger.email, "password": "Another horse, number 1"}
    done = await owner.submit("/signin", page="/signin", **fields)
    assert done.headers["location"].startswith("/signin/code" if connected else "/dashboard")


async def test_what_is_connected_stays_usable_for_who_is_asked_later(mailing: Running) -> None:
    """An account from before there was a question renews, pauses and is told by pages; its mails wait."""
    visitor = await mailing.visitor().sign_up()
    seller_id = (await mailing.sandbox.seller(region="eu"))["seller_id"]
    await visitor.connect(seller_id)
    (found,) = await visitor.connections()
    await mailing.rows("update account set email_confirmed_at = null")
    again = await visitor.submit(f"/connections/{found['id']}/reconnect")
    assert again.status_code == 303
    assert (await visitor.submit(f"/connections/{found['id']}/pause")).status_code == 303
    await visitor.submit(f"/connections/{found['id']}/resume")
    await days_later(mailing, NEAR)
    assert await sent_to(mailing, visitor.email) == []
    await mailing.rows("update account set email_confirmed_at = now()")
    await mailing.rows("update organisation set reminded_at = null")
    await mailing.held.keep_house()
    assert len(await sent_to(mailing, visitor.email)) == 1


async def test_without_a_mail_server_nothing_is_asked(auth: Running) -> None:
    """Nobody could answer: no notice, no gate, and the page of forgotten passwords says who helps."""
    visitor = await signed_up(auth)
    assert "Confirm your e-mail" not in (await visitor.get("/connections")).text
    assert "Not confirmed" not in (await visitor.get(ACCOUNT)).text
    await visitor.connect((await auth.sandbox.seller(region="eu"))["seller_id"])
    assert "Ask the operator" in (await auth.visitor().get("/signin/forgotten")).text
