"""Support staff of the operator: who is, what they see, for how long, and how the organisation hears of it."""

import csv
import io
import json
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.integration.auth.conftest import APP, Running
from tests.integration.auth.members import MEMBERS
from tests.integration.auth.operating import Operate, operating
from tests.integration.auth.supporting import (
    REASON,
    SUPPORT,
    address,
    give_reason,
    granted,
    look,
    organisation_of,
    search,
    signed_in,
    staff,
)
from tests.integration.auth.test_api_clients import READ, make, token
from tests.integration.auth.test_pause import connected
from tests.integration.auth.test_second_factor import set_up, sign_in

NOWHERE = str(uuid4())
PAGES = (SUPPORT, f"{SUPPORT}/reasons", f"{SUPPORT}/secrets", address(NOWHERE), f"{address(NOWHERE)}/reason")


@pytest.fixture
def operate(auth: Running, capsys: pytest.CaptureFixture[str]) -> Operate:
    return operating(auth, capsys)


async def test_the_operator_makes_and_unmakes_support_staff(auth: Running, operate: Operate) -> None:
    """By a confirmed address, listed without it, written down where they are members; each once."""
    person, other = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    await auth.rows("update account set email_confirmed_at = null where email = :email", email=other.email)
    assert await operate("support", "grant", "nobody@shop.example") == (1, "nobody has an account with this address\n")
    status, said = await operate("support", "grant", other.email)
    assert (status, "not confirmed" in said) == (1, True)
    assert await operate("support", "revoke", person.email) == (1, "they are no support staff\n")
    assert await operate("support", "list", "--json") == (0, "[]\n")
    assert await operate("support", "grant", person.email.upper()) == (0, "done\n")
    assert await operate("support", "grant", person.email) == (1, "they are support staff already\n")
    status, said = await operate("support", "list")
    assert (status, "second_factor" in said, person.email in said) == (0, True, False)
    (shown,) = json.loads((await operate("support", "list", "--json"))[1])
    told = (shown["organisation_id"], shown["state"], shown["second_factor"], shown["looks"], shown["looked_at"])
    assert told == (await organisation_of(auth, person), "active", False, 0, None)
    assert await operate("support", "revoke", person.email) == (0, "done\n")
    done = await auth.rows("select action, organisation_id from audit where action like 'support.%' order by id")
    ours = await organisation_of(auth, person)
    assert [(row.action, str(row.organisation_id)) for row in done] == [
        ("support.granted", ours), ("support.revoked", ours),
    ]  # fmt: skip


@pytest.mark.abuse
async def test_for_everybody_else_there_is_nothing(auth: Running, operate: Operate) -> None:
    """An owner finds no page, whatever they ask for, and no link; staff find it. Seen red with everybody staff."""
    owner, person = await auth.visitor().sign_up(), await staff(auth, operate)
    for path in PAGES:
        assert (await owner.get(path)).status_code == 404
        assert (await auth.visitor().get(path)).headers["location"].startswith("/signin")
    assert (await search(owner, owner.email)).status_code == 404
    assert (await give_reason(owner, await organisation_of(auth, owner))).status_code == 404
    assert f'href="{SUPPORT}"' not in (await owner.get("/settings")).text
    assert f'href="{SUPPORT}"' in (await person.get("/settings")).text


@pytest.mark.abuse
async def test_staff_are_held_to_a_second_factor(auth: Running, operate: Operate) -> None:
    """
    One that is set up, and was shown for this very session: not one of before it. A page says what to do. An OpenID
    provider that asked for two counts. Seen red with the session's begin not looked at.
    """
    person = await granted(auth, operate)
    for path in PAGES:
        refused = await person.get(path)
        assert (refused.status_code, "Set one up" in refused.text) == (403, True)
    await auth.rows("update session set two_factors = true")
    assert (await person.get(SUPPORT)).status_code == 200
    await auth.rows("update session set two_factors = false")
    app, _ = await set_up(auth, person)
    refused = await person.get(f"{SUPPORT}?language=fr")
    assert (refused.status_code, "reconnectez-vous avec lui" in refused.text) == (403, True)
    assert (await (await signed_in(auth, person, app)).get(SUPPORT)).status_code == 200
    half_way = auth.visitor()
    await sign_in(half_way, person.email)
    assert (await half_way.get(SUPPORT)).headers["location"].startswith("/signin")


