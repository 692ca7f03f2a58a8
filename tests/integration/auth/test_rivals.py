"""Several organisations that say that a seller account is theirs: it ends up with one of them, and never by chance."""

import asyncio
from collections.abc import Callable

import pytest

from tests.integration.auth.conftest import Running
from tests.integration.auth.delegating import BAZAAR, REGION, Bazaar
from tests.integration.auth.operating import Operate, operating
from tests.integration.auth.shops import API, Shop, claim, proven_shop, shop

pytestmark = pytest.mark.abuse


@pytest.fixture
def operate(fair: Running, capsys: pytest.CaptureFixture[str]) -> Operate:
    return operating(fair, capsys)


async def test_a_delegation_proves_nobody_where_two_claim(fair: Running, bazaar: Bazaar) -> None:
    """Each page says so; the owner's own credentials decide, and the other is told that the account is taken."""
    bazaar.credentials["4711"] = ("id", "secret")
    thief, owner = await shop(fair, "4711"), await shop(fair, "4711")
    bazaar.delegated.add("4711")
    for each in (thief, owner):
        await each.check()
        assert await each.state() == "unproven"
        assert "Another organisation says" in await each.page()
    await owner.prove("id", "secret")
    await thief.check()
    assert [await each.state() for each in (thief, owner)] == ["unproven", "authorised"]
    refused = await thief.prove("id", "secret")
    assert "connected to another organisation" in refused.text
    assert await thief.state() == "unproven"
    assert {body["organisation_id"] for _, body in await fair.events()} == {await organisation_of(fair, owner)}


async def test_a_rival_who_gives_up_leaves_no_proof_behind(fair: Running, bazaar: Bazaar) -> None:
    """The owner delegates and gives up its claim: whoever claimed beside it is not proven by that."""
    thief, owner = await shop(fair, "4711"), await shop(fair, "4711")
    bazaar.delegated.add("4711")
    await owner.check()
    await owner.disconnect()
    await thief.check()
    assert await thief.state() == "unproven"
    bazaar.delegated.clear()
    await thief.check()
    bazaar.delegated.add("4711")
    await thief.check()
    assert await thief.state() == "unproven"


async def test_a_proven_account_is_refused_to_others(fair: Running, bazaar: Bazaar) -> None:
    """With a sentence beside the field, on the page and in the API; until it is ended."""
    owner, other = await proven_shop(fair, bazaar.delegated, "4711"), await fair.visitor().sign_up()
    page = await claim(other, "4711", name="Mine")
    assert page.status_code == 409
    assert "connected to another organisation" in page.text
    body = {"marketplace": BAZAAR, "region": REGION, "seller_id": "4711", "name": "Mine"}
    api = await other.client.post(API, json=body, headers={"x-csrf-token": await other.csrf()})
    assert (api.status_code, api.json()["type"]) == (409, "urn:passerelle:problem:other-organisation")
    assert api.json()["errors"][0]["field"] == "seller_id"
    assert await other.connections() == []
    await owner.disconnect()
    assert (await claim(other, "4711")).status_code == 303
    again = await owner.visitor.submit(f"/connections/{owner.id}/reconnect")
    assert again.status_code in {303, 503}


async def test_organisations_that_race_for_an_account(
    fair: Running, another: Callable[[Running], Running], bazaar: Bazaar
) -> None:
    """All claim at once, all prove at once, over two processes: one claim each, one owner, one event."""
    other = another(fair)
    bazaar.credentials["4711"] = ("id", "secret")
    bazaar.delegated.add("4711")
    visitors = [await running.visitor().sign_up() for running in (fair, other, fair, other)]
    shops = await asyncio.gather(*(shop(fair, "4711", each) for each in (*visitors, *visitors)))
    assert len({each.id for each in shops}) == 4
    assert [row.contested for row in await fair.rows("select contested from connection")] == [True] * 4
    await asyncio.gather(*(each.prove("id", "secret") for each in shops[:4]))
    states = sorted([await each.state() for each in shops[:4]])
    assert states == ["authorised", "unproven", "unproven", "unproven"]
    assert [kind for kind, _ in await fair.events()].count("auth.connection.authorised.v1") == 1


async def test_claims_are_counted(fair: Running, bazaar: Bazaar) -> None:
    """An organisation has at most twenty that are open, also when it asks for all at once; a proven one is none."""
    proven = await proven_shop(fair, bazaar.delegated, "1000")
    answers = await asyncio.gather(*(claim(proven.visitor, str(number)) for number in range(1, 25)))
    assert sorted(answer.status_code for answer in answers) == [303] * 20 + [409] * 4
    assert "not proven yet" in next(answer.text for answer in answers if answer.status_code == 409)
    again = await claim(proven.visitor, "1")
    assert again.status_code in {303, 409}
    assert (await claim(await fair.visitor().sign_up(), "9000")).status_code == 303


async def test_an_operator_decides(fair: Running, bazaar: Bazaar, operate: Operate) -> None:
    """Lists what is not proven, approves one, and can take an account from whom it does not belong to."""
    thief, owner = await shop(fair, "4711"), await shop(fair, "4711")
    bazaar.delegated.add("4711")
    status, said = await operate("connections", "list", "--state", "unproven")
    assert (status, said.count("4711"), owner.id in said) == (0, 2, True)
    assert (await operate("connections", "approve", thief.id))[0] == 0
    await thief.probe_by_worker()
    assert await thief.state() == "authorised"
    status, said = await operate("connections", "approve", owner.id)
    assert status == 1
    assert "another organisation" in said
    assert (await operate("connections", "disconnect", thief.id))[0] == 0
    assert (await operate("connections", "approve", owner.id))[0] == 0
    await owner.probe_by_worker()
    assert [await each.state() for each in (thief, owner)] == ["disconnected", "authorised"]
    assert (await operate("connections", "approve", owner.id))[0] == 1
    assert (await operate("connections", "approve", "0190b5a0-0000-7000-8000-000000000000"))[0] == 1
    status, said = await operate("connections", "list")
    assert ("authorised" in said, "disconnected" in said) == (True, True)
    done = await fair.rows("select action from audit where reason = 'operator' order by at, id")
    assert [row.action for row in done] == ["connection.proven", "connection.disconnected", "connection.proven"]


async def organisation_of(auth: Running, one: Shop) -> str:
    (row,) = await auth.rows("select organisation_id from connection where id = :id", id=one.id)
    return str(row.organisation_id)
