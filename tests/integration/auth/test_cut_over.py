"""Coming from another system: from which orders on an account is ours, shown before it is confirmed."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.auth.conftest import Running
from tests.integration.auth.delegating import Bazaar
from tests.integration.auth.shops import API, Shop, shop
from tests.integration.auth.test_settings_of_connections import ask

CUT_OVER = "2026-12-01T08:00"


async def told_from(made: Shop) -> datetime | None:
    told = (await made.connection())["orders_from"]
    return datetime.fromisoformat(told) if told else None


async def kept(made: Shop, instant: str) -> None:
    """Entered, looked at, confirmed."""
    path = f"/connections/{made.id}/cut-over"
    shown = await made.visitor.submit(path, orders_from=instant)
    assert "Please look at this before you confirm it" in shown.text
    (confirmed,) = re.findall(r'name="confirmed" value="([^"]*)"', shown.text)
    assert (await made.visitor.submit(path, orders_from=instant, confirmed=confirmed)).status_code == 303


async def test_an_instant_is_shown_then_kept_then_told(fair: Running, bazaar: Bazaar) -> None:
    """Before the account is even proven; the first event services hear of it carries the instant."""
    made = await shop(fair, "4711")
    shown = await made.visitor.submit(f"/connections/{made.id}/cut-over", orders_from=CUT_OVER)
    assert "stay with the other system" in shown.text
    assert await told_from(made) is None
    await kept(made, CUT_OVER)
    assert "Orders placed from" in await made.page()
    bazaar.delegated.add("4711")
    await made.check()
    ((kind, body),) = await fair.events()
    assert kind == "auth.connection.authorised.v1"
    assert datetime.fromisoformat(body["orders_from"]) == await told_from(made)


async def test_times_are_those_of_the_country_the_seller_is_at_home_in(auth: Running) -> None:
    """Not of another one that the account reaches too. Seen red with the zone of the first channel."""
    seller = await auth.sandbox.seller(region="na", channels=["BR", "CA", "US"])
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"], "na")
    (one,) = await visitor.connections()
    page = await visitor.get(f"/connections/{one['id']}/cut-over")
    assert "Day and time in America/Los_Angeles" in page.text


async def test_an_instant_is_shown_in_the_zone_it_was_entered_in(fair: Running) -> None:
    """Which is named, on the connection's page as before it is confirmed. Seen red in UTC there."""
    made = await shop(fair, "4711")
    path = f"/connections/{made.id}/cut-over"
    for page in (await made.visitor.submit(path, orders_from=CUT_OVER)).text, await _page_of_kept(made):
        assert "08:00</time> (Europe/Paris)" in page


async def _page_of_kept(made: Shop) -> str:
    await kept(made, CUT_OVER)
    return await made.page()


async def test_it_may_be_changed_and_taken_back(fair: Running, bazaar: Bazaar) -> None:
    """
    An empty field is confirmed too: then the other system's open orders are ours as well. The audit log has each
    instant. Seen red with the connection's state there.
    """
    made = await shop(fair, "4711")
    bazaar.delegated.add("4711")
    await made.check()
    await kept(made, CUT_OVER)
    await kept(made, CUT_OVER)
    shown = await made.visitor.submit(f"/connections/{made.id}/cut-over", orders_from="")
    assert "All orders that are open at the marketplace are imported" in shown.text
    await kept(made, "")
    assert await told_from(made) is None
    kinds = [(kind.split(".")[2], body.get("orders_from") is None) for kind, body in await fair.events()]
    assert kinds == [("authorised", True), ("settings_changed", False), ("settings_changed", True)]
    noted = await fair.rows("select before, after from audit where action = 'connection.cut_over' order by id")
    instant = datetime.fromisoformat(noted[0].after)
    assert [tuple(row) for row in noted] == [("all", instant.isoformat()), (instant.isoformat(), "all")]


@pytest.mark.parametrize(
    "given", ["soon", "1999-12-31T10:00", "0001-01-01T00:00", "9999-12-31T23:59", "2099-01-01T00:00"]
)
async def test_an_instant_nobody_can_mean_is_refused(fair: Running, given: str) -> None:
    """Beside its field, and nothing is kept: on the page as over the API."""
    made = await shop(fair, "4711")
    answer = await made.visitor.submit(f"/connections/{made.id}/cut-over", orders_from=given, confirmed=given)
    assert (answer.status_code, "at most 90 days from now" in answer.text) == (422, True)
    refused = await ask(made.visitor, "PATCH", f"/{made.id}", orders_from=f"{given}:00Z")
    assert (refused.status_code, await told_from(made)) == (422, None)


async def test_what_was_confirmed_is_what_was_shown(fair: Running) -> None:
    """An instant changed after it was shown is shown again. Seen red with any confirmation taken for this one's."""
    made = await shop(fair, "4711")
    answer = await made.visitor.submit(
        f"/connections/{made.id}/cut-over", orders_from=CUT_OVER, confirmed="2026-12-02T08:00"
    )
    assert "Please look at this before you confirm it" in answer.text
    assert await told_from(made) is None


async def test_programs_set_it_too(fair: Running) -> None:
    """By `orders_from` of the connection, in any zone; what is left out stays."""
    made = await shop(fair, "4711")
    at = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)
    await ask(made.visitor, "PATCH", f"/{made.id}", orders_from=at.isoformat())
    await ask(made.visitor, "PATCH", f"/{made.id}", name="Bazaar two")
    assert await told_from(made) == at
    await ask(made.visitor, "PATCH", f"/{made.id}", orders_from=None)
    assert await told_from(made) is None


async def test_another_organisation_sees_no_such_page(fair: Running) -> None:
    """Foreign ids are not there."""
    made = await shop(fair, "4711")
    stranger = await fair.visitor().sign_up()
    assert (await stranger.get(f"/connections/{made.id}/cut-over")).status_code == 404
    assert (await stranger.submit(f"/connections/{made.id}/cut-over", orders_from=CUT_OVER)).status_code == 404
    assert (await stranger.client.get(f"{API}/{made.id}")).status_code == 404
