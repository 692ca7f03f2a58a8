"""An organisation is closed, with all that is connected to it; a member leaves one. Addresses are free afterwards."""

import asyncio
from functools import partial
from typing import Any

import pytest

from services.auth.bootstrap import FAREWELL
from services.auth.entrypoints.letters import CATALOGUES, Letters
from services.auth.usecases.send_farewell import send_farewell
from services.auth.vault.consents import SealingConsents
from shared.access.errors import NotSignedIn
from shared.kernel.ids import OrganisationId, new_id
from tests.integration.auth.conftest import PASSWORD, Running, Visitor
from tests.integration.auth.members import MEMBERS, invitations_to, invite, joined
from tests.integration.auth.private import add, vendor
from tests.integration.auth.test_api_clients import READ, asking, make, token
from tests.integration.auth.test_calendar import made as calendar_of
from tests.integration.auth.test_second_factor import set_up

CLOSE, LEAVE = "/settings/organisation/close", "/settings/account/leave"
MARIE, PAUL = "marie@shop.example", "paul@shop.example"
# Whatever an organisation has here, but for its connections' rows, its clients' and the audit log.
EMPTY = (
    "account", "session", "former_password", "second_factor", "recovery_code", "passkey", "account_link", "mail",
    "invitation", "invitation_link", "access_grant", "private_app", "address", "support_staff", "consent_state",
)  # fmt: skip


async def close(owner: Visitor, page: str = CLOSE, **typed: str) -> Any:
    fields = {"organisation": owner.organisation, "password": PASSWORD} | typed
    return await owner.submit(CLOSE, page=page, **fields)


async def left_of(auth: Running) -> dict[str, int]:
    counts = {}
    for table in EMPTY:
        ((rows,),) = await auth.rows(f"select count(*) from {table}")  # noqa: S608 - names of ours
        counts[table] = rows
    return counts


async def furnished(auth: Running) -> tuple[Visitor, Visitor]:
    """An organisation with something of everything: its owner, and a manager of it."""
    owner, token = await vendor(auth, "ABC1E")
    await add(owner, token, "ABC1E", name="Vendor")
    seller = await auth.sandbox.seller(region="eu")
    await owner.connect(seller["seller_id"])
    manager = await joined(auth, owner, MARIE, "manager")
    await invite(owner, PAUL, "viewer")
    assert (await make(owner, READ, name="ERP"))[2].status_code == 200
    address = {"name": "N", "street": "1 rue", "city": "Paris", "postal_code": "75001", "country": "FR"}
    await owner.submit("/settings/organisation/address", page="/settings/organisation", kind="sender", **address)
    return owner, manager


async def farewells(auth: Running) -> None:
    """What the worker sends to those who were members."""
    held = auth.held
    assert held.mailer is not None
    write = Letters(CATALOGUES, held.public_url, expired_goes_on=held.expired_goes_on).farewell
    work = partial(send_farewell, mailer=held.mailer, write=write)
    await auth.rows("update farewell set due_at = now()")
    while True:
        async with held.claims.lease(FAREWELL) as lease:
            if lease is None:
                return
            await work(lease)


async def test_nothing_of_a_closed_organisation_goes_on(mailing: Running) -> None:
    """
    Connections are disconnected and erased and told so, secrets, invitations, sessions and accounts are gone; the audit
    log stays, and another organisation as it was. Seen red without each.
    """
    auth = mailing
    other = await auth.visitor().sign_up()
    await other.connect((await auth.sandbox.seller(region="eu"))["seller_id"])
    before = await left_of(auth)
    owner, manager = await furnished(auth)
    (link,) = await invitations_to(auth, PAUL)
    page = (await owner.get(f"{CLOSE}?language=en")).text
    for said in ("<strong>Vendor</strong>", MARIE, PAUL, "ERP", "application stays listed"):
        assert said in page
    told = len(await auth.events())
    ended = await close(owner)
    assert (ended.status_code, "The organisation is closed" in ended.text) == (200, True)
    assert await left_of(auth) == before
    *connections, (kind, last) = await auth.events(told)
    assert [kind for kind, _ in connections] == ["auth.connection.disconnected.v1"] * 2
    assert all(body["state"] == "disconnected" and body["erase_asked_at"] for _, body in connections)
    (own,) = await auth.rows("select * from organisation where closed_at is not null")
    assert (kind, last["organisation_id"], own.name) == ("auth.organisation.closed.v1", str(own.id), "")
    for browser in (owner, manager):
        assert (await browser.get("/connections")).headers["location"].startswith("/signin")
    assert (await auth.visitor().get(link)).status_code == 410
    assert (await other.connections())[0]["state"] == "authorised"
    rows = await auth.rows("select action from audit where organisation_id = :id order by at, id", id=own.id)
    deeds = [row.action for row in rows]
    assert {"connection.erase_asked", "private_app.removed", "member.removed"} < set(deeds)
    assert (deeds[-1], deeds.count("member.removed")) == ("organisation.closed", 2)


