"""Applications of an organisation's own that are removed, and how often each was authorised."""

import pytest
from prometheus_client import REGISTRY

from services.auth.entrypoints.gauges import show
from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.private import VENDOR, add, app_id, bring, vendor

PAGE = f"/connections/{VENDOR}/private"


async def remove(visitor: Visitor, its: str, *, shown: list[str] | None = None) -> int:
    """Opens the page and presses its button; `shown`: the connections that it showed when it was opened."""
    page = (await visitor.get(f"{PAGE}/{its}/remove")).text
    ids = shown if shown is not None else [part.split('"')[0] for part in page.split('name="connection" value="')[1:]]
    csrf = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = await visitor.client.post(f"{PAGE}/{its}/remove", data={"csrf_token": csrf, "connection": ids})
    return answer.status_code


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
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    its = await app_id(visitor)
    assert await remove(visitor, its, shown=[]) == 409
    assert await remove(visitor, its, shown=["x"]) == 409
    assert [one["state"] for one in await visitor.connections()] == ["authorised"]
    assert await remove(visitor, its) == 303


@pytest.mark.abuse
async def test_an_application_of_another_organisation_is_not_removed(auth: Running) -> None:
    """Neither its page nor its form is there for a stranger, nor at another marketplace."""
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    its, stranger = await app_id(visitor), await auth.visitor().sign_up()
    (one,) = await visitor.connections()
    assert (await stranger.get(f"{PAGE}/{its}/remove")).status_code == 404
    assert (await stranger.submit(f"{PAGE}/{its}/remove", connection=one["id"])).status_code == 404
    elsewhere = f"/connections/amazon/private/{its}/remove"
    assert (await visitor.submit(elsewhere, connection=one["id"])).status_code == 404
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
