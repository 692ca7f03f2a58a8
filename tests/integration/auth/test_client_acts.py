"""A session alone makes no API client and no secret of one: either would outlive the session that was stolen."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from services.auth.domain.account import SignInRefused
from services.auth.usecases.actor import Actor
from services.auth.usecases.api_clients import Wish, make_api_client, make_secret
from services.auth.usecases.prove_password import Proven
from tests.authenticator import Authenticator
from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.posting import sent_to
from tests.integration.auth.test_api_clients import CLIENTS, READ, SHOWN, ask, hidden, make, token
from tests.integration.auth.test_passkeys import add
from tests.integration.auth.test_second_factor import set_up
from tests.integration.auth.test_secrets import ask_another, ways_to_end

WRONG = {"password": "Wrong horse battery 9"}
BEFORE = "This form was sent before"


async def both(visitor: Visitor, client_id: str, typed: Mapping[str, str]) -> list[tuple[int, bool]]:
    """What either form answers: the status, and whether a secret is shown."""
    answers = [await ask(visitor, READ, typed=typed), await ask_another(visitor, client_id, typed=typed)]
    return [(one.status_code, 'id="client-secret"' in one.text) for one in answers]


async def made(auth: Running) -> list[int]:
    """How many clients, secrets, and entries of either in the audit log there are."""
    counted = [
        await auth.rows(f"select count(*) as n from {what}")  # noqa: S608 - of this list
        for what in ("api_client", "api_client_secret", "audit where action like 'api_client%made'")
    ]
    return [rows[0].n for rows in counted]


@pytest.mark.abuse
@pytest.mark.parametrize("typed", [{}, {"password": ""}, WRONG], ids=["nothing", "an empty password", "a wrong one"])
async def test_a_session_alone_makes_neither(auth: Running, typed: dict[str, str]) -> None:
    """However young it is; both pages ask for the password. Seen red: a session was enough for each."""
    owner = await auth.visitor().sign_up()
    client_id, _, _ = await make(owner, READ)
    assert await both(owner, client_id, typed) == [(422, False)] * 2
    for path in (CLIENTS, f"{CLIENTS}/{client_id}"):
        assert 'name="password"' in (await owner.get(path)).text
    assert await made(auth) == [1, 1, 1]


@pytest.mark.abuse
async def test_an_app_is_asked_for_its_code(auth: Running) -> None:
    """Neither password nor code alone, no wrong code, and none that was used. Seen red: a session was enough."""
    owner = await auth.visitor().sign_up()
    client_id, _, _ = await make(owner, READ)
    app, codes = await set_up(auth, owner)
    for typed in (SHOWN, {"code": codes[0]}, WRONG | {"code": codes[0]}, SHOWN | {"code": "000000"}):
        assert await both(owner, client_id, typed) == [(422, False)] * 2, typed
        auth.clock.ahead += timedelta(minutes=15)
    assert await made(auth) == [1, 1, 1]
    auth.clock.ahead += timedelta(seconds=60)
    of_the_app = SHOWN | {"code": app.code()}
    assert await both(owner, client_id, of_the_app) == [(200, True), (422, False)]  # the first used it up
    assert (await ask_another(owner, client_id, typed=SHOWN | {"code": codes[0]})).status_code == 200
    assert (await ask(owner, READ, typed=SHOWN | {"code": codes[0]})).status_code == 422
    assert await made(auth) == [2, 3, 3]
    refused = [row.n for row in await auth.rows("select count(*) as n from audit where action like '%code_refused'")]
    assert refused != [0]


@pytest.mark.abuse
async def test_who_guesses_in_a_session_locks_its_acts(auth: Running) -> None:
    """The lock of every other act; both forms count, and say for how long to wait."""
    thief = await auth.visitor().sign_up()
    client_id, _, _ = await make(thief, READ)
    statuses = []
    for _ in range(5):
        statuses += [status for status, _ in await both(thief, client_id, WRONG)]
        auth.clock.ahead += timedelta(minutes=4)
    assert statuses == [422] * 10
    for locked in (await ask(thief, READ), await ask_another(thief, client_id)):
        assert (locked.status_code, int(locked.headers["retry-after"]) > 0) == (429, True)
    assert await made(auth) == [1, 1, 1]
    (row,) = await auth.rows("select count(*) as n from audit where action like '%sign_in_refused'")
    assert row.n == 10


@pytest.mark.abuse
async def test_who_has_a_passkey_alone_signs_in_again(auth: Running) -> None:
    """More than ten minutes later both pages say so, and lead back."""
    owner = await auth.visitor().sign_up()
    client_id, _, _ = await make(owner, READ)
    forms = [await hidden(owner, path) for path in (CLIENTS, f"{CLIENTS}/{client_id}")]
    assert (await add(owner, Authenticator())).status_code == 200
    auth.clock.ahead += timedelta(minutes=10)
    client = {"name": "ERP", "scopes": READ}
    late = [
        await owner.post(CLIENTS, **forms[0], **client, **SHOWN),
        await owner.post(f"{CLIENTS}/{client_id}/secrets", **forms[1], **SHOWN),
    ]
    assert [one.status_code for one in late] == [403, 403]
    for page, here in zip(late, (CLIENTS, f"{CLIENTS}/{client_id}"), strict=True):
        assert f'name="next" value="{here}"' in page.text
        assert 'name="password"' not in page.text
    assert await made(auth) == [1, 1, 1]


async def test_taking_access_away_asks_nothing(auth: Running) -> None:
    """A secret is ended and a client revoked by a session, as whoever must do it must not look for a code first."""
    owner = await auth.visitor().sign_up()
    client_id, secret, _ = await make(owner, READ)
    path = f"{CLIENTS}/{client_id}"
    (end,) = await ways_to_end(owner, client_id)
    assert (await owner.submit(end, page=path)).status_code == 303
    assert (await token(auth, client_id, secret)).status_code == 401
    assert (await owner.submit(f"{path}/revoke", page=path)).status_code == 303


async def test_what_was_filled_in_is_kept(auth: Running) -> None:
    """Name and scopes, not the password; each wrong thing is said at its field, what is typed wrong before the rest."""
    owner = await auth.visitor().sign_up()
    page = (await ask(owner, READ, "orders.orders:read", name="Our OMS", typed=WRONG)).text
    assert ('value="Our OMS"' in page, WRONG["password"] in page) == (True, False)
    assert len(re.findall(r'name="scopes" value="[^"]+" checked', page)) == 2
    assert ('href="#password"' in page, 'id="password-error"' in page) == (True, True)
    _, codes = await set_up(auth, owner)
    page = (await ask(owner, READ, name=" ", typed=SHOWN | {"code": codes[0]})).text
    assert ('href="#name"' in page, 'href="#code"' in page) == (True, False)
    assert len(await auth.rows("select 1 from recovery_code")) == 10  # what does not fit uses up no code
    page = (await ask(owner, READ, typed=SHOWN | {"code": "nothing"})).text
    assert ('href="#code"' in page, 'id="code-error"' in page) == (True, True)


async def test_a_form_sent_again_makes_nothing_more(auth: Running) -> None:
    """Reloaded, or sent twice at once: the page says so, and shows no secret. Seen red: each made another one."""
    owner = await auth.visitor().sign_up()
    form = {**await hidden(owner, CLIENTS), "name": "ERP", "scopes": READ, **SHOWN}
    answers = await asyncio.gather(*(owner.post(CLIENTS, **form) for _ in range(3)))
    assert sorted(one.status_code for one in answers) == [200, 409, 409]
    again = await owner.post(CLIENTS, **form)
    assert (again.status_code, BEFORE in again.text, 'id="client-secret"' in again.text) == (409, True, False)
    (client_id,) = set(re.findall(rf"{CLIENTS}/([^/\"]+)/revoke", again.text))
    path = f"{CLIENTS}/{client_id}"
    (end,) = await ways_to_end(owner, client_id)
    await owner.submit(end, page=path)  # so that there is room for a second one
    form = await hidden(owner, path) | SHOWN
    answers = await asyncio.gather(*(owner.post(f"{path}/secrets", **form) for _ in range(3)))
    assert sorted(one.status_code for one in answers) == [200, 409, 409]
    assert BEFORE in (await owner.post(f"{path}/secrets", **form)).text
    assert await made(auth) == [1, 2, 2]


@pytest.mark.abuse
async def test_a_form_of_elsewhere_names_nothing_here(auth: Running) -> None:
    """The same value in the form of another organisation, or of another client, makes one of its own."""
    ours, theirs = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    typed = SHOWN | {"once": "the same"}
    pages = [await ask(one, READ, typed=typed) for one in (ours, theirs)]
    found = [dict(re.findall(r'id="client-(id|secret)">([^<]+)<', page.text)) for page in pages]
    assert len({one["id"] for one in found}) == 2
    other, _, _ = await make(ours, READ)
    for client_id in (found[0]["id"], other):
        assert (await ask_another(ours, client_id, typed=typed)).status_code == 200
    assert (await token(auth, found[0]["id"], found[0]["secret"])).status_code == 200
    assert await made(auth) == [3, 5, 5]


async def test_what_a_form_answers_has_a_page_at_its_address(auth: Running) -> None:
    """In another language, or loaded again: with the form, and no secret. Seen red for the secret's: none was there."""
    owner = await auth.visitor().sign_up()
    client_id, _, page = await make(owner, READ)
    for answer in (page, await ask_another(owner, client_id), await ask_another(owner, client_id, typed=WRONG)):
        (here,) = re.findall(r'href="([^"]+)\?language=fr"', answer.text)
        shown = await owner.get(f"{here}?language=fr")
        assert (shown.status_code, 'lang="fr"' in shown.text, "client-secret" in shown.text) == (200, True, False)


