"""The client secret of an organisation's own application: what is told when it is refused, and before it ends."""

import json
from datetime import datetime, timedelta

import pytest

from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.operating import operating
from tests.integration.auth.posting import sent_to
from tests.integration.auth.private import NEXT_SECRET, SECRET, VENDOR, add, bring, refused_app, registered, vendor
from tests.integration.auth.test_pause import connected
from tests.integration.auth.test_private_life import renewed
from tests.integration.auth.test_private_refusals import probed

REFUSED = "The client secret of your own application is refused"
ENDS = "Replace the client secret of your own application by"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def by_own_application(auth: Running, codes: str = "ABC1E") -> Visitor:
    visitor, token = await vendor(auth, *codes.split())
    await add(visitor, token, codes)
    return visitor


async def refused(auth: Running, visitor: Visitor) -> None:
    """The secret that is here is good no longer, and a caller has found it."""
    await registered(auth, NEXT_SECRET)
    assert await renewed(auth) == 503, visitor.email


async def later(auth: Running, ahead: timedelta) -> None:
    """The application's secret is so much older."""
    names = ("made_at", "replaced_at", "refused_at", "secret_ends_at", "warn_at")
    moved = ", ".join(f"{name} = {name} - cast(:by as interval)" for name in names)
    await auth.rows(f"update private_app set {moved}", by=ahead)  # noqa: S608 - names of columns
    await auth.held.keep_house()


async def subjects(auth: Running, visitor: Visitor) -> list[str]:
    return [mail["headers"]["subject"].split(":")[0] for mail in await sent_to(auth, visitor.email)]


