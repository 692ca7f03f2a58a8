"""Invitations, members and their roles, and the review of who has access."""

import asyncio
import re
from datetime import timedelta

import pytest

from services.auth.domain.opaque import digest
from tests.authenticator import Authenticator
from tests.integration.auth.conftest import PASSWORD, Running
from tests.integration.auth.members import MEMBERS, REVIEW, SHOWN, ids, invitations_to, invite, joined, review_of
from tests.integration.auth.test_api_clients import make
from tests.integration.auth.test_passkeys import add

MARIE, PAUL = "marie@shop.example", "paul@shop.example"


async def deeds(auth: Running) -> list[tuple[str, str | None, str | None]]:
    """What the audit log has of members and access, in order."""
    rows = await auth.rows("select * from audit where action ~ '^(member|access)' order by id")
    return [(row.action, row.before, row.after) for row in rows]


async def test_whoever_is_invited_joins_by_the_link_once(mailing: Running) -> None:
    """
    In the inviter's organisation, with the role and a confirmed address; the link is kept as its digest. Seen red with
    the role of everybody an owner's, with the link kept as it is, and with the invitation left after it was used.
    """
    owner = await mailing.visitor().sign_up()
    await invite(owner, MARIE, "shipper")
    (link,) = await invitations_to(mailing, MARIE)
    assert [row.digest for row in await mailing.rows("select * from invitation_link")] == [digest(link.split("/")[-1])]
    page = (await mailing.visitor().get(link)).text
    assert owner.organisation in page
    assert "Shipper" in page
    guest = mailing.visitor()
    weak = await guest.submit(link, page=link, password="short")
    assert (weak.status_code, "at least 12 characters" in weak.text) == (422, True)
    assert (await guest.submit(link, page=link, password=PASSWORD)).status_code == 303
    assert (await guest.get("/connections")).status_code == 200
    (row,) = await mailing.rows("select * from account where email = :email", email=MARIE)
    assert (row.role, row.email_confirmed_at is not None, row.signed_in_at is not None) == ("shipper", True, True)
    assert len(await mailing.rows("select distinct organisation_id from account")) == 1
    assert (await mailing.visitor().get(link)).status_code == 410
    assert await deeds(mailing) == [("member.invited", None, "shipper"), ("member.joined", None, "shipper")]


@pytest.mark.abuse
async def test_an_invitation_ends_and_is_taken_back(mailing: Running) -> None:
    """
    After seven days, by another one in its place, or by its owner's wish; what came to nothing is forgotten. Seen red
    with the expiry not looked at, and with the old links left.
    """
    owner = await mailing.visitor().sign_up()
    await invite(owner, MARIE, "viewer")
    await invitations_to(mailing, MARIE)
    (row,) = await mailing.rows("select * from invitation")
    again = await owner.submit(f"{MEMBERS}/invitations/{row.id}/again", page=MEMBERS)
    assert again.status_code == 303
    first, second = await invitations_to(mailing, MARIE)
    assert ((await owner.get(first)).status_code, (await owner.get(second)).status_code) == (410, 200)
    mailing.clock.ahead = timedelta(days=7)
    assert (await owner.get(second)).status_code == 410
    await mailing.rows("update session set seen_at = now() + interval '7 days'")
    assert "Expired" in (await owner.get(MEMBERS)).text
    mailing.clock.ahead = timedelta()
    stranger = await mailing.visitor().sign_up()
    theirs = f"{MEMBERS}/invitations/{row.id}"
    assert (await stranger.submit(f"{theirs}/again", page=MEMBERS)).status_code == 404
    assert (await stranger.submit(f"{theirs}/take-back", page=MEMBERS)).status_code == 404
    assert (await owner.submit(f"{theirs}/take-back", page=MEMBERS)).status_code == 303
    assert (await owner.get(second)).status_code == 410
    await invite(owner, MARIE, "viewer")
    await mailing.rows("update invitation set expires_at = now() - interval '31 days'")
    await mailing.held.keep_house()
    assert await mailing.rows("select 1 from invitation") == []


