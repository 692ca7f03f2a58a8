"""New recovery codes, for whoever lost or never saw theirs: with what an act asks for, in the place of the former."""

import re
from datetime import timedelta

import httpx
import pytest

from tests.authenticator import Authenticator
from tests.integration.auth.conftest import PASSWORD, Running, Visitor
from tests.integration.auth.posting import sent_to
from tests.integration.auth.test_passkeys import add
from tests.integration.auth.test_second_factor import FACTOR, enter, set_up, sign_in

ACCOUNT = "/settings/account"
RECOVERY = "/settings/account/recovery-codes"


async def renew(visitor: Visitor, **typed: str) -> httpx.Response:
    return await visitor.submit(RECOVERY, page=RECOVERY, **typed)


def codes_of(answer: httpx.Response) -> list[str]:
    return re.findall(r"<li><code>([0-9a-f-]{23})</code></li>", answer.text)


async def signs_in(auth: Running, owner: Visitor, code: str) -> bool:
    visitor = auth.visitor()
    await sign_in(visitor, owner.email)
    return (await enter(visitor, code)).status_code == 303


@pytest.mark.abuse
async def test_new_recovery_codes_take_password_and_code(mailing: Running) -> None:
    """
    Neither is enough alone; the former end, the log and a mail tell of it, the page counts what is left. Seen red
    without the page (404), and with the former left.
    """
    owner = await mailing.visitor().sign_up()
    app, former = await set_up(mailing, owner)
    for typed in ({}, {"password": PASSWORD}, {"code": former[0]}, {"password": "wrong", "code": former[0]}):
        refused = await renew(owner, **typed)
        assert (refused.status_code, codes_of(refused)) == (422, []), typed
    assert await signs_in(mailing, owner, former[1])
    assert "Recovery codes left: 9" in (await owner.get(RECOVERY)).text
    made = await renew(owner, password=PASSWORD, code=app.code(30))
    new = codes_of(made)
    assert (made.status_code, len(set(new) - set(former)), "Keep these codes now" in made.text) == (200, 10, True)
    assert [await signs_in(mailing, owner, code) for code in (former[2], new[0])] == [False, True]
    assert "Recovery codes left: 9" in (await owner.get(ACCOUNT)).text
    assert new[1] not in await mailing.kept("recovery_code")
    told = "select reason, session_id from audit where action = 'account.recovery_codes_made'"
    assert [(row.reason, row.session_id is not None) for row in await mailing.rows(told)] == [(None, True)]
    *_, mail = await sent_to(mailing, owner.email)
    assert mail["headers"]["subject"] == "New recovery codes were made for your account"


async def test_pressed_twice_the_last_codes_are_the_good_ones(auth: Running) -> None:
    """
    What the second answer shows, as the browser does. Where a code of the app was asked for, that is used up: the page
    asks for the next one, and makes others.
    """
    owner, with_app = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    assert (await add(owner, Authenticator())).status_code == 200
    first, second = [codes_of(await renew(owner, password=PASSWORD)) for _ in range(2)]
    assert [await signs_in(auth, owner, codes[0]) for codes in (first, second)] == [False, True]
    app, _ = await set_up(auth, with_app)
    unseen, again = [await renew(with_app, password=PASSWORD, code=app.code(30)) for _ in range(2)]
    assert (unseen.status_code, again.status_code, "make them again" in again.text) == (200, 422, True)
    auth.clock.ahead += timedelta(seconds=60)
    seen = codes_of(await renew(with_app, password=PASSWORD, code=app.code()))
    assert [await signs_in(auth, with_app, code) for code in (codes_of(unseen)[0], seen[0])] == [False, True]


async def test_who_confirms_an_app_twice_is_led_to_the_codes(auth: Running) -> None:
    """The first answer, which alone has them, may be lost: the second says so. Seen red: it led to the account."""
    owner = await auth.visitor().sign_up()
    app, _ = await set_up(auth, owner)
    again = await owner.submit(FACTOR, page=FACTOR, code=app.code())
    assert again.headers["location"] == RECOVERY
    page = (await owner.get(RECOVERY)).text
    assert ("Recovery codes left: 10" in page, "shown once" in page) == (True, True)
    for page in (ACCOUNT, FACTOR):
        assert f'href="{RECOVERY}"' in (await owner.get(page)).text
    assert "Codes de secours restants" in (await owner.get(f"{RECOVERY}?language=fr")).text


async def test_without_a_second_factor_there_are_no_recovery_codes(auth: Running) -> None:
    """Neither page nor form; beside a passkey alone, both."""
    owner = await auth.visitor().sign_up()
    assert (await owner.get(RECOVERY)).headers["location"] == ACCOUNT
    assert (await owner.submit(RECOVERY, page=ACCOUNT, password=PASSWORD)).headers["location"] == ACCOUNT
    assert f'href="{RECOVERY}"' not in (await owner.get(ACCOUNT)).text
    assert await auth.rows("select 1 from recovery_code") == []
    assert (await add(owner, Authenticator())).status_code == 200
    assert f'href="{RECOVERY}"' in (await owner.get(ACCOUNT)).text
    auth.clock.ahead += timedelta(minutes=10)
    assert (await renew(owner, password=PASSWORD)).status_code == 403
    assert "show your passkey, or a recovery code, once more" in (await owner.get(RECOVERY)).text