@pytest.mark.abuse
async def test_without_a_reason_nothing_is_shown(auth: Running, operate: Operate) -> None:
    """
    None, one too short, too long, with an address in it; one for another organisation; an hour ago. Whether there is
    such an organisation is not told by its page. Seen red with the organisation, and with the hour, not compared.
    """
    owner, other = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    person, ours, theirs = (
        await staff(auth, operate), await organisation_of(auth, owner), await organisation_of(auth, other),
    )  # fmt: skip
    for its in (ours, NOWHERE):
        assert (await person.get(address(its))).headers["location"] == f"{address(its)}/reason"
    assert (await person.get(f"{address(NOWHERE)}/reason")).status_code == 404
    assert (await give_reason(person, NOWHERE)).status_code == 404
    for reason, said in (("", "at least 10"), ("x" * 501, "500"), (f"asked by {owner.email}", "Leave out e-mail")):
        refused = await give_reason(person, ours, reason)
        assert (refused.status_code, said in refused.text, 'aria-invalid="true"' in refused.text) == (422, True, True)
    assert await auth.rows("select 1 from support_look") == []
    assert await auth.rows("select 1 from audit where action = 'support.looked'") == []
    assert owner.organisation in await look(person, ours)
    assert (await person.get(address(theirs))).status_code == 303
    auth.clock.ahead += timedelta(minutes=59)
    assert (await person.get(address(ours))).status_code == 200
    auth.clock.ahead += timedelta(minutes=1)
    assert (await person.get(address(ours))).status_code == 303


async def test_the_organisation_reads_who_looked_and_why(auth: Running, operate: Operate) -> None:
    """
    In its own audit log, on its page in both languages and in its table: the account by its id, the reason, from which
    session, until when; another organisation's has none of it, and the chain holds it. Seen red without the entry.
    """
    owner, other, person = await auth.visitor().sign_up(), await auth.visitor().sign_up(), await staff(auth, operate)
    await look(person, await organisation_of(auth, owner))
    (entry,) = await auth.rows("select * from audit where action = 'support.looked'")
    (account,) = await auth.rows("select id from account where email = :email", email=person.email)
    assert (entry.account_id, entry.reason, entry.session_id is not None, "until=" in entry.after) == (
        account.id, REASON, True, True,
    )  # fmt: skip
    for language, said in (
        ("en", "Support of the operator looked at"),
        ("fr", "L’assistance de l’exploitant a consulté"),
    ):
        page = (await owner.get(f"/settings/audit?language={language}")).text
        assert (said in page, REASON in page, str(account.id) in page, person.email in page) == (
            True,
            True,
            True,
            False,
        )
    table = (await owner.get("/settings/audit/export.csv?action=support.looked")).text
    (row,) = csv.DictReader(io.StringIO(table))
    assert (row["who"], row["reason"]) == (f"support {account.id}", REASON)
    assert REASON not in (await other.get("/settings/audit")).text
    assert REASON not in (await other.get("/settings/audit/export.csv")).text
    assert (await operate("audit", "verify"))[0] == 0


@pytest.mark.abuse
async def test_who_is_staff_no_longer_sees_nothing_at_once(auth: Running, operate: Operate) -> None:
    """In the middle of an hour; made staff again, a reason comes first. Seen red with what was open left so."""
    owner, person = await auth.visitor().sign_up(), await staff(auth, operate)
    ours = await organisation_of(auth, owner)
    await look(person, ours)
    assert await operate("support", "revoke", person.email) == (0, "done\n")
    for path in (*PAGES, address(ours)):
        assert (await person.get(path)).status_code == 404
    assert (await give_reason(person, ours)).status_code == 404
    assert await operate("support", "grant", person.email) == (0, "done\n")
    assert (await person.get(address(ours))).status_code == 303
    (account,) = await auth.rows("select id from account where email = :email", email=person.email)
    assert await operate("users", "disable", str(account.id)) == (0, "done\n")
    assert (await person.get(SUPPORT)).headers["location"].startswith("/signin")