async def test_programs_and_calendars_end_and_members_are_told(mailing: Running) -> None:
    """
    A token of before opens nothing, and no other is given; a mail in the member's language, whose address is forgotten
    with it. Whoever confirmed none gets none. Seen red without each.
    """
    auth = mailing
    owner = await auth.visitor().sign_up()
    marie = await joined(auth, owner, MARIE, "viewer")
    await marie.get("/settings/account?language=fr")
    await auth.rows("update account set email_confirmed_at = null where email = :email", email=owner.email)
    client_id, secret, _ = await make(owner, READ)
    program = await asking(auth, await token(auth, client_id, secret))
    calendar = await calendar_of(owner)
    assert (await auth.client().get(calendar)).status_code == 200
    assert (await close(owner)).status_code == 200
    assert (await token(auth, client_id, secret)).status_code == 401
    assert (await program.get("/api/auth/v1/connections")).status_code == 401
    assert (await auth.client().get(calendar)).status_code == 404
    assert [row.email for row in await auth.rows("select email from farewell")] == [MARIE]
    await farewells(auth)
    mail = (await auth.sandbox.mails(MARIE))[-1]["text"]
    assert ("Un propriétaire a fermé" in mail, owner.organisation in mail) == (True, True)
    assert await auth.rows("select 1 from farewell") == []


@pytest.mark.abuse
async def test_only_an_owner_who_means_it_closes(mailing: Running) -> None:
    """
    Every other role is refused, and so are another name, another password and, where there is an app, another code;
    the field is named and nothing is changed. Seen red without each look.
    """
    auth = mailing
    owner = await auth.visitor().sign_up()
    for email, role in ((MARIE, "manager"), (PAUL, "shipper"), ("vera@shop.example", "viewer")):
        member = await joined(auth, owner, email, role)
        assert (await member.get(CLOSE)).status_code == 403
        assert (
            await member.submit(CLOSE, page=LEAVE, organisation=owner.organisation, password=PASSWORD)
        ).status_code == 403
        assert CLOSE not in (await member.get("/settings/organisation")).text
    assert CLOSE in (await owner.get("/settings/organisation")).text
    for field, typed in (("organisation", "Org"), ("password", "Wrong horse battery 9")):
        refused = await close(owner, **{field: typed})
        assert (refused.status_code, f'href="#{field}"' in refused.text) == (422, True)
    _, codes = await set_up(auth, owner)
    refused = await close(owner, code="000000")
    assert (refused.status_code, 'href="#code"' in refused.text) == (422, True)
    assert (await close(owner)).status_code == 422
    assert len(await auth.rows("select 1 from audit where action = 'account.code_refused'")) == 2
    assert len(await auth.rows("select 1 from account")) == 4
    assert await auth.rows("select 1 from audit where action = 'organisation.closed'") == []
    assert (await close(owner, code=codes[0])).status_code == 200
    assert await auth.rows("select 1 from account") == []


async def test_a_close_that_dies_has_changed_nothing(mailing: Running) -> None:
    """All of it is one transaction: one that fails at its last line leaves everything as it was."""
    owner, _ = await furnished(mailing)
    before, told = await left_of(mailing), len(await mailing.events())
    await mailing.rows("""
        create function dies() returns trigger language plpgsql as $$ begin raise exception 'killed'; end $$
    """)
    await mailing.rows("""
        create trigger dies before insert on audit for each row
        when (new.action = 'organisation.closed') execute function dies()
    """)
    assert (await close(owner)).status_code == 500
    assert (await left_of(mailing), len(await mailing.events())) == (before, told)
    assert (await owner.connections())[0]["state"] == "authorised"
    await mailing.rows("drop trigger dies on audit")
    assert (await close(owner)).status_code == 200


