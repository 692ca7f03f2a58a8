"""What an act on one's own account asks for beside the session, so that whoever steals that gains nothing for good."""

import re
from datetime import timedelta

import httpx
import pytest

from tests.authenticator import Authenticator
from tests.integration.auth.conftest import PASSWORD, Running, Visitor
from tests.integration.auth.posting import sent_to
from tests.integration.auth.test_passkeys import ALONE, PASSKEYS, add, begun, use
from tests.integration.auth.test_passwords import another
from tests.integration.auth.test_second_factor import FACTOR, App, enter, set_up, sign_in

ACCOUNT = "/settings/account"
WRONG = "Wrong horse battery 9"


async def begin(visitor: Visitor, **typed: str) -> httpx.Response:
    return await visitor.submit(f"{FACTOR}/begin", page=FACTOR, **typed)


async def remove(visitor: Visitor, **typed: str) -> httpx.Response:
    return await visitor.submit(f"{FACTOR}/remove", page=FACTOR, **typed)


async def begin_passkey(visitor: Visitor, **typed: str) -> httpx.Response:
    return await visitor.submit(f"{PASSKEYS}/begin", page=PASSKEYS, name="Mine", **typed)


async def change(visitor: Visitor, **typed: str) -> httpx.Response:
    return await visitor.submit(f"{ACCOUNT}/password", page=ACCOUNT, new_password=another(1), **typed)


async def remove_passkey(auth: Running, visitor: Visitor, **typed: str) -> httpx.Response:
    (row,) = await auth.rows("select id from passkey")
    path = f"{PASSKEYS}/{row.id}/remove"
    return await visitor.submit(path, page=path, **typed)


@pytest.mark.abuse
@pytest.mark.parametrize("typed", [{}, {"password": WRONG}], ids=["nothing", "a wrong password"])
async def test_a_session_alone_plants_no_factor(auth: Running, typed: dict[str, str]) -> None:
    """However young it is. Seen red for the app, which a session was enough for."""
    thief = await auth.visitor().sign_up()
    refused = await begin(thief, **typed)
    assert (refused.status_code, 'id="key"' in refused.text, 'href="#password"' in refused.text) == (422, False, True)
    assert (await begin_passkey(thief, **typed)).status_code == 422
    assert (await thief.submit(FACTOR, page=FACTOR, code="000000")).status_code == 422
    assert await auth.rows("select 1 from second_factor union all select 1 from recovery_code") == []
    assert await auth.rows("select 1 from passkey_challenge union all select 1 from passkey") == []


@pytest.mark.abuse
async def test_the_secret_that_its_owner_is_shown_is_on_no_other_page(auth: Running) -> None:
    """
    Whoever has the session besides sees none of it, neither on the page, nor by a wrong code, nor at a sign-in; begun
    anew it is another one. A passkey ends what was only begun. Seen red with the page that showed it to the session.
    """
    owner = await auth.visitor().sign_up()
    first, second = [App(auth, (await begin(owner, password=PASSWORD)).text) for _ in range(2)]
    assert first.key != second.key
    wrong = await owner.submit(FACTOR, page=FACTOR, code="000000")
    for page in (await owner.get(FACTOR), await owner.get(f"{FACTOR}/begin"), wrong):
        assert ("<svg" in page.text, second.key in page.text, 'name="code"' in page.text) == (False, False, True)
    assert (await owner.submit(FACTOR, page=FACTOR, code=first.code())).status_code == 422
    assert (await add(owner, Authenticator())).status_code == 200
    assert (await owner.submit(FACTOR, page=FACTOR, code=second.code())).status_code == 422
    assert await auth.rows("select 1 from second_factor") == []


@pytest.mark.abuse
async def test_password_and_code_are_asked_for_where_there_is_an_app(auth: Running) -> None:
    """Neither alone removes it, adds a passkey, or changes the password. Seen red: one of them was enough."""
    owner = await auth.visitor().sign_up()
    _, codes = await set_up(auth, owner)
    for typed in ({"password": PASSWORD}, {"code": codes[0]}, {"password": WRONG, "code": codes[0]}):
        for act in (remove, begin_passkey, change):
            assert (await act(owner, **typed)).status_code == 422, typed
        auth.clock.ahead += timedelta(minutes=15)
    assert [row.action for row in await auth.rows("select action from audit where action like '%removed'")] == []
    assert len(await auth.rows("select 1 from recovery_code")) == 10
    page = (await owner.get(FACTOR)).text
    assert ('name="password"' in page, 'name="code"' in page) == (True, True)
    both = {"password": PASSWORD, "code": codes[0]}
    assert (await begin_passkey(owner, **both)).status_code == 200
    assert (await remove(owner, **both)).status_code == 422  # the code was used
    assert (await remove(owner, **both | {"code": codes[1]})).headers["location"] == ACCOUNT


