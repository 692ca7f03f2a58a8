"""The audit log: only added to, chained also where many write at once, kept twelve months, shown, told as a table."""

import asyncio
import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.auth.domain.audit import Action, AuditEntry
from services.auth.entrypoints import worker
from services.auth.usecases.audit_log import verify_audit
from shared.kernel.ids import OrganisationId, UserId, new_id
from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.operating import Operate, operating
from tests.integration.auth.test_api_clients import asking, make, token
from tests.integration.auth.test_pause import connected

PAGE = "/settings/audit"


@pytest.fixture
def operate(auth: Running, capsys: pytest.CaptureFixture[str]) -> Operate:
    return operating(auth, capsys)


async def note(auth: Running, *, days_ago: float = 0, **told: Any) -> None:
    """One entry in a transaction of its own."""
    entry = AuditEntry(new_id(), auth.clock.now() - timedelta(days=days_ago), Action.SIGNED_IN, None)
    async with auth.held.uow() as store:
        await store.audit.add(replace(entry, **told))


async def by_superuser(auth: Running, *statements: str) -> None:
    """As somebody does who has the database in their hands, past its own rules."""
    async with auth.engine.begin() as connection:
        await connection.execute(text("set local session_replication_role = replica"))
        for statement in statements:
            await connection.execute(text(statement))


def rows_of(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table)))


async def shown(visitor: Visitor, **filters: str) -> list[str]:
    """The codes of what an export with these filters has."""
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return [row["action"] for row in rows_of((await visitor.get(f"{PAGE}/export.csv?{query}")).text)]


@pytest.mark.abuse
async def test_the_database_refuses_to_change_it(auth: Running) -> None:
    """Our own role, too. Seen red without the triggers."""
    await auth.visitor().sign_up()
    before = await auth.rows("select * from audit, audit_link")
    for statement in (
        "update audit set reason = 'x'",
        "update audit set at = now() - interval '13 months'",
        "delete from audit",
        "truncate audit",
        "update audit_link set hash = ''",
        "delete from audit_link",
        "truncate audit_link",
    ):
        with pytest.raises(DBAPIError):
            await auth.rows(statement)
    assert await auth.rows("select * from audit, audit_link") == before


async def test_many_at_once_make_one_chain(auth: Running) -> None:
    """Thirty transactions side by side, some with several entries, one rolled back: every entry has its place."""

    async def write(number: int) -> None:
        async with auth.held.uow() as store:
            for _ in range(1 + number % 3):
                entry = AuditEntry(new_id(), auth.clock.now(), Action.RENAMED, OrganisationId(uuid4()), before="é:1")
                await store.audit.add(entry)
                await asyncio.sleep(0)
            if number == 7:
                raise LookupError

    done = await asyncio.gather(*(write(number) for number in range(30)), return_exceptions=True)
    assert [type(each) for each in done if each] == [LookupError]
    found = await verify_audit(auth.held.audit_log)
    assert (found.problem, found.entries, found.head and found.head.position) == (None, 58, 58)


async def test_an_operator_verifies_it(auth: Running, operate: Operate) -> None:
    """The last line counts; what was done past the database's rules is named, with status 1."""
    await auth.visitor().sign_up()
    for _ in range(3):
        await note(auth)
    status, said = await operate("audit", "verify")
    head = said.splitlines()[0].removeprefix("head ")
    assert (status, said.splitlines()[-1]) == (0, "4 entries, unbroken")
    assert (await operate("audit", "verify", "--head", head))[0] == 0
    assert (await operate("audit", "verify", "--head", "yesterday"))[0] == 2
    await by_superuser(auth, "update audit set reason = 'x' from audit_link where entry_id = id and position = 2")
    status, said = await operate("audit", "verify")
    assert status == 1
    last = r"4 entries, first break at position 2, entry [0-9a-f-]{36}: it was changed"
    assert re.fullmatch(last, said.splitlines()[-1])
    await by_superuser(auth, "delete from audit_link where position > 1", "delete from audit where reason = 'x'")
    assert (await operate("audit", "verify"))[0] == 1
    await by_superuser(auth, "delete from audit where id not in (select entry_id from audit_link)")
    assert (await operate("audit", "verify"))[0] == 0
    status, said = await operate("audit", "verify", "--head", head)
    assert (status, "the chain ends before the head that was noted" in said) == (1, True)


async def test_the_head_goes_to_the_log(auth: Running, operate: Operate) -> None:
    """Each hour, where whoever has the database in their hands has not what was logged."""
    with structlog.testing.capture_logs() as lines:
        await worker.keep_house(auth.held)
        await note(auth)
        await worker.keep_house(auth.held)
    (told,) = [line["detail"] for line in lines if line["event"] == "audit.head"]
    assert (await operate("audit", "verify", "--head", told))[0] == 0


async def test_it_is_kept_for_twelve_months(auth: Running, operate: Operate) -> None:
    """The worker removes what is older from the front, leaves an anchor, says so; the rest is verified as before."""
    for days in (400, 390, 380):
        await note(auth, days_ago=days)
    await note(auth, days_ago=300)
    await auth.held.keep_house()
    kept = await auth.rows("select action from audit join audit_link on entry_id = id order by position")
    assert [row.action for row in kept] == ["account.signed_in", "audit.truncated"]
    assert (await operate("audit", "verify"))[1].splitlines()[-1] == "2 entries, unbroken"
    await auth.held.keep_house()
    assert len(await auth.rows("select 1 from audit")) == 2
    await note(auth)
    assert (await operate("audit", "verify"))[1].splitlines()[-1] == "3 entries, unbroken"


