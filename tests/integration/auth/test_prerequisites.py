"""What is needed before an account is connected: shown where one is, mended on its page, sealed."""

import httpx
import pytest

from services.auth.domain.prerequisites import Need
from tests.integration.auth.conftest import Running, Visitor

PAGE = "/settings/organisation"
OURS = {
    "name": "Ours SARL",
    "street": "1 rue de la Paix",
    "postal_code": "75002",
    "city": "Paris",
    "country": "FR",
}


async def save(visitor: Visitor, kind: str, **fields: str) -> httpx.Response:
    return await visitor.submit(f"{PAGE}/address", page=PAGE, kind=kind, **fields)


async def missing(visitor: Visitor, page: str = "/connections") -> list[str]:
    """What the checklist of a page says is missing, by where it is mended."""
    card = (await visitor.get(page)).text.split('aria-labelledby="needs"')[1].split("</section>")[0]
    items = card.split("<li>")[1:]
    return [item.split('href="')[1].split('"')[0].split("#")[-1] for item in items if ">Missing<" in item]


async def test_the_checklist_says_what_is_missing_until_it_is_there(auth: Running) -> None:
    """
    On each page that connects, with where to mend it; an account is connected all the same. What Europe's Amazon says
    of the plan is believed; an individual one is told on its page.
    """
    visitor = await auth.visitor().sign_up()
    addresses = [Need.SENDER, Need.RETURNS, Need.BILLING]
    assert await missing(visitor) == [*addresses, "plan"]
    assert await missing(visitor, "/connections/amazon_vendor/private") == addresses
    assert (await save(visitor, "sender", **OURS)).status_code == 303
    assert (await save(visitor, "returns", do="sender")).status_code == 303
    assert await missing(visitor) == [Need.BILLING, "plan"]
    await visitor.submit(f"{PAGE}/plan", page=PAGE, professional="yes")
    assert await missing(visitor) == [Need.BILLING]
    await auth.sandbox.seller("A1INDIVIDUAL", professional=False)
    assert "connected=" in (await visitor.connect("A1INDIVIDUAL")).headers["location"]
    (one,) = await visitor.connections()
    assert one["professional"] is False
    assert "has an individual selling plan" in (await visitor.get(f"/connections/{one['id']}")).text
    assert await missing(visitor) == [Need.BILLING, "plan"]
    assert (await save(visitor, "returns", do="remove")).status_code == 303
    assert await missing(visitor) == [Need.RETURNS, Need.BILLING, "plan"]
    deeds = await auth.rows("select after from audit where action = 'organisation.profile_changed' order by at, id")
    assert [one.after for one in deeds] == ["sender", "returns", "professional", "returns"]


async def test_an_address_that_is_wrong_is_not_kept(auth: Running) -> None:
    """Each field says what is wrong with it, and what was typed is still there."""
    visitor = await auth.visitor().sign_up()
    answer = await save(visitor, "billing", **OURS | {"country": "001", "city": ""})
    assert answer.status_code == 422
    assert "Choose the country." in answer.text
    assert "Enter the city, up to 60 characters." in answer.text
    assert 'value="1 rue de la Paix"' in answer.text
    assert (await save(visitor, "elsewhere", **OURS)).status_code == 404
    assert (await save(visitor, "returns", do="sender")).status_code == 422  # there is no sender to take
    assert await auth.rows("select 1 from address") == []


@pytest.mark.abuse
async def test_addresses_are_an_organisations_own_and_sealed(auth: Running) -> None:
    """Shown on their page only; in no table, event or log in clear. Seen red with the address kept as it is."""
    visitor, stranger = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    await save(visitor, "sender", **OURS)
    assert "rue de la Paix" in (await visitor.get(PAGE)).text
    assert "rue de la Paix" not in (await visitor.get("/connections")).text
    assert "rue de la Paix" not in (await stranger.get(PAGE)).text
    await save(stranger, "sender", do="remove")
    assert "rue de la Paix" in (await visitor.get(PAGE)).text
    tables = [row.tablename for row in await auth.rows("select tablename from pg_tables where schemaname = 'public'")]
    everything = ""
    for table in tables:
        rows = await auth.rows(f'select t::text from "{table}" t')  # noqa: S608 - our tables
        everything += "".join(row[0] for row in rows)  # a row's own text is cut
    assert b"rue de la Paix".hex() not in everything
    assert "rue de la Paix" not in everything
    assert (await auth.visitor().get(PAGE)).headers["location"].startswith("/signin")