@pytest.mark.abuse
async def test_who_has_an_account_elsewhere_is_told_so(mailing: Running) -> None:
    """
    The inviter is not told whether an address has an account; whoever opens the link is refused with a sentence. A
    member is not invited again. Four mails to one address in a quarter of an hour are one too many.
    """
    owner, other = await mailing.visitor().sign_up(), await mailing.visitor().sign_up()
    await invite(owner, other.email, "manager")
    (link,) = await invitations_to(mailing, other.email)
    for answer in (await other.get(link), await other.submit(link, page="/connections", password=PASSWORD)):
        assert answer.status_code in {403, 409}
    assert "belongs to another organisation" in (await other.get(link)).text
    twice = await owner.submit(f"{MEMBERS}/invitations", page=MEMBERS, email=owner.email, role="viewer")
    assert (twice.status_code, "is a member already" in twice.text) == (409, True)
    for wrong in ({"email": "nobody"}, {"email": MARIE, "role": "king"}):
        fields = {"role": "viewer", **wrong}
        assert (await owner.submit(f"{MEMBERS}/invitations", page=MEMBERS, **fields)).status_code == 422
    for _ in range(3):
        await invite(owner, PAUL, "viewer")
    refused = await owner.submit(f"{MEMBERS}/invitations", page=MEMBERS, email=PAUL, role="viewer")
    assert (refused.status_code, "retry-after" in refused.headers) == (429, True)


async def test_a_member_is_changed_and_removed_but_not_the_last_owner(mailing: Running) -> None:
    """
    Another role counts at once; who is removed is out at once, with nothing kept but an id. Two owners who leave it at
    once: one does. Seen red with owners not counted, with disabled ones counted, and with another organisation's.
    """
    owner = await mailing.visitor().sign_up()
    marie = await joined(mailing, owner, MARIE, "viewer")
    known = await ids(mailing)
    assert (await marie.get(MEMBERS)).status_code == 403
    assert "Members" not in (await marie.get("/settings")).text
    for path in (f"{known[owner.email]}/role", f"{known[owner.email]}/remove"):
        kept = await owner.submit(f"{MEMBERS}/{path}", page=MEMBERS, role="viewer")
        assert (kept.status_code, "keeps an owner" in kept.text) == (409, True)
    await owner.submit(f"{MEMBERS}/{known[MARIE]}/role", page=MEMBERS, role="owner", **SHOWN)
    assert (await marie.get(MEMBERS)).status_code == 200
    both = ((owner, owner.email), (marie, MARIE))
    lower = {"page": MEMBERS, "role": "viewer"} | SHOWN
    asked = [one.submit(f"{MEMBERS}/{known[email]}/role", **lower) for one, email in both]
    assert sorted(answer.status_code for answer in await asyncio.gather(*asked)) == [303, 409]
    await mailing.rows("update account set role = 'owner' where role = 'viewer'")
    await mailing.rows("update account set disabled_at = now() where email = :email", email=owner.email)
    demoted = await marie.submit(f"{MEMBERS}/{known[MARIE]}/role", page=MEMBERS, role="viewer")
    assert demoted.status_code == 409
    await mailing.rows("update account set disabled_at = null")
    stranger = await mailing.visitor().sign_up()
    for verb in ("role", "remove"):
        assert (
            await stranger.submit(f"{MEMBERS}/{known[MARIE]}/{verb}", page=MEMBERS, role="viewer")
        ).status_code == 404
    assert MARIE in (await owner.get(f"{MEMBERS}/{known[MARIE]}/remove")).text
    assert (await owner.submit(f"{MEMBERS}/{known[MARIE]}/remove", page=MEMBERS, **SHOWN)).status_code == 303
    assert (await marie.get("/connections")).headers["location"].startswith("/signin")
    assert await mailing.rows("select 1 from account where email = :email", email=MARIE) == []
    done = [("member.role_changed", "viewer", "owner"), ("member.role_changed", "owner", "viewer")]
    assert (await deeds(mailing))[2:] == [*done, ("member.removed", "owner", None)]
    await joined(mailing, owner, MARIE, "viewer")


async def test_a_manager_neither_erases_nor_completes_what_they_may_no_longer(mailing: Running) -> None:
    """
    Disconnecting is theirs, erasing is the owner's, on the page and by the API. A consent that comes back after its
    member has another role connects nothing. Seen red without either look.
    """
    owner = await mailing.visitor().sign_up()
    marie = await joined(mailing, owner, MARIE, "manager")
    seller_id = (await mailing.sandbox.seller(region="eu"))["seller_id"]
    await marie.connect(seller_id)
    (found,) = await owner.connections()
    one = f"/connections/{found['id']}"
    assert 'value="erase"' in (await owner.get(f"{one}/disconnect")).text
    assert 'value="erase"' not in (await marie.get(f"{one}/disconnect")).text
    assert (await marie.submit(f"{one}/disconnect", data="erase")).status_code == 403
    csrf = {"x-csrf-token": await marie.csrf()}
    asked = await marie.client.post(f"/api/auth/v1{one}/disconnect", json={"erase": True}, headers=csrf)
    assert (asked.status_code, asked.json()["type"]) == (403, "urn:passerelle:problem:role-forbids")
    back = await marie.confirm(await marie.begin(), (await mailing.sandbox.seller(region="eu"))["seller_id"])
    await owner.submit(f"{MEMBERS}/{(await ids(mailing))[MARIE]}/role", page=MEMBERS, role="viewer")
    assert (await marie.get(back)).status_code == 403
    assert [one["state"] for one in await owner.connections()] == ["authorised"]


