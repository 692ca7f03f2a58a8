"""The calendar of what is to be renewed, for calendar programs: its address is its key."""

from datetime import date, timedelta

from fastapi import APIRouter, Request
from icalendar import Alarm, Calendar, Event
from starlette.responses import Response

from services.auth.domain.connection import Connection
from services.auth.domain.opaque import digest
from services.auth.entrypoints.held import auth_of, pages_of
from services.auth.entrypoints.sentences import CALENDAR_NAME, CALENDAR_TO_DO, CALENDAR_WHAT, marketplace_of
from shared.web.problems import not_found

router = APIRouter(prefix="/connections/calendar", include_in_schema=False)
_REMINDED_BEFORE = (timedelta(days=30), timedelta(days=7), timedelta(days=1))
_REFRESHED_EVERY = timedelta(hours=12)


@router.get("/{secret}.ics")
async def feed(request: Request, secret: str) -> Response:
    """A day for each authorisation with an end. 404: nobody's calendar has this address."""
    found = await auth_of(request).views.calendar(digest(secret))
    if found is None:
        raise not_found()
    calendar = Calendar.new(prodid="-//Passerelle//renewals//EN", name=_say(request, CALENDAR_NAME))
    calendar.add("refresh-interval", _REFRESHED_EVERY, parameters={"value": "DURATION"})
    for one in found:
        if one.is_proven and (end := one.expires_at):
            calendar.add_component(_day(request, one, end.date()))
    return Response(calendar.to_ical(), media_type="text/calendar", headers={"cache-control": "private, no-store"})


def _day(request: Request, connection: Connection, day: date) -> Event:
    marketplace = marketplace_of(connection, lambda sentence: _say(request, sentence))
    names = {"name": connection.name, "marketplace": marketplace}
    what = _say(request, CALENDAR_WHAT) % names
    address = f"{auth_of(request).public_url}/connections/{connection.id}"
    event = Event.new(
        uid=str(connection.id),
        stamp=connection.authorised_at,
        start=day,
        summary=what,
        description=_say(request, CALENDAR_TO_DO) % {"address": address},
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
