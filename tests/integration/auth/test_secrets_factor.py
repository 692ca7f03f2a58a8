"""Support's page of our client secrets asks for the second factor at the act: which is taken, and which is not."""

from datetime import timedelta

import pytest

from tests.authenticator import Authenticator
from tests.integration.auth.conftest import APP, PUBLIC_URL, Running, Visitor
from tests.integration.auth.operating import Operate, operating
from tests.integration.auth.supporting import SECRETS, SUPPORT, ask, granted_secrets, keep, next_code, signed_in
from tests.integration.auth.test_passkeys import ALONE, add, begun, use
from tests.integration.auth.test_second_factor import set_up

NEW = "n3w-secret"


@pytest.fixture
async def operate(auth: Running, capsys: pytest.CaptureFixture[str]) -> Operate:
    """The operator's commands; the new secret is known at the marketplace."""
    await auth.sandbox.app(
        APP["application_id"],
        APP["client_id"],
        [APP["client_secret"], NEW],
        redirect_uris=[f"{PUBLIC_URL}/connections/amazon/callback"],
    )
    return operating(auth, capsys)


async def kept(auth: Running) -> int:
    return len(await auth.rows("select 1 from audit where action = 'our_client.secret_kept' and reason = 'support'"))


@pytest.mark.abuse
async def test_a_code_is_asked_for_at_the_act(auth: Running, operate: Operate) -> None:
    """
    None, a wrong one, that of the sign-in, one that was used: refused, and nothing is kept, with a young session too. A
    good one, and a recovery code, each once. Seen red with the code not taken.
    """
    person, app = await granted_secrets(auth, operate)
    for code in ("", "000000", "nonsense", app.code(30)):
        refused = await keep(person, NEW, code=code)
        assert (refused.status_code, "not the code of now" in refused.text, NEW in refused.text) == (422, True, False)
    assert await kept(auth) == 0
    code = next_code(auth, app)
    assert (await keep(person, NEW, code=code)).status_code == 303
    assert (await keep(person, "other", code=code)).status_code == 422
    assert await kept(auth) == 1


async def test_a_recovery_code_is_good_once(auth: Running, operate: Operate) -> None:
    """For whoever has lost the app since they signed in; the audit log says that one was used."""
    person = await auth.visitor().sign_up()
    assert await operate("support", "grant", "--secrets", person.email) == (0, "done\n")
    app, codes = await set_up(auth, person)
    person = await signed_in(auth, person, app)
    assert (await keep(person, NEW, code=codes[0])).status_code == 303
    assert (await keep(person, "other", code=codes[0])).status_code == 422
    assert len(await auth.rows("select 1 from audit where action = 'account.recovery_code_used'")) == 1


@pytest.mark.abuse
async def test_codes_are_not_guessed(auth: Running, operate: Operate) -> None:
    """Counted with those of sign-ins: after five wrong ones the right one is refused, too. Seen red uncounted."""
    person, app = await granted_secrets(auth, operate)
    for number in range(5):
        wrong = await (keep(person, NEW, code="000000") if number % 2 else ask(person, code="000000"))
        assert wrong.status_code == 422
    refused = await keep(person, NEW, code=next_code(auth, app))
    assert (refused.status_code, "retry-after" in refused.headers, await kept(auth)) == (429, True, 0)


async def with_passkey(auth: Running, operate: Operate) -> tuple[Visitor, Authenticator]:
    """Somebody who may, and has a passkey alone, by which they have just signed in."""
    owner, phone = await auth.visitor().sign_up(), Authenticator()
    assert await operate("support", "grant", "--secrets", owner.email) == (0, "done\n")
    assert (await add(owner, phone)).status_code == 200
    person = auth.visitor()
    await begun(person, ALONE, "/signin")
    assert (await use(person, ALONE, phone)).status_code == 303
    person.email = owner.email
    return person, phone