async def test_access_is_reviewed_each_quarter(mailing: Running) -> None:
    """
    Every member, API client and connection has its answer, or nothing is kept; what ends, ends; the audit log has all
    of it, and the next review is due 91 days later, of which owners are told on every page. Seen red with a missing
    answer taken for yes, and with the date left as it was.
    """
    owner = await mailing.visitor().sign_up()
    marie = await joined(mailing, owner, MARIE, "manager")
    await make(owner, "orders.orders:read", name="ERP")
    await marie.connect((await mailing.sandbox.seller(region="eu"))["seller_id"])
    assert "time to review" not in (await owner.get("/connections")).text
    mailing.clock.ahead = timedelta(days=91, minutes=1)
    await mailing.rows("update session set (seen_at, created_at) = (now() + interval '91 d', now() + interval '91 d')")
    # The week until a second factor is needed begins today.
    await mailing.rows("update connection set first_authorised_at = now() + interval '91 d'")
    assert "time to review" in (await owner.get("/connections")).text
    assert "time to review" not in (await marie.get("/connections")).text
    page = (await owner.get(REVIEW)).text
    fields = review_of(page)
    assert ("Overdue since" in page, len(fields)) == (True, 5)
    undecided = await owner.submit(REVIEW, page=REVIEW, **dict(list(fields.items())[1:]))
    assert (undecided.status_code, "no answer yet" in undecided.text) == (422, True)
    known = await ids(mailing)
    everybody = {name: "remove" for name in fields if name.startswith("member")}
    assert (await owner.submit(REVIEW, page=REVIEW, **fields | everybody)).status_code == 409
    assert len(await ids(mailing)) == 2
    ends = {name: "remove" for name in fields if name.startswith(("member", "client"))}
    ends |= {f"member-{known[owner.email]}": "keep", "ends": (await owner.connections())[0]["id"]}
    assert (await owner.submit(REVIEW, page=REVIEW, **fields | ends)).status_code == 303
    assert list(await ids(mailing)) == [owner.email]
    assert [one["state"] for one in await owner.connections()] == ["disconnected"]
    assert await mailing.rows("select 1 from api_client where revoked_at is null") == []
    done = await deeds(mailing)
    assert [deed for deed in done[2:] if deed[0] != "member.removed"] == [
        ("access.confirmed", None, None), ("access.reviewed", None, "kept=1 removed=3"),
    ]  # fmt: skip
    assert "time to review" not in (await owner.get("/connections")).text
    (row,) = await mailing.rows("select review_due_at - reviewed_at as again from organisation")
    assert row.again == timedelta(days=91)


async def test_a_passkey_is_a_second_factor_wherever_members_are_listed(auth: Running) -> None:
    """On the page of members and in the access review. Seen red with the app alone looked for."""
    owner = await auth.visitor().sign_up()
    for page in (MEMBERS, REVIEW):
        assert ">None<" in (await owner.get(page)).text
    assert (await add(owner, Authenticator())).status_code == 200
    for page in (MEMBERS, REVIEW):
        text = (await owner.get(page)).text
        assert (">Set up<" in text, ">None<" in text) == (True, False)


async def test_without_a_mail_server_the_link_is_handed_over(auth: Running) -> None:
    """Shown once, to whoever invites; the address is not confirmed by it."""
    owner = await auth.visitor().sign_up()
    shown = await owner.submit(f"{MEMBERS}/invitations", page=MEMBERS, email=MARIE, role="viewer")
    found = re.search(r"http[^\s<]+(/signup/invited/[^\s<]+)<", shown.text)
    assert found is not None
    assert found[1] not in (await owner.get(MEMBERS)).text
    guest = auth.visitor()
    assert (await guest.submit(found[1], page=found[1], password=PASSWORD)).status_code == 303
    (row,) = await auth.rows("select * from account where email = :email", email=MARIE)
    assert (row.role, row.email_confirmed_at) == ("viewer", None)
