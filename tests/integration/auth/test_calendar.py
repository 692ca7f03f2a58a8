"""The calendar of what is to be renewed: what it says, and who may read it."""

import asyncio
from datetime import datetime
from threading import Event
from typing import Any

import pytest
from icalendar import Calendar

from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.private import VENDOR, add, vendor
from tests.integration.auth.test_pause import connected

PAGE = "/settings/calendar"


def events(text: str) -> list[Any]:
    return list(Calendar.from_ical(text).walk("VEVENT"))


async def made(visitor: Visitor) -> str:
    """A new address, as path and query."""
    page = await visitor.submit(PAGE, page=PAGE)
    address = page.text.split('id="calendar-address">')[1].split("<")[0]
    assert address.startswith("http://127.0.0.1:8080/connections/calendar/")
    return address.removeprefix("http://127.0.0.1:8080")


async def test_each_authorisation_is_a_day_with_three_reminders(auth: Running) -> None:
    """Read without a session, in the language of who made the address; what is disconnected is not there."""
    visitor, its = await connected(auth)
    await visitor.get("/settings?language=fr")
    path = await made(visitor)
    async with auth.client() as program:
        answer = await program.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
        (event,) = events(answer.text)
        (found,) = await visitor.connections()
        assert event["summary"] == f"Renouveler l’autorisation\u00a0: {found['name']} – Amazon"
        assert event["dtstart"].dt == datetime.fromisoformat(found["expires_at"]).date()
        assert (event["uid"], str(event["url"]).endswith(f"/connections/{its}")) == (its, True)
        assert [alarm["trigger"].dt.days for alarm in event.walk("VALARM")] == [-30, -7, -1]
        await visitor.submit(f"/connections/{its}/disconnect")
        assert events((await program.get(path)).text) == []


async def test_an_own_application_has_the_day_of_its_secret_and_those_of_its_tokens(auth: Running) -> None:
    """
    A day for each connection's yearly renewal, one for the application's client secret; each leads where the new one is
    entered. Seen red with none.
    """
    visitor, token = await vendor(auth, "ABC1E", "ABC2E")
    await add(visitor, token, "ABC1E ABC2E", name="Vendor")
    path = await made(visitor)
    async with auth.client() as program:
        found = events((await program.get(path)).text)
        (first, second) = await visitor.connections()
        (app,) = await auth.rows("select id, secret_ends_at from private_app")
        (remind_at,) = {row.remind_at.date() for row in await auth.rows("select remind_at from connection")}
        assert [(event["uid"], event["dtstart"].dt, event["summary"]) for event in found] == [
            (first["id"], remind_at, "Renew the token of your own application: Vendor ABC1E – Amazon Vendor"),
            (second["id"], remind_at, "Renew the token of your own application: Vendor ABC2E – Amazon Vendor"),
            (
                str(app.id),
                app.secret_ends_at.date(),
                "Replace the client secret of your own application: Vendor ABC1E – Amazon Vendor",
            ),
        ]
        assert all(str(event["url"]).endswith(f"/connections/{VENDOR}/private") for event in found)
        for one in (first, second):
            await visitor.submit(f"/connections/{one['id']}/disconnect")
        assert events((await program.get(path)).text) == []


async def test_an_address_ends_with_the_next_one_or_by_hand(auth: Running) -> None:
    """Shown once, kept as a digest; wrong ones are not found; each change is in the audit."""
    visitor, _ = await connected(auth)
    first = await made(visitor)
    assert "calendar-address" not in (await visitor.get(PAGE)).text
    secret = first.split("/")[-1].split(".")[0]
    assert secret not in await auth.kept("organisation")
    second = await made(visitor)
    async with auth.client() as program:
        assert [(await program.get(path)).status_code for path in (first, second)] == [404, 200]
        assert (await program.get("/connections/calendar/x.ics")).status_code == 404
        await visitor.submit(f"{PAGE}/remove", page=PAGE)
        assert (await program.get(second)).status_code == 404
        await visitor.submit(f"{PAGE}/remove", page=PAGE)
    rows = await auth.rows("select action from audit where action like 'calendar.%' order by at")
    done = [row.action for row in rows]
    assert done == ["calendar.made", "calendar.made", "calendar.removed"]


async def test_nobody_elses_days_are_in_it(auth: Running) -> None:
    """An organisation's own, and no other's."""
    visitor, its = await connected(auth)
    await connected(auth)
    async with auth.client() as program:
        found = events((await program.get(await made(visitor))).text)
    assert [event["uid"] for event in found] == [its]


async def test_read_again_it_is_the_same(auth: Running) -> None:
    """To the byte: no program takes it for another calendar. Seen red with an id of its own for each reading."""
    visitor, _ = await connected(auth)
    path = await made(visitor)
    async with auth.client() as program:
        first, second = await program.get(path), await program.get(path)
        assert first.content == second.content
        other = await program.get(await made(visitor))
        assert Calendar.from_ical(first.text)["uid"] != Calendar.from_ical(other.text)["uid"]


async def test_nobody_waits_for_a_calendar(auth: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one is written, which takes seconds with thousands of days, others are answered. Seen red on the loop."""
    visitor, _ = await connected(auth)
    path = await made(visitor)
    begun, answered = Event(), Event()

    def written(_calendar: Calendar) -> bytes:
        begun.set()
        return b"written" if answered.wait(10) else b"nobody was answered"

    monkeypatch.setattr(Calendar, "to_ical", written)
    async with auth.client() as program:
        reading = asyncio.create_task(program.get(path))
        assert await asyncio.to_thread(begun.wait, 10)
        await visitor.get(PAGE)
        answered.set()
        assert (await reading).text == "written"