async def test_a_removed_member_is_no_staff(auth: Running, operate: Operate) -> None:
    """With the account go the mark and their looks; the organisation that was looked at keeps its entry."""
    owner, employer, person = await auth.visitor().sign_up(), await auth.visitor().sign_up(), await staff(auth, operate)
    await look(person, await organisation_of(auth, owner))
    (its,) = await auth.rows("select id from account where email = :email", email=person.email)
    theirs = await organisation_of(auth, employer)
    await auth.rows("update account set organisation_id = :of, role = 'viewer' where id = :id", of=theirs, id=its.id)
    assert (await employer.submit(f"{MEMBERS}/{its.id}/remove", page=MEMBERS)).status_code == 303
    assert await operate("support", "list", "--json") == (0, "[]\n")
    assert await auth.rows("select 1 from support_look") == []
    assert REASON in (await owner.get("/settings/audit")).text


@pytest.mark.abuse
async def test_the_view_shows_states_and_nothing_secret(auth: Running, operate: Operate) -> None:
    """
    Counts, states and days; no token, no secret, no address, no whole id of a seller account; one's own ones neither,
    and no form. Seen red with the id not masked.
    """
    owner, connection_id = await connected(auth)
    client_id, secret, _ = await make(owner, READ)
    assert (await token(auth, client_id, secret)).status_code == 200
    await owner.submit(f"{MEMBERS}/invitations", page=MEMBERS, email="guest@shop.example", role="viewer")
    service = await auth.service()
    given = await service.post(f"/internal/v1/connections/{connection_id}/access-token", json={})
    (seller_id,) = [one["seller_id"] for one in await owner.connections()]
    await auth.rows("update connection set login = 'portal-login'")
    person, ours = await staff(auth, operate), await organisation_of(auth, owner)
    page = await look(person, ours)
    assert 'action="/support' not in page
    for said in (owner.organisation, ours, connection_id, f"…{seller_id[-4:]}", "Authorised", "Let in", "Owner"):
        assert said in page, said
    assert "<dt>Open invitations</dt><dd>1</dd>" in page
    assert "<dt>API clients</dt><dd>1, last used" in page
    planted = (
        given.json()["access_token"], secret, client_id, seller_id, owner.email, "guest@shop.example", "portal-login",
        APP["client_secret"], owner.client.cookies["passerelle_session"],
    )  # fmt: skip
    for path in (address(ours), f"{SUPPORT}/reasons", f"{SUPPORT}/secrets", SUPPORT, f"{address(ours)}/reason"):
        shown = (await person.get(path)).text
        assert [one for one in planted if one in shown] == []


async def test_the_session_of_staff_opens_nothing_elsewhere(auth: Running, operate: Operate) -> None:
    """What auth tells the other services of it is what it was before: their own organisation, their own role."""
    person = await auth.visitor().sign_up()
    app, _ = await set_up(auth, person)
    service = await auth.service("orders", "auth.sessions:resolve")
    told = []
    for made_staff in (False, True):
        if made_staff:
            await operate("support", "grant", person.email)
        cookie = (await signed_in(auth, person, app)).client.cookies["passerelle_session"]
        told.append((await service.post("/internal/v1/sessions/resolve", json={"session": cookie})).json())
        auth.clock.ahead += timedelta(seconds=60)
    before, after = ({name: value for name, value in one.items() if name != "csrf_token"} for one in told)
    assert before == after
    owner, connection_id = await connected(auth)
    assert owner.email != person.email
    assert (await person.get(f"/connections/{connection_id}")).status_code == 404
