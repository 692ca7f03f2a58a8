"""Passwords: changed by their owner, reset by a mail, too old to sign in with, locked after ten wrong ones."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from services.auth.adapters.passwords import passwords_of
from services.auth.domain.account import LOCK_LASTS
from services.auth.domain.audit import Action
from services.auth.domain.mail import MailKind
from services.auth.usecases.actor import Person
from services.auth.usecases.prove_password import note_refusal
from tests.integration.auth.conftest import PASSWORD, PUBLIC_URL, Running, Visitor
from tests.integration.auth.members import joined
from tests.integration.auth.posting import sent_to

DAY = timedelta(days=1)
ACCOUNT = "/settings/account"
WAITING = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
LINK = re.compile(r"http\S+?(/signin/reset/\S+)")


def another(number: int) -> str:
    return f"Another horse, number {number}"


async def sign_in(visitor: Visitor, email: str, password: str) -> httpx.Response:
    return await visitor.submit("/signin", page="/signin", email=email, password=password)


async def change(visitor: Visitor, old: str, new: str) -> httpx.Response:
    return await visitor.submit(f"{ACCOUNT}/password", page=ACCOUNT, password=old, new_password=new)


async def forgot(auth: Running, email: str) -> httpx.Response:
    return await auth.visitor().submit("/signin/forgotten", page="/signin/forgotten", email=email)


async def reset_links(auth: Running, email: str) -> list[str]:
    found = [LINK.search(mail["text"]) for mail in await sent_to(auth, email)]
    return [match[1] for match in found if match]


async def test_a_password_is_changed_by_who_knows_it(mailing: Running) -> None:
    """After a day, into one that fits; other sessions end, this one stays, and the owner is told by mail."""
    owner = await mailing.visitor().sign_up()
    other = mailing.visitor()
    await sign_in(other, owner.email, PASSWORD)
    early = await change(owner, PASSWORD, another(1))
    assert (early.status_code, "less than a day ago" in early.text) == (422, True)
    mailing.clock.ahead = DAY
    wrong = await change(owner, "not the password", another(1))
    assert (wrong.status_code, "not your present password" in wrong.text) == (422, True)
    weak = await change(owner, PASSWORD, owner.organisation + " Aa1-")
    assert "part of your organisation" in weak.text
    done = await change(owner, PASSWORD, another(1))
    assert done.headers["location"] == f"{ACCOUNT}?done=password"
    assert ((await owner.get(ACCOUNT)).status_code, (await other.get(ACCOUNT)).status_code) == (200, 303)
    assert (await sign_in(mailing.visitor(), owner.email, PASSWORD)).status_code == 401
    assert (await sign_in(mailing.visitor(), owner.email, another(1))).status_code == 303
    (told,) = await sent_to(mailing, owner.email)
    assert told["headers"]["subject"] == "Your password was changed"


async def test_the_last_ten_passwords_are_not_used_again(auth: Running) -> None:
    """The eleventh back is; no more hashes are kept than that needs. Seen red with eight remembered."""
    owner, now = await auth.visitor().sign_up(), PASSWORD
    for number in range(1, 11):
        auth.clock.ahead += DAY
        refused = await change(owner, now, PASSWORD)
        assert (refused.status_code, "none of the last ten" in refused.text) == (422, True), number
        assert (await change(owner, now, another(number))).status_code == 303
        now = another(number)
    auth.clock.ahead += DAY
    assert len(await auth.rows("select 1 from former_password")) == 9
    assert (await change(owner, now, PASSWORD)).status_code == 303
    hashes = await auth.rows("select password_hash from former_password union select password_hash from account")
    assert all(row.password_hash.startswith("$argon2id$") for row in hashes)


async def test_a_password_of_last_year_is_changed_at_sign_in(auth: Running) -> None:
    """Whoever signs in with it chooses another one and is in; with a wrong one nothing is told."""
    owner = await auth.visitor().sign_up()
    auth.clock.ahead = timedelta(days=364, hours=23)
    assert (await sign_in(auth.visitor(), owner.email, PASSWORD)).status_code == 303
    auth.clock.ahead = timedelta(days=365)
    visitor = auth.visitor()
    assert (await sign_in(visitor, owner.email, "not the password")).status_code == 401
    asked = await sign_in(visitor, owner.email, PASSWORD)
    assert (asked.status_code, "too old to sign in with" in asked.text) == (403, True)
    assert (await visitor.get("/connections")).status_code == 303
    fields = {"page": "/signin", "email": owner.email, "password": PASSWORD}
    same = await visitor.submit("/signin/password", new_password=PASSWORD, **fields)
    assert (same.status_code, "none of the last ten" in same.text) == (422, True)
    done = await visitor.submit("/signin/password", new_password=another(1), **fields)
    assert (done.status_code, done.headers["location"]) == (303, "/dashboard")
    assert (await visitor.get("/connections")).status_code == 200


async def test_a_password_that_signs_in_is_not_changed_by_that_page(auth: Running) -> None:
    """Who knows it, and no second factor, changes nothing. Seen red: it was changed, and all sessions were ended."""
    owner = await auth.visitor().sign_up()
    auth.clock.ahead = timedelta(days=1)
    fields = {"page": "/signin", "email": owner.email, "password": PASSWORD}
    refused = await auth.visitor().submit("/signin/password", new_password=another(1), **fields)
    assert (refused.status_code, (await owner.get("/settings")).status_code) == (401, 200)
    assert (await sign_in(auth.visitor(), owner.email, PASSWORD)).status_code == 303


async def test_a_password_is_hashed_anew_when_it_shall_take_more_memory(
    auth: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the next sign-in, which a hash of before still opens. Seen red with the setting not handed on."""
    owner = await auth.visitor().sign_up()
    monkeypatch.setattr(auth.app.state, "auth", replace(auth.held, hasher=passwords_of(19)))
    for _ in range(2):
        assert (await sign_in(auth.visitor(), owner.email, PASSWORD)).status_code == 303
    [(kept,)] = await auth.rows("select password_hash from account where email = :email", email=owner.email)
    assert kept.startswith(f"$argon2id$v=19$m={19 * 1024},t=3,p=4$")