async def test_a_refused_secret_is_shown_beside_each_of_its_connections(
    auth: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    In the list, on the page, over the API, in the state, to operators and on every page's banner, until it is
    replaced. Seen red: all of it said that the connection is authorised.
    """
    visitor = await by_own_application(auth, "ABC1E ABC2E")
    its = (await visitor.connections())[0]["id"]
    said = "nothing is read or sent until it is replaced"
    assert said not in (await visitor.get("/connections")).text
    await refused_two(auth)
    page = (await visitor.get("/connections")).text
    assert (page.count(said), page.count("Replace the client secret"), "Authorised<" in page) == (2, 2, False)
    assert said in (await visitor.get(f"/connections/{its}")).text
    for path in ("/settings", "/connections"):
        assert "2 connections stand still" in (await visitor.get(path)).text
    found = await visitor.connections()
    assert all(one["secret_refused_at"] for one in found)
    _, listed = await operating(auth, capsys)("connections", "list", "--json")
    assert [bool(one["secret_refused_at"]) for one in json.loads(listed)] == [True, True]
    stranger = await auth.visitor().sign_up()
    assert "stand still" not in (await stranger.get("/settings")).text
    assert (await bring(visitor, NEXT_SECRET)).status_code == 303
    assert (await visitor.connections())[0]["secret_refused_at"] is None
    page = (await visitor.get("/connections")).text
    assert (said in page, "stand still" in page) == (False, False)


async def test_whose_secret_is_refused_is_not_called_ready(auth: Running) -> None:
    """Its page leads to where the secret is replaced. Seen red: “Ready”, and no such button."""
    visitor, its = await connected(auth)
    (found,) = await visitor.connections()
    mend = 'href="/connections/amazon/private">Replace the client secret'
    page = (await visitor.get(f"/connections/{its}")).text
    assert ("Ready:" in page, mend in page) == (True, False)
    await refused_app(auth, found["name"])
    page = (await visitor.get(f"/connections/{its}")).text
    assert ("Ready:" in page, mend in page) == (False, True)


async def refused_two(auth: Running) -> None:
    await registered(auth, NEXT_SECRET)
    (first, *_) = await auth.rows("select id from connection order by id")
    await auth.rows("update access_grant set token_expires_at = clock_timestamp()")
    path = f"/internal/v1/connections/{first.id}/access-token"
    assert (await (await auth.service()).post(path, json={})).status_code == 503


async def test_other_services_hear_how_many_stand_still(auth: Running) -> None:
    """With the session, for their banner."""
    visitor = await by_own_application(auth)
    service, cookie = await auth.service(scope="auth.sessions:resolve"), visitor.client.cookies["passerelle_session"]
    for expected in (0, 1):
        answer = await service.post("/internal/v1/sessions/resolve", json={"session": cookie})
        assert answer.json()["secret_refused"] == expected
        await refused(auth, visitor)


async def test_a_refused_secret_is_told_by_one_mail(mailing: Running) -> None:
    """
    After two hours, once for all its connections; one that is known again before is no mail. Seen red with no mail
    ever.
    """
    visitor = await by_own_application(mailing)
    await refused(mailing, visitor)
    await later(mailing, HOUR)
    assert await subjects(mailing, visitor) == []
    for _ in range(2):
        await later(mailing, HOUR)
        assert await subjects(mailing, visitor) == [REFUSED]
    (mail,) = await sent_to(mailing, visitor.email)
    (found,) = await visitor.connections()
    assert f"- {found['name']} – Amazon Vendor" in mail["text"].splitlines()
    assert f"/connections/{VENDOR}/private" in mail["text"]
    assert (await bring(visitor, NEXT_SECRET)).status_code == 303
    await registered(mailing, "another")
    await mailing.rows("update private_app set replaced_at = replaced_at - interval '8 days'")
    assert await renewed(mailing) == 503
    await later(mailing, HOUR * 3)
    await registered(mailing, NEXT_SECRET)
    await mailing.rows("update access_grant set retry_at = null")
    assert await renewed(mailing) == 200
    await probed(mailing)
    await later(mailing, HOUR * 3)
    assert await subjects(mailing, visitor) == [REFUSED], "it is known again"


async def test_a_secret_that_is_refused_again_is_told_again(mailing: Running) -> None:
    """The same one, told, good again by itself, and refused again. Seen red: the second time nobody was told, ever."""
    visitor = await by_own_application(mailing)
    for times in (1, 2):
        await refused(mailing, visitor)
        for _ in range(2):
            await later(mailing, HOUR * 2)
            assert await subjects(mailing, visitor) == [REFUSED] * times
        await registered(mailing, SECRET)
        await mailing.rows("update access_grant set retry_at = null")
        assert await renewed(mailing) == 200
        await probed(mailing)


async def test_the_end_of_a_secret_is_told_before(mailing: Running) -> None:
    """
    180 days after it was entered: on its page from thirty days before, by mail at thirty, seven and one; another one
    begins anew, the same one does not.
    """
    visitor = await by_own_application(mailing)
    (found,) = await visitor.connections()
    left = datetime.fromisoformat(found["secret_ends_at"]) - mailing.clock.now()
    assert timedelta(days=179) < left <= timedelta(days=180)
    page, said = f"/connections/{VENDOR}/private", "The client secret of this application ends by"
    counts = []
    for ahead in (DAY * 149, DAY * 2, DAY, DAY * 21, DAY, DAY * 6, DAY * 30):
        await later(mailing, ahead)
        await mailing.held.keep_house()
        counts.append((len(await subjects(mailing, visitor)), said in (await visitor.get(page)).text))
    assert counts == [(0, False), (1, True), (1, True), (2, True), (2, True), (3, True), (3, True)]
    assert {one[: len(ENDS)] for one in await subjects(mailing, visitor)} == {ENDS}
    assert (await bring(visitor, SECRET)).status_code == 303
    assert said in (await visitor.get(page)).text
    await registered(mailing, NEXT_SECRET)
    assert (await bring(visitor, NEXT_SECRET)).status_code == 303
    assert said not in (await visitor.get(page)).text
    await later(mailing, DAY * 151)
    assert len(await subjects(mailing, visitor)) == 4


async def test_nothing_is_told_of_a_secret_that_was_destroyed(auth: Running) -> None:
    """With the last connection of its application it is."""
    visitor = await by_own_application(auth)
    await visitor.submit(f"/connections/{(await visitor.connections())[0]['id']}/disconnect")
    (app,) = await auth.rows("select secret_ends_at, warn_at from private_app")
    assert tuple(app) == (None, None)
    (found,) = await visitor.connections()
    assert found["secret_ends_at"] is None
