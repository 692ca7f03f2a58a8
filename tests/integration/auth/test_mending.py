"""A connection whose consent is good, and with which something else is wrong: the page says what, and what to do."""

import re
from functools import partial
from typing import Any

import pytest

from services.auth.bootstrap import PROBE
from services.auth.usecases.probe_connection import probe_connection
from shared.kernel.errors import Refused
from tests.integration.auth.conftest import Running, Visitor, run_auth
from tests.integration.auth.delegating import Bazaar
from tests.integration.auth.posting import sent_to
from tests.integration.auth.private import VENDOR, add, vendor
from tests.integration.auth.shops import shop
from tests.integration.auth.test_expiry import DAY, OVER, days_later, probed
from tests.integration.auth.test_pause import connected

STORES = "amazon.getMarketplaceParticipations"
READY = "Its orders are being imported now"


class Declining:
    """A far side that understands the question about this account, and declines it."""

    async def probe(self, *_asked: Any) -> Any:
        raise Refused("Amazon refused the call (400).", code="http_400")


async def declined(auth: Running) -> None:
    """As the worker does, where that far side is Amazon."""
    await auth.rows("update connection set probe_due_at = clock_timestamp()")
    grants: dict[str, Any] = {"amazon": Declining()}
    held = auth.held
    probe = partial(probe_connection, grants=grants, vault=held.tokens, clock=held.clock, delegation_proves=True)
    async with held.claims.lease(PROBE) as lease:
        assert lease is not None
        await probe(lease)


async def asked_again(auth: Running) -> None:
    """As the worker does once it is due."""
    await auth.rows("update connection set probe_due_at = clock_timestamp()")
    await auth.rows("update lease set not_before = null")
    await probed(auth)


async def card(visitor: Visitor, its: str) -> str:
    """What its page says under the heading of what to do; empty where nothing is wrong."""
    page = (await visitor.get(f"/connections/{its}")).text
    found = re.search(r'<section class="card" aria-labelledby="mend">(.*?)</section>', page, re.DOTALL)
    return found[1] if found else ""


async def test_a_missing_role_is_named_with_what_to_do(auth: Running) -> None:
    """And nothing says “Ready” meanwhile; gone with the role. Seen red with “Ready” whatever the probe found."""
    visitor, its = await connected(auth)
    path = f"/connections/{its}"
    assert (await card(visitor, its), READY in (await visitor.get(path)).text) == ("", True)
    await auth.sandbox.fault(STORES, "role_missing", times=1)
    await asked_again(auth)
    told = await card(visitor, its)
    assert all(role in told for role in ("Product Listing", "Amazon Fulfillment", "Inventory and Order Tracking"))
    assert f'action="{path}/reconnect"' in told
    assert READY not in (await visitor.get(path)).text
    assert "page says what to do" in (await visitor.get("/connections")).text
    await asked_again(auth)
    assert (await card(visitor, its), READY in (await visitor.get(path)).text) == ("", True)


async def test_a_role_missing_from_the_first_is_told_after_the_consent(auth: Running) -> None:
    """In place of the green notice, with the way to what to do. Seen red with the notice of before."""
    visitor, seller = await auth.visitor().sign_up(), await auth.sandbox.seller(region="eu")
    await auth.sandbox.fault(STORES, "role_missing", times=1)
    page = (await visitor.get((await visitor.connect(seller["seller_id"])).headers["location"])).text
    assert ("something is missing yet" in page, "We are asking the marketplace" in page) == (True, False)


async def test_of_an_application_of_ones_own_the_role_is_ticked_there(auth: Running) -> None:
    """The roles of a vendor's, and a link to where the new token is entered."""
    visitor, token = await vendor(auth, "ABC1E")
    await auth.sandbox.fault("amazon.getPurchaseOrders", "role_missing", times=1)
    await add(visitor, token, "ABC1E")
    (its,) = [one["id"] for one in await visitor.connections()]
    told = await card(visitor, its)
    assert ("Brand Analytics" in told, "tick these roles" in told) == (True, True)
    assert f'href="/connections/{VENDOR}/private"' in told