async def test_a_forgotten_password_is_replaced_by_a_link(mailing: Running) -> None:
    """For an hour, once, however young the old one is; a wrong choice leaves it good; all sessions end."""
    owner = await mailing.visitor().sign_up()
    assert "on its way" in (await forgot(mailing, owner.email)).text
    (link,) = await reset_links(mailing, owner.email)
    visitor = mailing.visitor()
    weak = await visitor.submit(link, page=link, new_password="short")
    assert (weak.status_code, "at least 12 characters" in weak.text) == (422, True)
    done = await visitor.submit(link, page=link, new_password=another(1))
    assert done.headers["location"] == "/signin?changed=1"
    assert "Sign in with the new one" in (await visitor.get("/signin?changed=1")).text
    assert (await owner.get(ACCOUNT)).status_code == 303
    assert (await sign_in(visitor, owner.email, another(1))).status_code == 303
    assert (await visitor.submit(link, page=link, new_password=another(2))).status_code == 410
    await forgot(mailing, owner.email)
    late = (await reset_links(mailing, owner.email))[-1]
    mailing.clock.ahead = timedelta(hours=1, seconds=1)
    assert (await visitor.submit(late, page=late, new_password=another(2))).status_code == 410


@pytest.mark.abuse
async def test_asking_for_a_reset_tells_nothing(mailing: Running) -> None:
    """An unknown address, one of somebody disabled: the same page, the same limit, and no mail."""
    owner, gone = await mailing.visitor().sign_up(), await mailing.visitor().sign_up()
    await mailing.rows("update account set disabled_at = now() where email = :email", email=gone.email)
    emails = (owner.email, "stranger@shop.example", gone.email, "no address")
    for expected in (200, 200, 200, 429):
        answers = [await forgot(mailing, email) for email in emails]
        assert {answer.status_code for answer in answers} == {expected}
        assert len({re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}) == 1
    assert [len(await sent_to(mailing, email)) for email in emails] == [1, 0, 0, 0]


@pytest.mark.abuse
@pytest.mark.parametrize("is_known", [True, False])
async def test_ten_wrong_passwords_lock(auth: Running, is_known: bool) -> None:
    """From any addresses, over any time; the same answers whether somebody has the account. Seen red without a lock."""
    owner = await auth.visitor().sign_up()
    email = owner.email if is_known else "stranger@shop.example"
    for number in range(10):
        auth.clock.ahead += timedelta(hours=1)
        assert (await sign_in(auth.visitor(), email, "not the password")).status_code == 401, number
    locked = await sign_in(auth.visitor(), email, PASSWORD)
    assert (locked.status_code, locked.headers["retry-after"]) == (429, "1800")
    auth.clock.ahead += timedelta(minutes=30, seconds=1)
    assert (await sign_in(auth.visitor(), email, PASSWORD)).status_code == (303 if is_known else 401)
    done = await auth.rows("select 1 from audit where action = 'account.locked'")
    assert len(done) == (1 if is_known else 0)


