"""Mails: who gets which, when, in which language; what becomes of one that the mail server does not take."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.auth.domain.mail import Letter
from shared.kernel.errors import Unavailable
from shared.kernel.ids import new_id
from tests.integration.auth.conftest import PASSWORD, SENDER, Running, Visitor, run_auth
from tests.integration.auth.mail_servers import refusing_server, tls_server
from tests.integration.auth.posting import sent_to
from tests.integration.auth.private import add, vendor
from tests.integration.auth.test_expiry import DAY, NEAR, days_later, probed
from tests.integration.auth.test_pause import connected
from tests.sandbox_client import Json


async def sent(auth: Running, visitor: Visitor) -> list[Json]:
    """All of the member's mails, once the worker has sent what is due."""
    return await sent_to(auth, visitor.email)


async def test_members_are_reminded_once_a_week_and_each_day_past_the_end(mailing: Running) -> None:
    """Named with its day, with where to renew it; nothing before; nobody else is written to."""
    visitor, _ = await connected(mailing)
    stranger, _ = await connected(mailing)
    await mailing.rows(
        "update connection set expires_at = expires_at + interval '9 years' where organisation_id = "
        "(select organisation_id from account where email = :email)",
        email=stranger.email,
    )
    counts = []
    for ahead in (timedelta(days=334), DAY * 2, DAY * 3, DAY * 4, DAY * 22, DAY / 2, DAY / 2):
        await days_later(mailing, ahead)
        counts.append(len(await sent(mailing, visitor)))
    assert counts == [0, 1, 1, 2, 3, 3, 4]
    assert await mailing.sandbox.mails(stranger.email) == []
    first = (await sent(mailing, visitor))[0]
    (found,) = await visitor.connections()
    assert first["headers"]["from"] == SENDER
    assert first["headers"]["subject"].startswith("Authorisation to renew by ")
    assert f"- {found['name']} – Amazon, by " in first["text"]
    assert f"{mailing.settings.public_url}/connections" in first["text"]


async def test_what_is_paused_is_told_once_past_its_end(mailing: Running) -> None:
    """In one weekly mail; pages go on to warn of it. Seen red with mails each day, and without the banner."""
    visitor, its = await connected(mailing)
    await visitor.submit(f"/connections/{its}/pause")
    counts = []
    for ahead in (timedelta(days=336), *[DAY] * 60):
        await days_later(mailing, ahead)
        counts.append(len(await sent(mailing, visitor)))
    by_day = dict(enumerate(counts, start=336))
    assert (by_day[364], by_day[370], by_day[371], by_day[396]) == (5, 5, 6, 6)
    assert "One authorisation is to be renewed, over since" in (await visitor.get("/settings")).text


async def test_a_mail_is_in_its_readers_language(mailing: Running) -> None:
    """French for who reads French."""
    visitor, _ = await connected(mailing)
    await visitor.get("/connections?language=fr")
    await days_later(mailing, NEAR)
    (mail,) = await sent(mailing, visitor)
    assert mail["headers"]["subject"].startswith("Autorisation à renouveler avant le ")
    assert "Tout continue jusque-là." in mail["text"]


@pytest.mark.parametrize("name", ["", "Été à l’île, ", "Boutique France, " * 9])
async def test_a_subject_keeps_every_space(mailing: Running, name: str) -> None:
    """Wherever it is folded. Seen red with the header as the library folds it: “décembre2026”."""
    subject = f"Autorisations à renouveler avant le 20 décembre 2026\u00a0: {name}Café"
    to = f"{new_id()}@shop.example"
    assert mailing.held.mailer is not None
    await mailing.held.mailer.send(Letter(new_id(), to, subject, "text"))
    (mail,) = await sent_to(mailing, to)
    assert mail["headers"]["subject"] == subject


async def test_a_withdrawn_consent_is_told_once(mailing: Running) -> None:
    """At once, however often it is found again; a renewal before it is sent makes it moot."""
    visitor, its = await connected(mailing)
    (found,) = await visitor.connections()
    for sent_first in (True, False):
        await mailing.sandbox.revoke(found["seller_id"])
        await mailing.rows("update access_grant set token_expires_at = clock_timestamp()")
        service = await mailing.service()
        for _ in range(2):
            assert (await service.post(f"/internal/v1/connections/{its}/access-token", json={})).status_code == 409
        if sent_first:
            assert len(await sent(mailing, visitor)) == 1
        await visitor.connect(found["seller_id"])
        assert len(await sent(mailing, visitor)) == 1
    assert (await sent(mailing, visitor))[0]["headers"]["subject"].startswith("Authorisation withdrawn: ")


async def test_a_token_that_several_accounts_share_is_one_mail_when_it_is_withdrawn(mailing: Running) -> None:
    """
    Found one after the other, told together after ten minutes; what ends later is another mail. Seen red with a mail
    for each.
    """
    codes = ["ABC1E", "ABC2E", "ABC3E"]
    visitor, token = await vendor(mailing, *codes)
    await add(visitor, token, " ".join(codes), name="Vendor")
    (seller,) = [one["seller_id"] for one in (await mailing.sandbox._call("GET", "/sellers"))["sellers"]]
    await mailing.sandbox.revoke(seller)
    await mailing.rows("update access_grant set token_expires_at = clock_timestamp()")
    service = await mailing.service()
    for one in await visitor.connections():
        path = f"/internal/v1/connections/{one['id']}/access-token"
        assert (await service.post(path, json={})).status_code == 409
    assert await sent(mailing, visitor) == []
    await mailing.rows("update mail set due_at = due_at - interval '10 minutes' where due_at is not null")
    (mail,) = await sent(mailing, visitor)
    assert [line for line in mail["text"].splitlines() if line.startswith("- ")] == [
        f"- Vendor {code} – Amazon Vendor" for code in codes
    ]
    assert mail["headers"]["subject"] == "Authorisations withdrawn: Vendor ABC1E, Vendor ABC2E, Vendor ABC3E"
    assert await mailing.rows("select 1 from mail where due_at is not null") == []