@pytest.mark.abuse
async def test_a_password_changed_after_it_was_shown_makes_nothing(auth: Running) -> None:
    """The act itself holds what was shown against the newest state. Seen red without that."""
    owner = await auth.visitor().sign_up()
    client_id, _, _ = await make(owner, READ)
    held = auth.held
    async with held.uow() as store:
        account = await store.accounts.by_email(owner.email)
    assert account is not None
    by: dict[str, Any] = {"shown": Proven(replace(account, password_hash="of before"), None)}
    by |= {"clock": held.clock, "new_secret": held.new_secret}
    who, wish = Actor(account.organisation_id, account.id), Wish("ERP", frozenset({READ}), "once")
    for act in (partial(make_api_client, wish, who, **by), partial(make_secret, client_id, "once", who, **by)):
        with pytest.raises(SignInRefused):
            async with held.uow() as store:
                await act(store=store)
    assert await made(auth) == [1, 1, 1]


async def test_whose_account_made_one_is_told_by_mail(mailing: Running) -> None:
    """Of a client, and of another secret of it; of nothing that was refused. Seen red: no mail told of either."""
    owner = await mailing.visitor().sign_up()
    client_id, secret, _ = await make(owner, READ)
    (told,) = await sent_to(mailing, owner.email)
    assert told["headers"]["subject"] == "A program was let in with your account"
    assert f"{mailing.held.public_url}/signin/forgotten" in told["text"]
    assert secret not in told["text"]
    await ask_another(owner, client_id, typed=WRONG)
    assert len(await sent_to(mailing, owner.email)) == 1
    await ask_another(owner, client_id)
    assert len(await sent_to(mailing, owner.email)) == 2
