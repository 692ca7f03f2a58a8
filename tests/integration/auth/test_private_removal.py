"""Applications of an organisation's own that are removed, and how often each was authorised."""

import pytest
from prometheus_client import REGISTRY

from services.auth.entrypoints.gauges import show
from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.private import VENDOR, add, app_id, bring, vendor
from tests.integration.auth.test_many_connections import copies, names, whole

PAGE = f"/connections/{VENDOR}/private"


async def shown_on(visitor: Visitor, its: str) -> str:
    """What the page brings back of the connections that it shows."""
    page = (await visitor.get(f"{PAGE}/{its}/remove")).text
    return page.split('name="shown" value="')[1].split('"')[0]


async def remove(visitor: Visitor, its: str, *, shown: str | None = None) -> int:
    """Opens the page and presses its button; `shown`: as it was when the page was opened."""
    shown = await shown_on(visitor, its) if shown is None else shown
    return (await visitor.submit(f"{PAGE}/{its}/remove", shown=shown)).status_code


async def test_an_application_goes_with_its_connections(auth: Running) -> None:
    """
    Its page names them; they are disconnected, told and noted, its secrets are gone, and another with the same id may
    come. Who reconnects one is led to where it is entered again. Seen red with its connections left as they are.
    """
    visitor, token = await vendor(auth, "ABC1E", "ABC2E")
    await add(visitor, token, "ABC1E ABC2E", name="Vendor")
    its = await app_id(visitor)
    page = (await visitor.get(f"{PAGE}/{its}/remove")).text
    assert "Vendor ABC1E" in page
    assert "Vendor ABC2E" in page
    assert await remove(visitor, its) == 303
    found = await visitor.connections()
    assert [one["state"] for one in found] == ["disconnected", "disconnected"]
    for table in ("private_app", "access_grant"):
        assert await auth.rows(f"select 1 from {table}") == []  # noqa: S608 - our tables
    assert [kind for kind, _ in await auth.events()][-2:] == ["auth.connection.disconnected.v1"] * 2
    deeds = await auth.rows("select action, before from audit order by at desc, id desc limit 3")
    assert tuple(deeds[0]) == ("private_app.removed", "amzn1.application-oa2-client.own-1")
    assert [one.action for one in deeds[1:]] == ["connection.disconnected"] * 2
    again = await visitor.submit(f"/connections/{found[0]['id']}/reconnect")
    assert again.headers["location"] == PAGE
    assert (await bring(visitor)).status_code == 303
    assert (await add(visitor, token, "ABC1E")).status_code == 303
    assert [one["state"] for one in await visitor.connections()] == ["authorised", "disconnected"]


async def test_what_was_not_shown_is_not_ended(auth: Running) -> None:
    """
    A connection that came after the page was opened keeps the application; the page is shown again with it. Seen red
    without a look at what was shown.
    """
    visitor, token = await vendor(auth, "ABC1E", "ABC2E")
    its = await app_id(visitor)
    nothing = await shown_on(visitor, its)
    await add(visitor, token, "ABC1E")
    one = await shown_on(visitor, its)
    await add(visitor, token, "ABC2E")
    for shown in ("", "x", nothing, one):
        assert await remove(visitor, its, shown=shown) == 409
    assert [one["state"] for one in await visitor.connections()] == ["authorised"] * 2
    assert await remove(visitor, its) == 303


async def test_an_application_goes_whatever_else_there_is(auth: Running) -> None:
    """
    Beyond 500 other connections, and with hundreds of its own: fifty are named, the others listed page by page. Seen
    red with the first 500 ever made: it stayed for ever.
    """
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    its = await app_id(visitor)
    await copies(auth, 505, '{"state": "disconnected", "app_id": null}')
    assert "No connection uses it" not in (await visitor.get(f"{PAGE}/{its}/remove")).text
    await auth.rows("update connection set state = 'authorised', app_id = :its where name like 'Shop%'", its=its)
    page = (await visitor.get(f"{PAGE}/{its}/remove")).text
    assert (page.count('<li><a href="/connections/0'), "and 456 more" in page) == (50, True)
    assert len(names((await visitor.get(PAGE)).text)) == 50
    assert [len(each) for each in await whole(visitor, f"/connections?app={its}")] == [50] * 10 + [6]
    assert await remove(visitor, its) == 303
    assert await auth.rows("select 1 from connection where state <> 'disconnected'") == []


@pytest.mark.abuse
async def test_an_application_of_another_organisation_is_not_removed(auth: Running) -> None:
    """Neither its page nor its form is there for a stranger, nor at another marketplace."""
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    its, stranger = await app_id(visitor), await auth.visitor().sign_up()
    shown = await shown_on(visitor, its)
    assert (await stranger.get(f"{PAGE}/{its}/remove")).status_code == 404
    assert (await stranger.submit(f"{PAGE}/{its}/remove", shown=shown)).status_code == 404
    assert (await visitor.submit(f"/connections/amazon/private/{its}/remove", shown=shown)).status_code == 404
    assert len(await auth.rows("select 1 from private_app")) == 1


async def test_the_tenth_authorisation_is_told_before_another_is_tried(auth: Running) -> None:
    """
    Refresh tokens count once each, however many codes share one; operators see the most of one application, and how
    many are full. Seen red with every account counted.
    """
    visitor, token = await vendor(auth, "ABC1E", "ABC2E")
    await add(visitor, token, "ABC1E ABC2E")
    another = (
        "insert into access_grant (id, marketplace, region, wrapped_key, sealed_refresh_token, sealed_access_token,"
        " token_version, token_expires_at, app_id, token_digest) select gen_random_uuid(), marketplace, region,"
        " wrapped_key, sealed_refresh_token, sealed_access_token, 1, now(), app_id, n::text"
        " from (select * from access_grant limit 1) one, generate_series(cast(:first as int), cast(:last as int)) n"
    )
    await auth.rows(another, first=2, last=9)
    assert "Authorised 9 of 10 times that Amazon allows" in (await visitor.get(PAGE)).text
    show(await auth.held.views.standing(), auth.held)
    labels = {"marketplace": VENDOR}
    assert REGISTRY.get_sample_value("auth_private_authorisations", labels) == 9
    assert REGISTRY.get_sample_value("auth_private_applications_full", labels) == 0
    await auth.rows(another, first=10, last=10)
    assert "was authorised as often as Amazon allows" in (await visitor.get(PAGE)).text
    show(await auth.held.views.standing(), auth.held)
    assert REGISTRY.get_sample_value("auth_private_applications_full", labels) == 1