async def test_a_refusal_that_passes_is_no_mail(mailing: Running) -> None:
    """After two hours it is one, unless the marketplace let us in meanwhile."""
    visitor, _ = await connected(mailing)
    for passes in (True, False):
        fault = await mailing.sandbox.fault("amazon.getMarketplaceParticipations", "token_rejected", times=2)
        await mailing.rows("update connection set probe_due_at = clock_timestamp()")
        await probed(mailing)
        assert (await visitor.connections())[0]["state"] == "waiting"
        assert await sent(mailing, visitor) == []
        if passes:
            await mailing.rows("update connection set probe_due_at = clock_timestamp()")
            await probed(mailing)
        await mailing.rows("update mail set due_at = due_at - interval '2 hours'")
        assert len(await sent(mailing, visitor)) == (0 if passes else 1), fault


async def test_what_the_mail_server_does_not_take_now_comes_later(mailing: Running) -> None:
    """451: again, with the same Message-ID; 550: never again; the others' mails go out."""
    visitor, _ = await connected(mailing)
    await days_later(mailing, NEAR)
    await mailing.sandbox.answer_mails("451 later")
    with pytest.raises(Unavailable):
        await sent(mailing, visitor)
    await mailing.rows("update lease set not_before = null where kind = 'mail'")
    (mail,) = await sent(mailing, visitor)
    (row,) = await mailing.rows("select id, due_at, sent_at from mail")
    assert mail["headers"]["message-id"] == f"<{row.id}@passerelle.example>"
    assert (row.due_at, row.sent_at is None) == (None, False)
    await days_later(mailing, DAY * 8)
    await mailing.sandbox.answer_mails("550 nobody here")
    assert len(await sent(mailing, visitor)) == 1
    assert await mailing.rows("select 1 from mail where due_at is not null") == []


async def test_a_mail_that_cannot_be_addressed_is_never_sent(mailing: Running) -> None:
    """
    Its account is from when such addresses were accepted: it is settled, and its owner signs in and acts as before.
    Seen red with an error that was tried for thirty days, and with the sign-in refused.
    """
    odd, fine = await mailing.visitor().sign_up(), await mailing.visitor().sign_up()
    moved = "update account set email = :odd, email_key = :odd where email = :email"
    await mailing.rows(moved, odd="(x@b.cd", email=odd.email)
    for email in ("(x@b.cd", fine.email):
        visitor = mailing.visitor()
        answer = await visitor.submit("/signin", page="/signin", email=email, password=PASSWORD)
        assert answer.headers["location"] == "/dashboard"
        factor = "/settings/account/second-factor"
        assert (await visitor.submit(f"{factor}/begin", page=factor, password=PASSWORD)).status_code == 200
        await mailing.visitor().submit("/signin/forgotten", page="/signin/forgotten", email=email)
    assert len(await sent(mailing, fine)) == 1
    rows = await mailing.rows("select sent_at is not null as sent from mail where due_at is null order by sent")
    assert [row.sent for row in rows] == [False, True]


async def test_an_unsent_reminder_is_replaced_by_the_next(mailing: Running) -> None:
    """A mail server that was away for weeks is not handed every week's."""
    visitor, _ = await connected(mailing)
    for ahead in (NEAR, DAY * 8, DAY * 8):
        await days_later(mailing, ahead)
    assert len(await sent(mailing, visitor)) == 1


async def test_without_a_mail_server_pages_warn_alone(auth: Running) -> None:
    """Nothing is sent; what was written down is removed in time."""
    visitor, _ = await connected(auth)
    assert auth.held.mailer is None
    await days_later(auth, NEAR)
    assert "to be renewed by" in (await visitor.get("/settings")).text
    await auth.rows("update mail set made_at = made_at - interval '31 days'")
    await auth.held.keep_house()
    assert await auth.rows("select 1 from mail") == []


async def test_no_mail_and_no_password_leaves_for_a_server_that_is_not_who_it_says(
    auth: Running, tmp_path: Path
) -> None:
    """TLS is not given up, and the certificate is looked at: the server sees neither."""
    async with tls_server(tmp_path) as server:
        told = {
            "smtp_host": "127.0.0.1",
            "smtp_port": server.port,
            "smtp_username": "us",
            "smtp_password": "our-password",
            "mail_from": SENDER,
        }
        settings = type(auth.settings).model_validate(auth.settings.model_dump() | told)
        running = run_auth(settings, auth.sandbox)
        try:
            assert running.held.mailer is not None
            with pytest.raises(Unavailable) as failed:
                await running.held.mailer.send(Letter(new_id(), "anna@shop.example", "subject", "text"))
            assert server.seen == []
            assert "our-password" not in str(failed.value)
        finally:
            await running.close()


async def test_a_mail_is_not_dropped_because_our_own_address_is_refused(auth: Running) -> None:
    """An operator mends `AUTH_MAIL_FROM`; until then it is tried again."""
    async with refusing_server() as port:
        told = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "mail_from": SENDER}
        running = run_auth(auth.settings.model_copy(update=told), auth.sandbox)
        try:
            assert running.held.mailer is not None
            with pytest.raises(Unavailable):
                await running.held.mailer.send(Letter(new_id(), "anna@shop.example", "subject", "text"))
        finally:
            await running.close()