@pytest.mark.abuse
async def test_a_passkey_is_shown_by_another_sign_in(auth: Running) -> None:
    """
    Where there is no app: for ten minutes after the sign-in the password is enough; then every page says what to do,
    and leads back; what was open is refused. Seen red: the password alone was enough for ever.
    """
    owner, phone = await auth.visitor().sign_up(), Authenticator()
    assert (await add(owner, phone)).status_code == 200
    assert (await add(owner, Authenticator(), "Laptop")).status_code == 303
    (row,) = await auth.rows("select id from passkey where name = 'Laptop'")
    laptop = f"{PASSKEYS}/{row.id}/remove"
    await auth.rows("update account set password_changed_at = now() - interval '2 days'")
    auth.clock.ahead += timedelta(minutes=10)
    for act in (begin, begin_passkey, change):
        refused = await act(owner, password=PASSWORD)
        assert (refused.status_code, "more than ten minutes ago" in refused.text) == (403, True)
    assert (await owner.submit(laptop, page=laptop, password=PASSWORD)).status_code == 403
    for page in (FACTOR, PASSKEYS, ACCOUNT, laptop, "/settings/organisation/close"):
        text = (await owner.get(page)).text
        assert ("show your passkey, or a recovery code, once more" in text, 'name="password"' in text) == (True, False)
    left = await owner.submit("/signout", page=laptop, next=laptop)
    assert left.headers["location"].startswith("/signin?next=%2Fsettings%2Faccount%2Fpasskeys")
    await begun(owner, ALONE, "/signin")
    assert (await use(owner, ALONE, phone)).status_code == 303
    assert (await owner.submit(laptop, page=laptop)).status_code == 422
    assert (await owner.submit(laptop, page=laptop, password=PASSWORD)).status_code == 303


async def test_an_app_that_was_lost_is_removed_by_whoever_has_a_passkey(auth: Running) -> None:
    """Signed in by it alone, for ten minutes no code is asked for; the password is."""
    owner, phone = await auth.visitor().sign_up(), Authenticator()
    assert (await add(owner, phone)).status_code == 200
    await set_up(auth, owner)
    visitor = auth.visitor()
    assert (await use(visitor, ALONE, phone)).status_code == 303
    assert 'name="code"' not in (await visitor.get(FACTOR)).text
    assert (await remove(visitor)).status_code == 422
    auth.clock.ahead += timedelta(minutes=10)
    assert (await remove(visitor, password=PASSWORD)).status_code == 422
    again = auth.visitor()
    assert (await use(again, ALONE, phone)).status_code == 303
    assert (await remove(again, password=PASSWORD)).status_code == 303


async def test_what_is_added_and_removed_is_told_by_mail(mailing: Running) -> None:
    """App and passkey, by their owner; not at an address that nobody has confirmed."""
    owner, other = await mailing.visitor().sign_up(), await mailing.visitor().sign_up()
    await mailing.rows("update account set email_confirmed_at = null where email = :email", email=other.email)

    async def told(visitor: Visitor) -> list[str]:
        kept = [mail["headers"]["subject"] for mail in await sent_to(mailing, visitor.email)]
        return [re.sub(r"A second factor was (\w+) .*", r"\1", subject) for subject in kept]

    _, codes = await set_up(mailing, owner)
    assert (await told(owner)) == ["added"]
    assert (await remove(owner, password=PASSWORD, code=codes[0])).status_code == 303
    assert (await told(owner)) == ["added", "removed"]
    assert (await add(owner, Authenticator())).status_code == 200
    assert (await remove_passkey(mailing, owner, password=PASSWORD)).status_code == 303
    assert (await told(owner)) == ["added", "removed", "added", "removed"]
    await set_up(mailing, other)
    assert (await told(other)) == []