@pytest.mark.abuse
async def test_a_passkey_is_shown_by_signing_in_again(auth: Running, operate: Operate) -> None:
    """
    Without an app: for ten minutes after the sign-in no code is asked for; then the page says what to do, a form that
    was open is refused, and the way out leads back. Seen red with the session's begin not looked at.
    """
    person, phone = await with_passkey(auth, operate)
    page = (await person.get(SECRETS)).text
    assert ("no code is asked for" in page, 'name="code"' in page) == (True, False)
    auth.clock.ahead += timedelta(minutes=9)
    assert (await keep(person, NEW)).status_code == 303
    auth.clock.ahead += timedelta(minutes=1)
    page = (await person.get(SECRETS)).text
    assert ("sign out, and in again with it" in page, f'action="{SECRETS}' in page) == (True, False)
    for refused in (await keep(person, "other"), await ask(person)):
        assert (refused.status_code, "more than ten minutes ago" in refused.text) == (403, True)
    left = await person.submit("/signout", page=SUPPORT, next=SECRETS)
    assert left.headers["location"] == "/signin?next=%2Fsupport%2Fsecrets"
    assert (await use(person, ALONE, phone)).status_code == 303
    known = await keep(person, NEW)
    assert (known.status_code, "It is known already" in known.text) == (409, True)


@pytest.mark.abuse
async def test_an_app_set_up_in_this_session_proves_nothing(auth: Running, operate: Operate) -> None:
    """Of staff a sign-in with it is wanted first: its codes count from the next one on. Seen red."""
    person, _ = await with_passkey(auth, operate)
    app, codes = await set_up(auth, person)
    auth.clock.ahead += timedelta(minutes=10)
    for code in (app.code(), codes[0]):
        assert (await keep(person, NEW, code=code)).status_code == 403
    assert await kept(auth) == 0
    again = await signed_in(auth, person, app)
    assert (await keep(again, NEW, code=next_code(auth, app))).status_code == 303


@pytest.mark.abuse
async def test_a_passkey_of_just_now_stands_for_no_code_of_an_app(auth: Running, operate: Operate) -> None:
    """On one's own account it does; here who had an app when the session began shows a code of it. Seen red."""
    person, phone = await with_passkey(auth, operate)
    _, codes = await set_up(auth, person)
    again = auth.visitor()
    await begun(again, ALONE, "/signin")
    assert (await use(again, ALONE, phone)).status_code == 303
    assert 'name="code"' in (await again.get(SECRETS)).text
    assert ((await keep(again, NEW)).status_code, await kept(auth)) == (422, 0)
    assert ((await keep(again, NEW, code=codes[0])).status_code, await kept(auth)) == (303, 1)


@pytest.mark.abuse
async def test_what_another_provider_asked_for_is_not_enough(auth: Running, operate: Operate) -> None:
    """It may have asked long before: the page says what to set up here, however young the session is."""
    person = await auth.visitor().sign_up()
    assert await operate("support", "grant", "--secrets", person.email) == (0, "done\n")
    await auth.rows("update session set two_factors = true")
    page = (await person.get(SECRETS)).text
    assert ("What another provider asked you for does not count" in page, f'action="{SECRETS}' in page) == (True, False)
    assert ((await keep(person, NEW)).status_code, await kept(auth)) == (403, 0)


async def test_without_a_queue_there_is_no_form_to_ask(auth: Running, operate: Operate) -> None:
    """Each application has its form. Posted by hand it is refused; one that is none of ours is nowhere."""
    person, app = await granted_secrets(auth, operate)
    page = (await person.get(f"{SECRETS}?language=fr")).text
    assert (f'action="{SECRETS}/ask"' in page, page.count(f'action="{SECRETS}/keep"')) == (False, 3)
    assert "codes de secours" in page
    refused = await ask(person, code=next_code(auth, app))
    assert (refused.status_code, "pas de file" in refused.text) == (409, True)
    for client in ("nobodys", ""):
        assert (await keep(person, NEW, client=client)).status_code == 404
        assert (await ask(person, client=client)).status_code == 404
