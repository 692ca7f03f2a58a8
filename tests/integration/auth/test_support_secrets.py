"""Support's page of our client secrets: each outcome of keeping one and of asking for another, and who may."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from services.auth.secrets_bootstrap import SECRET
from services.auth.usecases.client_secrets import keep_given_secrets
from tests.integration.auth.conftest import Visitor
from tests.integration.auth.operating import Operate, operating
from tests.integration.auth.rotating import CLIENT, ROTATE, Rotating, register, rotating, service
from tests.integration.auth.supporting import (
    SECRETS,
    ask,
    granted_secrets,
    keep,
    next_code,
    organisation_of,
    staff,
)
from tests.integration.auth.test_second_factor import App

__all__ = ["rotating", "service"]

NEW = "n3w-secret"


@pytest.fixture
def operate(rotating: Rotating, capsys: pytest.CaptureFixture[str]) -> Operate:
    return operating(rotating.auth, capsys)


@pytest.fixture
async def keeper(rotating: Rotating, operate: Operate) -> tuple[Visitor, App]:
    """Somebody who may; the worker has seen the first secret."""
    for client in rotating.keeper.clients.values():
        await keep_given_secrets(
            client, uow=rotating.keeper.uow, vault=rotating.keeper.vault, clock=rotating.auth.clock
        )
    return await granted_secrets(rotating.auth, operate)


async def account_of(rotating: Rotating, person: Visitor) -> Any:
    (row,) = await rotating.auth.rows("select id from account where email = :email", email=person.email)
    return row.id


async def test_the_operator_gives_and_takes_the_right(rotating: Rotating, operate: Operate) -> None:
    """To who is staff already, and to who becomes it; shown in the list; written down where they are members."""
    person, other = await rotating.auth.visitor().sign_up(), await rotating.auth.visitor().sign_up()
    assert await operate("support", "grant", person.email) == (0, "done\n")
    status, said = await operate("support", "revoke", "--secrets", person.email)
    assert (status, said) == (1, "they are no support staff that may keep client secrets\n")
    for one in (person, other):
        assert await operate("support", "grant", "--secrets", one.email) == (0, "done\n")
    status, said = await operate("support", "grant", "--secrets", person.email)
    assert (status, said) == (1, "they may keep client secrets already\n")
    assert await operate("support", "revoke", "--secrets", person.email) == (0, "done\n")
    shown = json.loads((await operate("support", "list", "--json"))[1])
    assert [one["secrets"] for one in shown] == [False, True]
    assert "secrets" in (await operate("support", "list"))[1]
    done = "select action from audit where action like 'support.%' and organisation_id = :its order by id"
    told = [await rotating.auth.rows(done, its=await organisation_of(rotating.auth, one)) for one in (person, other)]
    given, taken = "support.secrets_granted", "support.secrets_revoked"
    assert [[row.action for row in rows] for rows in told] == [
        ["support.granted", given, taken],
        ["support.granted", given],
    ]
    assert await operate("support", "revoke", other.email) == (0, "done\n")
    assert await operate("support", "grant", other.email) == (0, "done\n")
    assert [one["secrets"] for one in json.loads((await operate("support", "list", "--json"))[1])] == [False, False]
    page = (await person.get("/settings/audit?language=fr")).text
    assert "Autorisé à enregistrer les secrets" in page


async def test_a_secret_is_tried_and_kept(rotating: Rotating, keeper: tuple[Visitor, App]) -> None:
    """
    Refused, and nothing is kept; known there, and it is the newest beside the one before, said once, written down with
    the account; known here already. No page and no log has it. Seen red untried, and with the account left out.
    """
    (person, app), auth = keeper, rotating.auth
    with capture_logs() as logs:
        refused = await keep(person, NEW, code=next_code(auth, app), ends="2099-01-01")
        assert (refused.status_code, "The marketplace refuses it" in refused.text) == (409, True)
        assert ('aria-invalid="true"' in refused.text, 'value="2099-01-01"' in refused.text) == (True, True)
        assert len(await rotating.secrets()) == 1
        await register(auth.sandbox, rotating.queue_url, NEW)
        kept = await keep(person, NEW, code=next_code(auth, app), ends="2099-01-01")
        assert (kept.status_code, kept.headers["location"]) == (303, f"{SECRETS}?done=kept")
        known = await keep(person, NEW, code=next_code(auth, app))
        assert (known.status_code, "It is known already" in known.text) == (409, True)
    page = await person.get(kept.headers["location"])
    assert ("The secret was kept" in page.text, "The one before, still good" in page.text) == (True, True)
    assert "The secret was kept" not in (await person.get(SECRETS)).text
    newest, _ = await rotating.secrets()
    assert (newest.ends_at.year, newest.end_is_told) == (2099, True)
    account = await account_of(rotating, person)
    (entry,) = await auth.rows("select * from audit where action = 'our_client.secret_kept' and reason = 'support'")
    assert (entry.account_id, entry.organisation_id, entry.after) == (account, None, CLIENT)
    told = [one for one in logs if one["event"].startswith("client_secret.")]
    assert [(one["user_id"], one.get("reason")) for one in told] == [
        (str(account), "refused"),
        (str(account), None),
        (str(account), "known"),
    ]
    pages = refused.text + known.text + page.text
    assert (NEW in str(logs), NEW in pages, person.email in str(told)) == (False, False, False)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"client_secret": ""}, "one word"),
        ({"client_secret": "two words"}, "one word"),
        ({"client_secret": "s" * 513}, "one word"),
        ({"ends": "tomorrow"}, "Enter a day such as"),
        ({"ends": "2026-01-01"}, "over by that day"),
    ],
)
async def test_what_is_typed_wrong_is_said_beside_its_field(
    rotating: Rotating, keeper: tuple[Visitor, App], fields: dict[str, str], said: str
) -> None:
    """No code is used up by it, and the marketplace is not asked."""
    (person, app), auth = keeper, rotating.auth
    before, code = (await auth.sandbox.calls("amazon.token"))["count"], next_code(auth, app)
    wrong = await keep(person, NEW, **({"code": code} | fields))
    assert (wrong.status_code, said in wrong.text, 'aria-invalid="true"' in wrong.text) == (422, True, True)
    assert (await auth.sandbox.calls("amazon.token"))["count"] == before
    await register(auth.sandbox, rotating.queue_url, NEW)
    assert (await keep(person, NEW, code=code)).status_code == 303


async def test_a_marketplace_that_is_away_loses_nothing(rotating: Rotating, keeper: tuple[Visitor, App]) -> None:
    """Neither trying nor asking: a sentence, nothing kept, nothing asked; the same again does it."""
    (person, app), auth = keeper, rotating.auth
    await register(auth.sandbox, rotating.queue_url, NEW)
    await auth.sandbox.fault("amazon.token", "server_error")
    away = await keep(person, NEW, code=next_code(auth, app))
    assert (away.status_code, "nothing was kept" in away.text, NEW in away.text) == (503, True, False)
    assert len(await rotating.secrets()) == 1
    await auth.sandbox.clear_faults()
    assert (await keep(person, NEW, code=next_code(auth, app))).status_code == 303
    await auth.sandbox.fault(ROTATE, "throttle", times=1)
    away = await ask(person, code=next_code(auth, app))
    assert (away.status_code, "could not be asked just now" in away.text) == (503, True)
    assert (await ask(person, code=next_code(auth, app))).status_code == 303


async def test_another_is_asked_for_once_a_day(rotating: Rotating, keeper: tuple[Visitor, App]) -> None:
    """Said once, written down with the account; again within a day, or while somebody else asks: a sentence."""
    (person, app), auth = keeper, rotating.auth
    (secret,) = await rotating.secrets()
    async with rotating.keeper.leases.lease_of(SECRET, secret.id):
        busy = await ask(person, code=next_code(auth, app))
    assert (busy.status_code, "is being asked for now" in busy.text, await rotating.asked()) == (409, True, 0)
    with capture_logs() as logs:
        asked = await ask(person, code=next_code(auth, app))
    account = await account_of(rotating, person)
    assert [one["user_id"] for one in logs if one["event"] == "client_secret.asked"] == [str(account)]
    assert (asked.status_code, asked.headers["location"]) == (303, f"{SECRETS}?done=asked")
    assert "Another secret was asked for" in (await person.get(asked.headers["location"])).text
    again = await ask(person, code=next_code(auth, app))
    assert (again.status_code, "within a day" in again.text, await rotating.asked()) == (409, True, 1)
    (entry,) = await auth.rows("select * from audit where action = 'our_client.secret_asked'")
    assert (entry.account_id, entry.reason) == (account, "support")


@dataclass
class Stolen:
    """Leases that somebody else has taken over by the time they are used."""

    rotating: Rotating

    @asynccontextmanager
    async def lease_of(self, kind: str, subject: UUID) -> AsyncIterator[Any]:
        async with self.rotating.keeper.leases.lease_of(kind, subject) as lease:
            await self.rotating.auth.rows("delete from lease")
            yield lease


async def test_a_lease_that_is_lost_asks_nothing(rotating: Rotating, keeper: tuple[Visitor, App]) -> None:
    """A sentence; the same again asks, as nothing says that it was asked."""
    (person, app), auth = keeper, rotating.auth
    stolen = replace(rotating.keeper, leases=Stolen(rotating))
    auth.app.state.auth = replace(auth.held, client_secrets=stolen)
    lost = await ask(person, code=next_code(auth, app))
    auth.app.state.auth = auth.held
    assert (lost.status_code, "could not be asked just now" in lost.text, await rotating.asked()) == (503, True, 0)
    assert (await ask(person, code=next_code(auth, app))).status_code == 303


async def test_what_may_have_been_asked_is_said_so(rotating: Rotating, keeper: tuple[Visitor, App]) -> None:
    """Without an answer it is not asked again within a day, and the page says that it may come; a no is said, too."""
    (person, app), auth = keeper, rotating.auth
    await auth.sandbox.fault(ROTATE, "timeout_after_effect", times=1, seconds=0.1)
    unknown = await ask(person, code=next_code(auth, app))
    assert (unknown.status_code, "may come all the same" in unknown.text) == (503, True)
    assert (await ask(person, code=next_code(auth, app))).status_code == 409
    assert await rotating.asked() == 1
    await auth.rows("update client_secret set asked_at = null")
    await register(auth.sandbox, "")
    refused = await ask(person, code=next_code(auth, app))
    assert (refused.status_code, "The marketplace said no (not_enrolled)" in refused.text) == (502, True)


@pytest.mark.abuse
async def test_without_the_right_there_is_the_calendar_alone(rotating: Rotating, operate: Operate) -> None:
    """
    Other staff see it without a form, and are refused by a sentence, from the very moment the right is taken; for
    everybody else there is nothing. Seen red with the right not asked for.
    """
    auth = rotating.auth
    await register(auth.sandbox, rotating.queue_url, NEW)
    owner, colleague = await auth.visitor().sign_up(), await staff(auth, operate)
    page = (await colleague.get(SECRETS)).text
    assert ("By the queue" in page, f'action="{SECRETS}' in page) == (True, False)
    person, app = await granted_secrets(auth, operate)
    assert f'action="{SECRETS}/keep"' in (await person.get(SECRETS)).text
    assert await operate("support", "revoke", "--secrets", person.email) == (0, "done\n")
    assert f'action="{SECRETS}' not in (await person.get(SECRETS)).text
    for one in (colleague, person):
        for refused in (await keep(one, NEW, code=next_code(auth, app)), await ask(one, code=app.code(30))):
            assert (refused.status_code, "support grant --secrets" in refused.text) == (403, True)
    for refused in (await keep(owner, NEW), await ask(owner)):
        assert refused.status_code == 404
    assert await operate("support", "grant", "--secrets", owner.email) == (0, "done\n")
    for refused in (await keep(owner, NEW), await ask(owner)):
        assert (refused.status_code, "needs a second factor" in refused.text) == (403, True)
    forged = await person.post(f"{SECRETS}/keep", csrf_token="forged", client=CLIENT, client_secret=NEW)
    assert forged.status_code == 403
    assert (await rotating.secrets(), await rotating.asked()) == ([], 0)