@pytest.mark.parametrize("passes", [True, False])
async def test_a_missing_role_is_told_once_by_mail(mailing: Running, passes: bool) -> None:
    """After two hours, if it is missing then, however often it was asked for. Seen red without the mail."""
    visitor, _ = await connected(mailing)
    await mailing.sandbox.fault(STORES, "role_missing", times=3)
    for _ in range(3):
        await asked_again(mailing)
    assert await sent_to(mailing, visitor.email) == []
    if passes:
        await asked_again(mailing)
    await mailing.rows("update mail set due_at = due_at - interval '2 hours'")
    mails = await sent_to(mailing, visitor.email)
    assert [mail["headers"]["subject"] for mail in mails] == ([] if passes else ["A role is missing: Amazon Europe"])


async def test_an_account_without_a_store_is_not_green(auth: Running) -> None:
    """
    After the consent, in the list and on its page, which says what to do; asked again at once by a button. Seen red
    with the badge *Authorised*, and with “We are asking the marketplace”.
    """
    visitor, seller = await auth.visitor().sign_up(), await auth.sandbox.seller(region="eu", channels=[])
    page = (await visitor.get((await visitor.connect(seller["seller_id"])).headers["location"])).text
    assert ("something is missing yet" in page, "We are asking the marketplace" in page) == (True, False)
    assert (">No store<" in page, ">Authorised<" in page) == (True, False)
    (its,) = [one["id"] for one in await visitor.connections()]
    told = await card(visitor, its)
    assert "Is it a seller account?" in told
    assert "Does it sell in this region?" in told
    await auth.sandbox.seller(seller["seller_id"], region="eu", channels=["FR"])
    assert (await visitor.submit(f"/connections/{its}/check")).status_code == 303
    assert await card(visitor, its) == ""
    assert READY in (await visitor.get(f"/connections/{its}")).text


async def test_where_no_store_is_told_none_is_missed(auth: Running) -> None:
    """Multi-Channel Fulfillment: its probe names none, and nothing is wrong. Seen red without a look at the profile."""
    visitor, seller = await auth.visitor().sign_up(), await auth.sandbox.seller(region="eu", channels=[])
    back = await visitor.connect(seller["seller_id"], marketplace="amazon_mcf", country="DE")
    page = (await visitor.get(back.headers["location"])).text
    assert (">No store<" in page, ">Authorised<" in page) == (False, True)
    assert "something is missing yet" not in page
    (its,) = [one["id"] for one in await visitor.connections()]
    assert await card(visitor, its) == ""


async def test_a_question_that_is_refused_is_noted_and_told(auth: Running) -> None:
    """
    In the list, on the page with what to do, over the API; asked again an hour later, and nothing stops; answered,
    it is told anew. Seen red with the refusal left to the worker's loop, which notes nothing.
    """
    visitor, its = await connected(auth)
    await auth.rows("update connection set probed_at = null, probe_outcome = null")
    await declined(auth)
    (one,) = await visitor.connections()
    assert (one["state"], one["probe_outcome"], one["probed_at"] is None) == ("authorised", "declined", False)
    (row,) = await auth.rows("select probe_due_at - probed_at as pause from connection")
    assert row.pause == DAY / 24
    told = await card(visitor, its)
    assert ("Is the account at home in Europe?" in told, one["seller_id"] in told) == (True, True)
    assert READY not in (await visitor.get(f"/connections/{its}")).text
    assert ">Question refused<" in (await visitor.get("/connections")).text
    await asked_again(auth)
    (after,) = await visitor.connections()
    assert (after["probe_outcome"], after["consent_version"]) == ("ok", 2)


async def test_a_refused_question_at_the_end_is_an_answer(auth: Running) -> None:
    """Where what is over stops, it does. Seen red: it was asked for ever."""
    strict = run_auth(auth.settings.model_copy(update={"expired_goes_on": False}), auth.sandbox)
    try:
        visitor, _ = await connected(strict)
        await days_later(strict, OVER)
        await declined(strict)
        await strict.held.keep_house()
        assert (await visitor.connections())[0]["state"] == "expired"
    finally:
        await strict.close()


async def test_a_claim_whose_question_is_refused_proves_nothing(fair: Running, bazaar: Bazaar) -> None:
    """The page says to compare the id; let in afterwards, it is no proof, as it was not refused for its seller."""
    bazaar.probe_trouble = Refused("no such account", code="http_400")
    made = await shop(fair, "4711")
    assert (await made.connection())["probe_outcome"] == "declined"
    assert "Compare the Seller ID with the portal" in await made.page()
    bazaar.probe_trouble = None
    bazaar.delegated.add("4711")
    await made.check()
    assert await made.state() == "unproven"