@pytest.mark.abuse
async def test_a_session_alone_uses_up_no_tries_at_codes(auth: Running) -> None:
    """
    Where no app waits for its first code, none is counted: the owner's next one is good, of the app and, beside a
    passkey, a recovery code. Seen red (429).
    """
    with_app, with_passkey = [await auth.visitor().sign_up() for _ in range(2)]
    app, _ = await set_up(auth, with_app)
    kept = re.findall(r"<li><code>([0-9a-f-]{23})</code></li>", (await add(with_passkey, Authenticator())).text)
    for _ in range(6):
        assert (await with_app.submit(FACTOR, page=FACTOR, code="000000")).status_code == 303
        assert (await with_passkey.submit(FACTOR, page=FACTOR, code="000000")).status_code == 422
    for owner, code in ((with_app, app.code(30)), (with_passkey, kept[0])):
        visitor = auth.visitor()
        await sign_in(visitor, owner.email)
        assert (await enter(visitor, code)).headers["location"] == "/dashboard"


@pytest.mark.abuse
async def test_a_stranger_who_locks_the_sign_in_keeps_nobody_from_their_account(auth: Running) -> None:
    """And who guesses in a session locks its pages, not the sign-in. Seen red with one lock for both."""
    owner = await auth.visitor().sign_up()
    for turn in range(20):
        auth.clock.ahead += timedelta(minutes=2)
        await auth.visitor().submit("/signin", page="/signin", email=owner.email, password=WRONG)
        assert turn < 10 or (await begin(owner, password=PASSWORD)).status_code == 200
    auth.clock.ahead += timedelta(minutes=30)
    statuses = []
    for _ in range(11):
        auth.clock.ahead += timedelta(minutes=2)
        statuses.append((await begin(owner, password=WRONG)).status_code)
    assert statuses == [422] * 10 + [429]
    assert (await begin(owner, password=PASSWORD)).status_code == 429
    assert (await sign_in(auth.visitor(), owner.email)).status_code == 303
    kinds = [row.kind for row in await auth.rows("select kind from mail where kind like '%locked' order by id")]
    assert kinds == ["locked", "acts_locked"]


async def test_where_one_is_required_a_password_of_just_now_is_enough(auth: Running) -> None:
    """On the way in nothing is asked again; after ten minutes the way leads back to the password."""
    owner = await auth.visitor().sign_up()
    await owner.connect(str((await auth.sandbox.seller())["seller_id"]))
    auth.clock.ahead += timedelta(days=7)
    await sign_in(owner, owner.email)
    app = App(auth, (await owner.submit("/signin/code/begin", page="/signin/code")).text)
    assert app.key not in (await owner.get("/signin/code/begin")).text
    auth.clock.ahead += timedelta(minutes=10)
    assert (await owner.get("/signin/code")).headers["location"] == "/signin"
    await sign_in(owner, owner.email)
    app = App(auth, (await owner.submit("/signin/code/begin", page="/signin/code")).text)
    assert (await enter(owner, "000000")).status_code == 401
    assert (await enter(owner, app.code())).status_code == 200


async def test_a_new_password_that_does_not_fit_uses_up_no_code(auth: Running) -> None:
    """Nor a recovery code: what is wrong with it is told first, and the same code is good for the next. Seen red."""
    owner = await auth.visitor().sign_up()
    _, codes = await set_up(auth, owner)
    shown = {"password": PASSWORD, "code": codes[0]}
    assert "#new_password" in (await change(owner, **shown)).text  # of a day ago at least
    auth.clock.ahead += timedelta(days=1)
    for new in ("Short 1!", "all small letters"):
        refused = await owner.submit(f"{ACCOUNT}/password", page=ACCOUNT, new_password=new, **shown)
        assert (refused.status_code, 'href="#new_password"' in refused.text) == (422, True)
    assert len(await auth.rows("select 1 from recovery_code")) == 10
    assert (await change(owner, **shown)).status_code == 303


async def test_a_form_that_was_refused_leads_to_its_page_in_another_language(auth: Running) -> None:
    """Its address is that of the form: loaded again, or in French, it is the page. Seen red: none was there."""
    owner = await auth.visitor().sign_up()
    await set_up(auth, owner)
    for refused, here in ((await change(owner), f"{ACCOUNT}/password"), (await remove(owner), f"{FACTOR}/remove")):
        assert (refused.status_code, f'href="{here}?language=fr"' in refused.text) == (422, True)
        page = await owner.get(f"{here}?language=fr")
        assert (page.status_code, 'lang="fr"' in page.text, 'name="password"' in page.text) == (200, True, True)
