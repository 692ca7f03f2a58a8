"""The walk: days pass, and each is compared with the table."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from tests.conftest import migrate
from tests.fairness.virtual_time import prepare
from tests.infrastructure import DatabaseServer, unique_name
from tests.integration.auth.clock import StandingClock
from tests.integration.auth.conftest import APP, PUBLIC_URL, run_auth, settings_for
from tests.sandbox_client import Json, Sandbox
from tests.walk.installation import Installation, Walked
from tests.walk.table import Course

_SUBJECTS = {
    "Authorisation to renew": "ending",
    "Authorisations to renew": "ending",
    "Authorisation ended": "expired",
    "Authorisations ended": "expired",
    "Authorisation withdrawn": "revoked",
    "Authorisations withdrawn": "revoked",
    "The marketplace refuses us": "refused",
}
# One begins so many days after the one before: no day is everybody's. An organisation's second one, after its first.
_APART = 2
_BESIDE_AFTER = 10
_SAID_EVERY = 30


@dataclass(frozen=True)
class Outcome:
    connections: int
    mails: int
    differences: Sequence[str]


async def walk(
    courses: Sequence[Course],
    days: int,
    server: DatabaseServer,
    sandbox: Sandbox,
    *,
    lasts_days: int = 365,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """
    Two installations side by side: one where what works at its end goes on, one where it stops.

    `lasts_days`: how long a consent is good for. `say` is told how far it came.
    """
    await sandbox.app(
        APP["application_id"],
        APP["client_id"],
        [APP["client_secret"]],
        redirect_uris=[f"{PUBLIC_URL}/connections/amazon/callback"],
        draft=False,
    )
    await sandbox.forget_mails()
    queue = [course for course in courses for _ in range(course.times)]
    mails, differences = 0, list[str]()
    async with (
        _installed(server, sandbox, lasts_days, stops=False) as goes_on,
        _installed(server, sandbox, lasts_days, stops=True) as stopping,
    ):
        both = (goes_on, stopping)
        for day in range(days):
            if day % _APART == 0 and queue:
                course = queue.pop(0)
                await both[course.stops].join(course, await both[course.stops].visitor(), day)
            came = await _day(both, day, sandbox)
            walked = [one for installation in both for one in installation.walked]
            mails += len(came)
            differences += [f"day {day}: {each}" for each in _differences(walked, came, day)]
            if day % _SAID_EVERY == 0:
                say(f"day {day} of {days}: {len(walked)} connections, {mails:,} mails so far")
    return Outcome(len(walked), mails, differences)


async def _day(both: Sequence[Installation], day: int, sandbox: Sandbox) -> list[Json]:
    """The mails of the day; then it is the next one."""
    for installation in both:
        await _join_beside(installation, day)
        await installation.day(day)
    came = await sandbox.mails()
    await sandbox.forget_mails()
    await sandbox.advance(timedelta(days=1).total_seconds())
    for installation in both:
        installation.clock.turn(timedelta(days=day + 1))
    return came


async def _join_beside(installation: Installation, day: int) -> None:
    for first in [one for one in installation.walked if one.began == day - _BESIDE_AFTER]:
        if first.course.beside:
            await installation.join(first.course.beside, first.visitor, day, is_beside=True)


@asynccontextmanager
async def _installed(
    server: DatabaseServer, sandbox: Sandbox, lasts_days: int, *, stops: bool
) -> AsyncIterator[Installation]:
    """auth on a database of its own that lives by auth's clock, with the sandbox's mail server."""
    name = unique_name("walk")
    server.create(name)
    try:
        migrate("auth", server.url(name))
        prepare(server, name)
        settings = settings_for(
            server.url(name),
            sandbox.base_url,
            consent_lasts_days={"amazon": lasts_days},
            expired_goes_on=not stops,
            password_max_age_days=10_000,  # it is authorisations that grow old here
            second_factor="optional",
            smtp_host="127.0.0.1",
            smtp_port=await sandbox.mail_port(),
            smtp_security="none",
            mail_from="no-reply@passerelle.example",
        )
        clock = StandingClock()
        auth = run_auth(settings, sandbox, clock)

        @event.listens_for(auth.engine.sync_engine, "begin")
        def tell_the_time(connection: Any) -> None:
            now = clock.now().isoformat()
            if connection.info.get("told") != now:
                connection.exec_driver_sql("select set_config('virtual.now', $1, false)", (now,))
                connection.info["told"] = now

        try:
            yield Installation(auth, clock)
        finally:
            event.remove(auth.engine.sync_engine, "begin", tell_the_time)
            await auth.close()
    finally:
        server.drop(name)


def _differences(walked: Sequence[Walked], came: Sequence[Json], day: int) -> Iterator[str]:
    by_reader = defaultdict[str, list[tuple[str, int]]](list)
    for mail in came:
        by_reader[mail["to"][0]].append((_kind(mail), mail["text"].count("\r\n- ")))
    for one in walked:
        course, age = one.course, day - one.began
        state = course.states[max(since for since in course.states if since <= age)]
        events = list(course.events.get(age, ()))
        if (one.state, one.events) != (state, events):
            yield f"{course.name}, its day {age}: {one.state} {one.events}, not {state} {events}"
        if one.is_beside:
            continue
        mails = by_reader.pop(one.visitor.email, [])
        wanted = [course.mails[age]] if age in course.mails else []
        if mails != wanted:
            yield f"{course.name}, its day {age}: mails {mails}, not {wanted}"
    for reader, mails in by_reader.items():
        yield f"{reader} got {mails}, and is nobody of the table"


def _kind(mail: Json) -> str:
    subject = mail["headers"]["subject"]
    return next((kind for begins, kind in _SUBJECTS.items() if subject.startswith(begins)), subject)
