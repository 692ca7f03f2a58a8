"""From where: the audit log tells the browsers of one person apart, and programs, operators and ourselves from them."""

import re
from typing import Any

import pytest

from services.auth.usecases.audit_log import verify_audit
from shared.kernel.ids import made_at
from tests.integration.auth.conftest import PASSWORD, Running
from tests.integration.auth.operating import operating
from tests.integration.auth.test_api_clients import asking, make, token
from tests.integration.auth.test_audit_log import PAGE, rows_of, shown
from tests.integration.auth.test_passwords import sign_in
from tests.integration.auth.test_pause import connected
from tests.integration.auth.test_second_factor import enter, set_up

_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def sessions(auth: Running, action: str) -> list[Any]:
    """Session and browser of the entries with this action, in their order."""
    return await auth.rows("select session_id, browser from audit where action = :action order by id", action=action)


async def test_two_browsers_of_one_person_are_told_apart(auth: Running) -> None:
    """
    By the session, not its cookie: on the page by browser and begin, in the table by its id, too. Seen red without the
    session at the entry.
    """
    owner, its = await connected(auth)
    other = auth.visitor()
    other.client.headers["user-agent"] = _FIREFOX
    await other.submit("/signin", page="/signin", email=owner.email, password=PASSWORD)
    await owner.submit(f"/connections/{its}/pause")
    await other.submit(f"/connections/{its}/resume")
    (paused,), (resumed,) = await sessions(auth, "connection.paused"), await sessions(auth, "connection.resumed")
    assert (paused.browser, resumed.browser) == ("", "Firefox")
    assert (await sessions(auth, "account.signed_up"))[0].session_id == paused.session_id
    assert (await sessions(auth, "account.signed_in"))[0].session_id == resumed.session_id != paused.session_id
    page = re.sub(r"<[^>]*>", " ", (await owner.get(PAGE)).text)
    assert re.search(r"Firefox\s+session of ", page)
    table = rows_of((await owner.get(f"{PAGE}/export.csv?action=connection.resumed")).text)
    (row,) = table
    began = f"{made_at(resumed.session_id):%Y-%m-%dT%H:%M:%SZ}"
    assert (row["session_id"], row["browser"], row["session_began_at"]) == (str(resumed.session_id), "Firefox", began)
    await other.submit("/signout", page=PAGE)
    assert (await sessions(auth, "account.signed_out"))[0].session_id == resumed.session_id
    assert (await verify_audit(auth.held.audit_log)).problem is None
    cookies = [visitor.client.cookies["passerelle_session"] for visitor in (owner,)]
    assert [cookie for cookie in cookies if cookie in await auth.kept("audit")] == []


async def test_programs_operators_and_ourselves_have_no_session(
    auth: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program is named by its id."""
    owner, its = await connected(auth)
    client_id, secret, _ = await make(owner, "auth.connections:write", name="Our ERP")
    program = await asking(auth, await token(auth, client_id, secret, "auth.connections:write"))
    await program.post(f"/api/auth/v1/connections/{its}/pause")
    await operating(auth, capsys)("connections", "resume", its)
    for action in ("connection.paused", "connection.resumed"):
        assert [tuple(row) for row in await sessions(auth, action)] == [(None, None)]
    assert f"<td><code>{client_id}</code></td>" in (await owner.get(PAGE)).text


async def test_a_session_that_waits_for_a_code_is_told_too(auth: Running) -> None:
    """Wrong codes are of the browser that sent them; with the right one another session begins."""
    owner = await auth.visitor().sign_up()
    app, _ = await set_up(auth, owner)
    visitor = auth.visitor()
    visitor.client.headers["user-agent"] = _FIREFOX
    await sign_in(visitor, owner.email, PASSWORD)
    await enter(visitor, "000000")
    await enter(visitor, app.code(30))
    found = [await sessions(auth, f"account.{name}") for name in ("second_factor_asked", "code_refused", "signed_in")]
    (asked,), (refused,), (signed_in,) = found
    assert asked.session_id == refused.session_id != signed_in.session_id
    assert {asked.browser, refused.browser, signed_in.browser} == {"Firefox"}
    assert (await sessions(auth, "account.second_factor_set_up"))[0].browser == ""


async def test_the_page_is_searched_by_connection(auth: Running) -> None:
    """Entries of one connection, the others left out; an id of another organisation finds nothing."""
    owner, its = await connected(auth)
    await owner.submit("/settings/calendar", page="/settings/calendar")
    await owner.submit(f"/connections/{its}/pause")
    found = await shown(owner, connection=its)
    assert "connection.paused" in found
    assert "calendar.made" not in found
    stranger = await auth.visitor().sign_up()
    assert await shown(stranger, connection=its) == []
    assert f'<option value="{its}"' in (await owner.get(PAGE)).text
