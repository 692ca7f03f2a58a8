"""One grant for all sellers of a marketplace where they delegate: never renewed per seller, never ended by one."""

import asyncio
import base64
from collections.abc import Callable

from pydantic import SecretStr

from services.auth.bootstrap import PROBE
from tests.integration.auth.conftest import Running, run_auth
from tests.integration.auth.delegating import Bazaar
from tests.integration.auth.shops import Shop, proven_shop, shop


async def grants(auth: Running) -> list[int]:
    return [row.token_version for row in await auth.rows("select token_version from access_grant")]


async def let_in(one: Shop) -> None:
    """As often as the page asks to come again: thirty at once may wait too long for a connection to the database."""
    while (await one.check()).status_code == 503:
        pass


async def test_many_sellers_over_two_processes_share_one_token(
    fair: Running, another: Callable[[Running], Running], bazaar: Bazaar
) -> None:
    """Thirty claims at once: one row, one call of the token endpoint; so too when that token is over."""
    other = another(fair)
    visitors = [await (fair, other)[number % 2].visitor().sign_up() for number in range(10)]
    shops = await asyncio.gather(*(shop(fair, str(number + 1), visitors[number % 10]) for number in range(30)))
    assert (await grants(fair), bazaar.renewals) == ([1], 1)
    bazaar.delegated |= {each.seller_id for each in shops}
    await asyncio.gather(*(let_in(each) for each in shops))
    await fair.rows("update access_grant set token_expires_at = now(), retry_at = null")
    answers = await asyncio.gather(*(each.token() for each in shops))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["token_version"] for answer in answers} == {2}
    assert (await grants(fair), bazaar.renewals) == ([2], 2)


async def test_a_seller_who_leaves_takes_no_grant_along(fair: Running, bazaar: Bazaar) -> None:
    """Disconnected, and the last one too: the grant stays, and serves who comes next."""
    first, second = await proven_shop(fair, bazaar.delegated, "1"), await proven_shop(fair, bazaar.delegated, "2")
    page = (await first.visitor.get(f"/connections/{first.id}/disconnect")).text
    assert "stays until you remove it there" in page
    assert "Our keys" not in page
    await first.disconnect()
    assert (await second.token()).status_code == 200
    assert (await first.token()).status_code == 409
    await second.disconnect()
    await proven_shop(fair, bazaar.delegated, "3")
    assert (await grants(fair), bazaar.renewals) == ([1], 1)


async def test_a_doubt_about_one_seller_renews_nothing(fair: Running, bazaar: Bazaar) -> None:
    """A service reports a lost consent: auth asks with the token it has, and finds that seller's 403."""
    made, other = await proven_shop(fair, bazaar.delegated, "1"), await proven_shop(fair, bazaar.delegated, "2")
    bazaar.delegated.remove("1")
    service = await fair.service()
    await service.post(f"/internal/v1/connections/{made.id}/consent-lost", json={"consent_version": 1})
    await made.probe_by_worker()
    assert [await each.state() for each in (made, other)] == ["waiting", "authorised"]
    assert (await grants(fair), bazaar.renewals) == ([1], 1)


async def test_a_refused_token_is_renewed_for_everybody_and_not_for_each(fair: Running, bazaar: Bazaar) -> None:
    """
    401 is about the token: one renewal; one refused again says nothing about the seller, and for half a minute nobody
    asks for another, whatever the services report.
    """
    made, claimed = await proven_shop(fair, bazaar.delegated, "1"), await shop(fair, "2")
    await fair.rows("update access_grant set retry_at = null")
    bazaar.good_from = 2
    await made.check()
    assert (await grants(fair), await made.state()) == ([2], "authorised")
    bazaar.good_from = 1000
    for each in (made, claimed, made):
        await each.check()
    service = await fair.service()
    path = f"/internal/v1/connections/{made.id}/access-token"
    answers = [await service.post(path, json={"rejected": 2}) for _ in range(5)]
    assert {(each.status_code, each.json()["type"]) for each in answers} == {(503, "urn:passerelle:problem:throttled")}
    assert (await grants(fair), bazaar.renewals) == ([2], 2)
    assert [await each.state() for each in (made, claimed)] == ["authorised", "unproven"]
    await fair.rows("update access_grant set retry_at = clock_timestamp()")
    assert (await service.post(path, json={"rejected": 2})).json()["token_version"] == 3


async def test_a_token_refused_twice_leaves_a_claim_as_it_was(fair: Running, bazaar: Bazaar) -> None:
    """It is no refusal of the seller: the next answer proves nothing."""
    bazaar.good_from = 1000
    made = await shop(fair, "1")
    await fair.rows("update access_grant set retry_at = null")
    await made.check()
    assert bazaar.renewals == 2
    bazaar.good_from = 1
    bazaar.delegated.add("1")
    await fair.rows("update access_grant set retry_at = null")
    await made.check()
    assert await made.state() == "unproven"


async def test_a_lost_key_stops_no_seller(fair: Running, bazaar: Bazaar) -> None:
    """The key-encryption key is gone: the shared grant holds nothing but a token, and gets another under a new key."""
    made = await proven_shop(fair, bazaar.delegated, "1")
    lost = SecretStr("k2:" + base64.b64encode(bytes(32)).decode())
    after = run_auth(fair.settings.model_copy(update={"key_encryption_keys": lost}), fair.sandbox)
    await fair.rows("update access_grant set retry_at = null")
    try:
        async with after.held.claims.lease_of(PROBE, (await fair.rows("select id from connection"))[0].id) as lease:
            assert lease is not None
            await after.held.probe(lease)
    finally:
        await after.close()
    assert (await grants(fair), await made.state()) == ([2], "authorised")