async def test_a_younger_entry_keeps_what_comes_after_it(auth: Running) -> None:
    """Only the front is removed: an old entry behind one that is younger waits for it."""
    for days in (300, 400):
        await note(auth, days_ago=days)
    await auth.held.keep_house()
    assert len(await auth.rows("select 1 from audit")) == 2


async def test_members_see_who_did_what(auth: Running, operate: Operate) -> None:
    """People by their address, programs by their name, operators and ourselves; before and after; nothing secret."""
    visitor, its = await connected(auth)
    await visitor.submit(f"/connections/{its}/name", name="Kept to themselves", page=f"/connections/{its}")
    client_id, secret, _ = await make(visitor, "auth.connections:write", "auth.connections:read", name="Our ERP")
    program = await asking(auth, await token(auth, client_id, secret, "auth.connections:write"))
    assert (await program.post(f"/api/auth/v1/connections/{its}/pause")).status_code == 200
    assert (await operate("connections", "resume", its))[0] == 0
    assert (await operate("connections", "probe", its))[0] == 0
    page = (await visitor.get(PAGE)).text
    for word in (visitor.email, "Our ERP", "Operator of this installation", "Connection renamed", "API client made"):
        assert word in page
    assert "<code>authorised</code> → <code>paused</code>" in page
    told = rows_of((await visitor.get(f"{PAGE}/export.csv")).text)
    paused = next(row for row in told if row["action"] == "connection.paused")
    assert (paused["who"], paused["before"], paused["after"]) == (client_id, "authorised", "paused")
    who = {row["action"]: row["who"] for row in told}
    assert (who["connection.resumed"], who["connection.probe_asked"]) == ("operator", "operator")
    assert secret not in page + str(told)
    assert "Kept to themselves" not in await auth.kept("audit")
    french = (await visitor.get(f"{PAGE}?language=fr")).text
    assert "Journal d’audit" in french
    assert "Connexion renommée" in french


async def test_the_page_is_searched(auth: Running) -> None:
    """By who, what and when; what is no filter of ours is none; where nothing fits, it says so."""
    visitor = await auth.visitor().sign_up()
    await visitor.submit("/settings/calendar", page="/settings/calendar")
    client_id, _, _ = await make(visitor, "auth.connections:read")
    [account] = await auth.rows("select id, organisation_id from account")
    await note(auth, days_ago=3, organisation_id=account.organisation_id, user_id=UserId(account.id))
    day = f"{auth.clock.now() - timedelta(days=3):%Y-%m-%d}"
    assert await shown(visitor) == ["account.signed_in", "api_client.made", "calendar.made", "account.signed_up"]
    assert await shown(visitor, action="calendar.made") == ["calendar.made"]
    assert await shown(visitor, since=day, until=day) == ["account.signed_in"]
    assert len(await shown(visitor, who=str(account.id))) == 4
    for nobody in (client_id, "operator", "service", str(uuid4())):
        assert await shown(visitor, who=nobody) == []
    assert len(await shown(visitor, action="x", since="yesterday", until="9999-99-99", cursor="x")) == 4
    assert "No entry fits these filters." in (await visitor.get(f"{PAGE}?who=operator")).text


async def test_the_page_goes_on(auth: Running) -> None:
    """Fifty at a time, the filters with it; each entry once, on one page; all of them in the table."""
    visitor = await auth.visitor().sign_up()
    [account] = await auth.rows("select organisation_id from account")
    async with auth.held.uow() as store:
        for _ in range(120):
            entry = AuditEntry(new_id(), auth.clock.now(), Action.LAPSED, account.organisation_id)
            await store.audit.add(entry)
    counts, path = [], f"{PAGE}?action=connection.lapsed"
    while path:
        page = (await visitor.get(path)).text
        counts.append(page.count("<td>Claim lapsed"))
        more = re.search(r'href="([^"]+)" rel="next"', page)
        path = more.group(1).replace("&amp;", "&") if more else ""
    assert counts == [50, 50, 20]
    assert len(await shown(visitor, action="connection.lapsed")) == 120


@pytest.mark.abuse
async def test_an_organisation_sees_its_own_entries(auth: Running) -> None:
    """Neither another's by a filter or a cursor, nor its names. Seen red with the organisation left out."""
    ours, theirs = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    await make(ours, "auth.connections:read", name="Our own ERP")
    rows = await auth.rows("select audit.*, account.email from audit join account on account.id = account_id")
    mine = [row for row in rows if row.email == ours.email]
    assert len(mine) == 2
    for query in ("", f"?who={mine[0].account_id}", f"?who={mine[1].reason}", f"?cursor={uuid4()}"):
        for path in (PAGE, f"{PAGE}/export.csv"):
            seen = (await theirs.get(path + query)).text
            assert ours.email not in seen
            assert "Our own ERP" not in seen
            assert not any(str(row.id) in seen for row in mine)
    assert await shown(theirs) == ["account.signed_up"]
    assert (await auth.visitor().get(PAGE)).status_code == 303