async def test_what_began_before_adds_nothing_to_it(auth: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A consent whose code is being exchanged while the organisation is closed connects nothing; whatever else is added
    takes the same lock. Seen red without it.
    """
    owner = await auth.visitor().sign_up()
    exchange = SealingConsents.exchange

    async def slow(*args: Any) -> Any:
        grant = await exchange(*args)
        assert (await close(closing)).status_code == 200
        return grant

    closing = auth.visitor()
    closing.organisation = owner.organisation
    await closing.submit("/signin", page="/signin", email=owner.email, password=PASSWORD)
    monkeypatch.setattr(SealingConsents, "exchange", slow)
    back = await owner.connect((await auth.sandbox.seller(region="eu"))["seller_id"])
    assert back.status_code == 401
    assert await auth.rows("select 1 from connection") == await auth.rows("select 1 from access_grant") == []
    (closed,) = await auth.rows("select id from organisation")
    for add_to in ("members.lock", "api_clients.lock_count", "private_apps.lock_of", "connections.count_claims"):
        part, lock = add_to.split(".")
        with pytest.raises(NotSignedIn):
            async with auth.held.uow() as store:
                await getattr(getattr(store, part), lock)(OrganisationId(closed.id))


async def test_two_owners_who_close_at_once_close_once(mailing: Running) -> None:
    """The other finds nobody signed in any more."""
    owner = await mailing.visitor().sign_up()
    marie = await joined(mailing, owner, MARIE, "owner")
    marie.organisation = owner.organisation
    answers = await asyncio.gather(close(owner), close(marie))
    assert sorted(one.status_code for one in answers) in ([200, 401], [200, 303])
    assert len(await mailing.rows("select 1 from audit where action = 'organisation.closed'")) == 1


async def test_an_invited_sole_owner_closes_and_accepts(mailing: Running) -> None:
    """
    The refused invitation leads to where they can do something about it, which leads on for the only owner; the same
    link works afterwards. Seen red with the refusal of before.
    """
    auth = mailing
    host, paul = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    await invite(host, paul.email, "manager")
    (link,) = await invitations_to(auth, paul.email)
    refused = await paul.get(f"{link}?language=en")
    assert (refused.status_code, LEAVE in refused.text) == (409, True)
    assert (await auth.visitor().submit(link, page="/signin", password=PASSWORD)).status_code == 409
    only = (await paul.get(f"{LEAVE}?language=en")).text
    assert ("You are its only owner" in only, CLOSE in only, 'type="password"' in only) == (True, True, False)
    assert (await paul.submit(LEAVE, page=CLOSE, password=PASSWORD)).status_code == 409
    assert (await close(paul)).status_code == 200
    assert (await paul.submit(link, page=link, password=PASSWORD)).status_code == 303
    rows = await auth.rows("select o.name, role from account join organisation o on o.id = organisation_id")
    assert sorted(tuple(row) for row in rows) == sorted([(host.organisation, "owner"), (host.organisation, "manager")])


async def test_a_member_leaves_by_themselves(mailing: Running) -> None:
    """
    With the password: sessions end, the address is free, the audit log says so; the last owner stays. Seen red without
    the password, and with the last owner let go.
    """
    auth = mailing
    owner = await auth.visitor().sign_up()
    marie = await joined(auth, owner, MARIE, "viewer")
    assert LEAVE in (await marie.get("/settings/account")).text
    wrong = await marie.submit(LEAVE, page=LEAVE, password="Wrong horse battery 9")
    assert (wrong.status_code, 'href="#password"' in wrong.text) == (422, True)
    gone = await marie.submit(LEAVE, page=LEAVE, password=PASSWORD)
    assert (gone.status_code, "You have left" in gone.text) == (200, True)
    assert (await marie.get("/connections")).headers["location"].startswith("/signin")
    assert await auth.rows("select 1 from account where email = :email", email=MARIE) == []
    (left,) = await auth.rows("select * from audit where action = 'member.left'")
    assert (left.before, left.reason) == ("viewer", str(left.account_id))
    assert (await owner.get(MEMBERS)).status_code == 200
    assert (await joined(auth, owner, MARIE, "owner")).email == MARIE
    assert (await owner.submit(LEAVE, page=LEAVE, password=PASSWORD)).status_code == 200


async def test_what_is_left_of_it_goes_with_its_audit_log(auth: Running) -> None:
    """
    Connections, clients and the organisation itself, after twelve months; others are told, without data. Seen red
    without.
    """
    owner, other = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    for one in (owner, other):
        await one.connect((await auth.sandbox.seller(region="eu"))["seller_id"])
        await make(one, READ)
    assert (await close(owner)).status_code == 200
    await auth.held.keep_house()
    assert len(await auth.rows("select 1 from organisation")) == 2
    await auth.rows("update organisation set closed_at = closed_at - interval '12 months 1 hour' where name = ''")
    await auth.rows("update api_client_secret set ended_at = ended_at - interval '91 days'")
    unsent = "insert into farewell values (:id, 'a@b.example', 'en', 'X', now() - interval '31 days')"
    await auth.rows(unsent, id=new_id())
    told = len(await auth.events())
    await auth.held.keep_house()
    assert [kind for kind, _ in await auth.events(after=told)] == [
        "auth.connection.deleted.v1",
        "auth.organisation.deleted.v1",
    ]
    for table in ("organisation", "connection", "api_client"):
        assert len(await auth.rows(f"select 1 from {table}")) == 1  # noqa: S608 - names of ours
    assert await auth.rows("select 1 from farewell") == []
