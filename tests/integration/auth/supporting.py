"""Support staff of the operator, and what they do on their pages."""

from datetime import timedelta

import httpx

from tests.integration.auth.conftest import APP, Running, Visitor
from tests.integration.auth.operating import Operate
from tests.integration.auth.test_second_factor import App, enter, set_up, sign_in

SUPPORT = "/support"
SECRETS = f"{SUPPORT}/secrets"
REASON = "Ticket 4711: no orders since Monday"


async def granted(auth: Running, operate: Operate) -> Visitor:
    """Somebody whom the operator made support staff, without a second factor yet."""
    person = await auth.visitor().sign_up()
    assert await operate("support", "grant", person.email) == (0, "done\n")
    return person


async def staff(auth: Running, operate: Operate) -> Visitor:
    """The same, signed in with a second factor."""
    person = await granted(auth, operate)
    app, _ = await set_up(auth, person)
    return await signed_in(auth, person, app)


async def signed_in(auth: Running, person: Visitor, app: App) -> Visitor:
    """Another browser of theirs, with a code of the app."""
    visitor = auth.visitor()
    await sign_in(visitor, person.email)
    assert (await enter(visitor, app.code(30))).status_code == 303
    visitor.email = person.email
    return visitor


async def search(person: Visitor, asked: str) -> httpx.Response:
    return await person.submit(SUPPORT, page=SUPPORT, asked=asked)


async def give_reason(person: Visitor, organisation_id: str, reason: str = REASON) -> httpx.Response:
    page = f"{address(organisation_id)}/reason"
    return await person.submit(page, page=SUPPORT, reason=reason)


async def look(person: Visitor, organisation_id: str) -> str:
    """The page of an organisation, for a reason."""
    given = await give_reason(person, organisation_id)
    assert (given.status_code, given.headers["location"]) == (303, address(organisation_id)), given.text
    shown = await person.get(address(organisation_id))
    assert shown.status_code == 200
    return shown.text


def address(organisation_id: str) -> str:
    return f"{SUPPORT}/organisations/{organisation_id}"


async def organisation_of(auth: Running, visitor: Visitor) -> str:
    (row,) = await auth.rows("select organisation_id from account where email = :email", email=visitor.email)
    return str(row.organisation_id)


async def granted_secrets(auth: Running, operate: Operate) -> tuple[Visitor, App]:
    """Staff who may keep client secrets of ours, signed in with a code of their app, which gives the next ones."""
    person = await auth.visitor().sign_up()
    assert await operate("support", "grant", "--secrets", person.email) == (0, "done\n")
    app, _ = await set_up(auth, person)
    return await signed_in(auth, person, app), app


async def keep(person: Visitor, secret: str, **fields: str) -> httpx.Response:
    asked = {"client": APP["client_id"], "client_secret": secret} | fields
    return await person.submit(f"{SECRETS}/keep", page=SUPPORT, **asked)


async def ask(person: Visitor, **fields: str) -> httpx.Response:
    return await person.submit(f"{SECRETS}/ask", page=SUPPORT, **({"client": APP["client_id"]} | fields))


def next_code(auth: Running, app: App) -> str:
    """One that was not used yet: the clock goes on by a step."""
    auth.clock.ahead += timedelta(seconds=30)
    return app.code(30)
