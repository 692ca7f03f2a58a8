"""The laws of a connection that ends with its buyers' data: asked for, told to all, confirmed by each, certified."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.integration.auth.conftest import Running, Visitor

API = "/api/auth/v1/connections"


async def connected(auth: Running) -> tuple[Visitor, str]:
    """A signed-in person with one connection; its id."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"])
    (one,) = await visitor.connections()
    return visitor, one["id"]


async def asked(auth: Running) -> str | None:
    """What the newest event says of it."""
    wish: str | None = (await auth.events())[-1][1]["erase_asked_at"]
    return wish


async def confirm(auth: Running, its: str, asked_at: str | None, service: str = "orders") -> int:
    client = await auth.service(service)
    return (await client.post(f"/internal/v1/connections/{its}/erased", json={"asked_at": asked_at})).status_code


async def audited(auth: Running, its: str) -> list[tuple[Any, ...]]:
    rows = await auth.rows(
        "select action, reason from audit where connection_id = :its and action like 'connection.%' order by at, id",
        its=its,
    )
    return [tuple(row) for row in rows][1:]


async def test_who_disconnects_keeps_unless_he_wants_it_erased(auth: Running) -> None:
    """The page's first choice keeps; the event says nothing of erasing. Seen red with the other choice first."""
    visitor, its = await connected(auth)
    page = (await visitor.get(f"/connections/{its}/disconnect")).text
    assert 'value="keep" checked' in page
    french = (await visitor.get(f"/connections/{its}/disconnect?language=fr")).text
    assert "Données des acheteurs de ce compte" in french
    await visitor.submit(f"/connections/{its}/disconnect", data="keep")
    assert (await asked(auth), (await visitor.connections())[0]["state"]) == (None, "disconnected")
    assert await audited(auth, its) == [("connection.disconnected", None)]


async def test_a_wish_is_told_once_and_certified_by_each_service(auth: Running) -> None:
    """
    The page says of each whether it has confirmed; the audit log has an entry for each, once. Seen red with entries
    added whatever is there.
    """
    visitor, its = await connected(auth)
    for _ in range(2):
        await visitor.submit(f"/connections/{its}/disconnect", data="erase")
    wish = await asked(auth)
    assert wish is not None
    assert [kind for kind, _ in await auth.events()].count("auth.connection.disconnected.v1") == 1
    assert await auth.rows("select id from access_grant") == []
    assert (await visitor.get(f"/connections/{its}?language=en")).text.count("being erased") == 2
    for service in ("orders", "orders", "labels"):
        assert await confirm(auth, its, wish, service) == 202
    page = (await visitor.get(f"/connections/{its}")).text
    assert (page.count("being erased"), page.count("erased, confirmed")) == (0, 2)
    assert "confirmé" in (await visitor.get(f"/connections/{its}?language=fr")).text
    assert await audited(auth, its) == [
        ("connection.disconnected", None), ("connection.erase_asked", None), ("connection.erased", "orders"),
        ("connection.erased", "labels"),
    ]  # fmt: skip


async def test_who_disconnected_may_have_it_erased_later(auth: Running) -> None:
    """The connection's page leads there as long as there may be something."""
    visitor, its = await connected(auth)
    await visitor.submit(f"/connections/{its}/disconnect", data="keep")
    assert f"/connections/{its}/disconnect" in (await visitor.get(f"/connections/{its}")).text
    page = (await visitor.get(f"/connections/{its}/disconnect?language=en")).text
    assert ('value="erase"' in page, "stay here" in page) == (True, False)
    await visitor.submit(f"/connections/{its}/disconnect", data="erase")
    assert await asked(auth) is not None
    assert f"/connections/{its}/disconnect" not in (await visitor.get(f"/connections/{its}")).text


async def test_a_word_about_another_wish_certifies_nothing(auth: Running) -> None:
    """Older, newer, or where nobody wanted anything; one that is not there is 404. Seen red without the comparison."""
    visitor, its = await connected(auth)
    now = datetime.now().astimezone()
    assert await confirm(auth, its, now.isoformat()) == 202
    await visitor.submit(f"/connections/{its}/disconnect", data="erase")
    wish = await asked(auth)
    assert wish is not None
    for other in (datetime.fromisoformat(wish) - timedelta(microseconds=1), now + timedelta(days=1)):
        assert await confirm(auth, its, other.isoformat()) == 202
    assert ("connection.erased", "orders") not in await audited(auth, its)
    assert await confirm(auth, "0190b5a0-0000-7000-8000-000000000000", wish) == 404


@pytest.mark.abuse
async def test_only_who_holds_buyers_data_certifies(auth: Running) -> None:
    """Neither a browser nor a service that holds none. Seen red without the check."""
    visitor, its = await connected(auth)
    await visitor.submit(f"/connections/{its}/disconnect", data="erase")
    wish = await asked(auth)
    assert await confirm(auth, its, wish, "inventory") == 404
    path = f"/internal/v1/connections/{its}/erased"
    csrf = {"x-csrf-token": await visitor.csrf()}
    assert (await visitor.client.post(path, json={"asked_at": wish}, headers=csrf)).status_code in (401, 403)
    assert ("connection.erased", "inventory") not in await audited(auth, its)


@pytest.mark.abuse
async def test_nobody_erases_what_is_anothers(auth: Running) -> None:
    """By page and by API: there is nothing there, and nothing is told."""
    _, its = await connected(auth)
    stranger = await auth.visitor().sign_up()
    csrf = {"x-csrf-token": await stranger.csrf()}
    assert (await stranger.submit(f"/connections/{its}/disconnect", data="erase")).status_code == 404
    answer = await stranger.client.post(f"{API}/{its}/disconnect", json={"erase": True}, headers=csrf)
    assert answer.status_code == 404
    assert await asked(auth) is None


async def test_a_program_may_want_it_too(auth: Running) -> None:
    """With a body; without, as before, everything is kept."""
    visitor, its = await connected(auth)
    csrf = {"x-csrf-token": await visitor.csrf()}
    kept = (await visitor.client.post(f"{API}/{its}/disconnect", headers=csrf)).json()
    assert (kept["state"], kept["erase_asked_at"]) == ("disconnected", None)
    ended = (await visitor.client.post(f"{API}/{its}/disconnect", json={"erase": True}, headers=csrf)).json()
    assert ended["erase_asked_at"] is not None
    assert (await visitor.client.post(f"{API}/{its}/disconnect", json={"x": 1}, headers=csrf)).status_code == 422


async def test_after_a_new_consent_it_can_be_wanted_again(auth: Running) -> None:
    """What came since is another wish, with another certificate."""
    visitor, its = await connected(auth)
    await visitor.submit(f"/connections/{its}/disconnect", data="erase")
    first = await asked(auth)
    assert await confirm(auth, its, first) == 202
    seller_id = (await visitor.connections())[0]["seller_id"]
    again = await visitor.submit(f"/connections/{its}/reconnect")
    await visitor.get(await visitor.confirm(again.headers["location"], seller_id))
    assert await asked(auth) == first
    auth.clock.ahead = timedelta(minutes=5)
    await visitor.submit(f"/connections/{its}/disconnect", data="erase")
    second = await asked(auth)
    assert second != first
    page = (await visitor.get(f"/connections/{its}?language=en")).text
    assert (page.count("being erased"), page.count("erased, confirmed")) == (2, 0)