@pytest.mark.abuse
async def test_who_is_locked_out_is_told_once_a_day(mailing: Running) -> None:
    """
    What to do, in their language, while the lock lasts; whoever guesses sees no difference to an address that is not
    confirmed, or nobody's. Locked again the same day nobody is told. Seen red without the mail, with one for each try,
    with one for each lock, to an unconfirmed address, and too late.
    """
    owner, other = await mailing.visitor().sign_up(), await mailing.visitor().sign_up()
    await owner.get("/connections?language=fr")
    assert await sent_to(mailing, other.email) == []
    await mailing.rows("update account set email_confirmed_at = null where email = :email", email=other.email)
    emails = (owner.email, other.email, "stranger@shop.example")
    for late in (False, False, True, False):
        if late:  # another day, whose mail finds no server while it is of use
            mailing.clock.ahead += DAY
        for _ in range(12):
            mailing.clock.ahead += timedelta(minutes=2)
            answers = [await sign_in(mailing.visitor(), email, "not the password") for email in emails]
            assert len({answer.status_code for answer in answers}) == 1
            waits = [int(answer.headers.get("retry-after", 0)) for answer in answers]
            assert max(waits) - min(waits) < 5  # the clock goes on between them
            if not late:
                await sent_to(mailing, owner.email)
        mailing.clock.ahead += LOCK_LASTS
    mails = [await sent_to(mailing, email) for email in emails]
    assert [len(each) for each in mails] == [2, 0, 0]
    assert mails[0][0]["headers"]["subject"] == "Votre compte est bloqué pour une demi-heure"
    assert f"{PUBLIC_URL}/signin/forgotten" in mails[0][0]["text"]


async def test_a_right_password_forgets_wrong_ones(auth: Running) -> None:
    """Nine wrong ones, a right one, nine wrong ones: nobody is locked out; a day without any forgets them, too."""
    owner = await auth.visitor().sign_up()
    for last in (PASSWORD, PASSWORD, None):
        for _ in range(9):
            auth.clock.ahead += timedelta(minutes=20)
            assert (await sign_in(auth.visitor(), owner.email, "not the password")).status_code == 401
        if last:
            assert (await sign_in(auth.visitor(), owner.email, last)).status_code == 303
    auth.clock.ahead += DAY + timedelta(minutes=1)
    assert (await sign_in(auth.visitor(), owner.email, "not the password")).status_code == 401
    assert (await sign_in(auth.visitor(), owner.email, PASSWORD)).status_code == 303


async def test_a_lock_is_opened_by_a_reset(mailing: Running) -> None:
    """Whoever reads the account's mails need not wait; who is signed in goes on."""
    owner = await mailing.visitor().sign_up()
    for _ in range(10):
        mailing.clock.ahead += timedelta(minutes=2)
        await sign_in(mailing.visitor(), owner.email, "not the password")
    assert (await sign_in(mailing.visitor(), owner.email, PASSWORD)).status_code == 429
    assert (await owner.get(ACCOUNT)).status_code == 200
    await forgot(mailing, owner.email)
    (link,) = await reset_links(mailing, owner.email)
    visitor = mailing.visitor()
    await visitor.submit(link, page=link, new_password=another(1))
    mailing.clock.ahead += timedelta(minutes=15)  # of this address's own limit
    assert (await sign_in(visitor, owner.email, another(1))).status_code == 303


async def test_whose_account_goes_while_they_sign_in_is_refused(mailing: Running) -> None:
    """As if it had gone before. Seen red (a bug's 500) where the try was counted for an account that is not there."""
    auth = mailing
    owner = await auth.visitor().sign_up()
    await joined(auth, owner, "marie@shop.example", "viewer")
    (marie,) = await auth.rows("select id from account where email = 'marie@shop.example'")
    async with auth.held.uow() as store:
        await store.members.remove(marie.id)
        signing = asyncio.create_task(sign_in(auth.visitor(), "marie@shop.example", PASSWORD))
        async with asyncio.timeout(60):
            while not await auth.rows(WAITING):
                await asyncio.sleep(0.02)
    assert (await signing).status_code == 401


async def test_whose_account_goes_at_the_last_wrong_try_gets_no_mail(mailing: Running) -> None:
    """
    Removed, and not committed yet, while the lock is noted: the refusal is noted, and nothing fails. Seen red (a bug's
    500) where the mail was written for an account that is not there.
    """
    owner = await mailing.visitor().sign_up()
    await joined(mailing, owner, "marie@shop.example", "viewer")
    (row,) = await mailing.rows("select id, organisation_id from account where email = 'marie@shop.example'")
    marie, held = Person(row.id, row.organisation_id), mailing.held
    async with held.uow() as store:
        await store.members.remove(marie.id)
        noting = asyncio.create_task(
            note_refusal(marie, Action.SIGN_IN_REFUSED, held.uow, held.clock.now(), lock=MailKind.LOCKED)
        )
        async with asyncio.timeout(60):
            while not await mailing.rows(WAITING):
                await asyncio.sleep(0.02)
    await noting
    assert await mailing.rows("select 1 from mail where kind = 'locked'") == []
    assert len(await mailing.rows("select 1 from audit where action = 'account.locked'")) == 1
