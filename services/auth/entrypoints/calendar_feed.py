"""The calendar of what is to be renewed, for calendar programs: its address is its key."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from fastapi import APIRouter, Request
from icalendar import Alarm, Calendar, Event
from starlette.responses import Response

from services.auth.domain.connection import Connection, ConnectionState
from services.auth.domain.opaque import digest
from services.auth.entrypoints import calendar_sentences as sentences
from services.auth.entrypoints.held import auth_of, pages_of
from services.auth.entrypoints.sentences import marketplace_of
from shared.web.problems import not_found

router = APIRouter(prefix="/connections/calendar", include_in_schema=False)
_REMINDED_BEFORE = (timedelta(days=30), timedelta(days=7), timedelta(days=1))
_REFRESHED_EVERY = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class _Day:
    """What is to be done by then, and below `/connections` where. `of`: the connection it is told of by."""

    uid: UUID
    at: datetime
    of: Connection
    what: str
    to_do: str
    path: str


@router.get("/{secret}.ics")
async def feed(request: Request, secret: str) -> Response:
    """
    A day for each authorisation with an end; by an application of one's own for each connection's yearly renewal and
    for the end of the client secret. 404: nobody's calendar has this address.
    """
    its = digest(secret)
    found = await auth_of(request).views.calendar(its)
    if found is None:
        raise not_found()
    # Thousands of days take seconds, for which nobody else is to wait.
    written = await asyncio.to_thread(_written, request, uuid5(NAMESPACE_OID, its), found)
    return Response(written, media_type="text/calendar", headers={"cache-control": "private, no-store"})


def _written(request: Request, uid: UUID, found: Sequence[Connection]) -> bytes:
    """`uid`: the same each time, or a program takes it for another calendar (RFC 7986, 5.3)."""
    calendar = Calendar.new(prodid="-//Passerelle//renewals//EN", name=_say(request, sentences.NAME), uid=uid)
    calendar.add("refresh-interval", _REFRESHED_EVERY, parameters={"value": "DURATION"})
    for day in _days(found):
        calendar.add_component(_event(request, day))
    written: bytes = calendar.to_ical()
    return written


def _days(found: Sequence[Connection]) -> Iterator[_Day]:
    living = [one for one in found if one.state is not ConnectionState.DISCONNECTED]
    for one in living:
        if one.is_proven and one.expires_at:
            yield _Day(one.id, one.expires_at, one, sentences.WHAT, sentences.TO_DO, f"/{one.id}")
        elif one.app_id is not None and one.remind_at:
            yield _Day(one.id, one.remind_at, one, sentences.TOKEN, sentences.TO_ENTER, f"/{one.marketplace}/private")
    # One for an application, told of by the connection that was made first.
    by_app = {one.app_id: one for one in reversed(living) if one.app_id is not None}
    for app_id, one in by_app.items():
        if one.secret_ends_at:
            path = f"/{one.marketplace}/private"
            yield _Day(app_id, one.secret_ends_at, one, sentences.SECRET, sentences.TO_ENTER, path)


def _event(request: Request, day: _Day) -> Event:
    marketplace = marketplace_of(day.of, lambda sentence: _say(request, sentence))
    what = _say(request, day.what) % {"name": day.of.name, "marketplace": marketplace}
    address = f"{auth_of(request).public_url}/connections{day.path}"
    event = Event.new(
        uid=str(day.uid),
        stamp=day.of.authorised_at,
        start=day.at.date(),
        summary=what,
        description=_say(request, day.to_do) % {"address": address},
        url=address,
    )
    for before in _REMINDED_BEFORE:
        alarm = Alarm.new(description=what)
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", -before)
        event.add_component(alarm)
    return event


def _say(request: Request, sentence: str) -> str:
    return pages_of(request).say(request, sentence, principal=None)
