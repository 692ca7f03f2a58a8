"""Organisations with hundreds of connections: what the list shows, and in which order."""

import re

from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.members import REVIEW, review_of
from tests.integration.auth.private import refused_app
from tests.integration.auth.test_pause import connected

_COPIES = """
insert into connection select (jsonb_populate_record(one, jsonb_build_object(
    'id', gen_random_uuid(), 'seller_id', 'S' || n, 'name', 'Shop ' || n, 'grant_id', null, 'probe_due_at', null
) || cast(:changed as jsonb))).*
from connection one, generate_series(1, cast(:count as int)) n
"""


async def copies(auth: Running, count: int, changed: str = '{"state": "disconnected"}') -> None:
    """So many more connections like the only one: *Shop 1* and so on, each older than it."""
    await auth.rows(_COPIES, count=count, changed=changed)
    older = "cast('00000000-0000-7000-8000-' || lpad(substr(seller_id, 2), 12, '0') as uuid)"
    await auth.rows(f"update connection set id = {older} where name like 'Shop %'")  # noqa: S608 - ours


def names(page: str) -> list[str]:
    """Those of the list, in its order."""
    return re.findall(r'<th scope="row"><a href="/connections/[^"]*">([^<]*)<', page)


def next_page(page: str) -> str | None:
    found = re.search(r'href="([^"]*)" rel="next"', page)
    return found[1].replace("&amp;", "&") if found else None


async def whole(visitor: Visitor, path: str = "/connections") -> list[list[str]]:
    """The names on each page, from this one on."""
    pages: list[list[str]] = []
    onward: str | None = path
    while onward:
        page = (await visitor.get(onward)).text
        pages.append(names(page))
        onward = next_page(page)
    return pages


async def test_the_newest_is_listed_however_many_there_were(auth: Running) -> None:
    """
    Fifty on a page, every one once, what ended behind what lives; who just connected one is told so. Seen red with the
    first 500 ever made.
    """
    visitor, its = await connected(auth)
    name = (await visitor.connections())[0]["name"]
    await copies(auth, 505)
    page = (await visitor.get(f"/connections?connected={its}")).text
    assert f"Connected: {name}" in page
    assert len(page) < 100_000
    pages = await whole(visitor)
    assert pages[0][0] == name
    assert [len(each) for each in pages] == [50] * 10 + [6]
    assert [one for each in pages for one in each][1:] == [f"Shop {n}" for n in range(505, 0, -1)]


async def test_what_needs_somebody_comes_first(auth: Running) -> None:
    """However old it is, and whichever page the last one ended on. Seen red in the order they were made."""
    visitor, _ = await connected(auth)
    await copies(auth, 120, '{"state": "authorised"}')
    await auth.rows("update connection set state = 'revoked' where name = 'Shop 3'")
    await auth.rows("update connection set state = 'expiring' where name = 'Shop 1'")
    await auth.rows("update connection set probe_outcome = 'role_missing' where name = 'Shop 2'")
    await auth.rows("update connection set state = 'disconnected' where name = 'Shop 119'")
    await auth.rows("update connection set state = 'paused' where name = 'Shop 120'")
    found = [one for each in await whole(visitor) for one in each]
    assert found[:3] == ["Shop 3", "Shop 2", "Shop 1"]
    assert (found[4], found[5], found[-1]) == ("Shop 120", "Shop 118", "Shop 119")
    assert len(found) == len(set(found)) == 121


async def test_what_only_the_seller_can_mend_comes_first_too(auth: Running) -> None:
    """
    An own client secret that is refused, a seller whom the marketplace has shut out or put on notice, no store; not who
    is on holiday, nor what rests or has ended. Seen red: all of them among those that work.
    """
    visitor, _ = await connected(auth)
    await copies(auth, 120, '{"state": "authorised"}')
    for number, kept in (4, "banned"), (5, "deactivated"), (6, "on_notice"), (60, "holiday"), (61, "banned"):
        await auth.rows(f"update connection set seller_state = '{kept}' where name = 'Shop {number}'")  # noqa: S608
    await auth.rows("update connection set state = 'paused' where name = 'Shop 61'")
    await auth.rows("update connection set channels = '[]' where name = 'Shop 1'")
    await refused_app(auth, "Shop 2", "Shop 3")
    await auth.rows("update connection set state = 'disconnected' where name = 'Shop 3'")
    found = [one for each in await whole(visitor) for one in each]
    assert found[:5] == ["Shop 6", "Shop 5", "Shop 4", "Shop 2", "Shop 1"]
    assert (found[6], found[-1]) == ("Shop 120", "Shop 3")
    assert found.index("Shop 60") == found.index("Shop 61") + 1 == found.index("Shop 62") + 2
    assert len(found) == len(set(found)) == 121


async def test_the_list_is_searched(auth: Running) -> None:
    """By a part of a name or of a seller's id, and by state; the filter stays on the next page."""
    visitor, _ = await connected(auth)
    assert 'role="search"' not in (await visitor.get("/connections")).text
    await copies(auth, 60, '{"state": "expired"}')
    page = (await visitor.get("/connections")).text
    assert "Expired (60)" in page
    assert await whole(visitor, "/connections?search=shop+33") == [["Shop 33"]]
    assert await whole(visitor, "/connections?search=s33") == [["Shop 33"]]
    assert [len(each) for each in await whole(visitor, "/connections?state=expired")] == [50, 10]
    assert len((await whole(visitor, "/connections?state=authorised"))[0]) == 1
    nothing = (await visitor.get("/connections?search=%25")).text
    assert "No connection fits this" in nothing
    assert "No marketplace is connected yet" not in nothing


async def test_an_address_that_makes_no_sense_is_the_first_page(auth: Running) -> None:
    """Neither an error nor an empty list; nor are others' connections found."""
    visitor, its = await connected(auth)
    for query in ("cursor=x", "cursor=9.x", f"cursor=7.{its}", "state=x", "app=x", "cursor=%00"):
        assert len(names((await visitor.get(f"/connections?{query}")).text)) == 1, query
    stranger = await auth.visitor().sign_up()
    assert names((await stranger.get("/connections?search=a")).text) == []
    assert "Connected:" not in (await stranger.get(f"/connections?connected={its}")).text


async def test_selling_plans_are_known_of_every_account(auth: Running) -> None:
    """Of those that live. Seen red with the first 500 ever made."""
    visitor, _ = await connected(auth)
    await auth.rows("update connection set professional = true")
    await copies(auth, 505, '{"state": "disconnected", "professional": false}')
    assert "In Europe Amazon tells us" not in (await visitor.get("/connections")).text
    await auth.rows("update connection set state = 'authorised' where name = 'Shop 1'")
    assert "In Europe Amazon tells us" in (await visitor.get("/connections")).text


async def test_all_that_live_are_reviewed(auth: Running) -> None:
    """
    By one answer for each marketplace and region, and a tick beside each that ends: whatever ended before is not there,
    and nothing that was not shown is answered for. Seen red with the first 1,000 ever made, and without a look at what
    was shown.
    """
    visitor, its = await connected(auth)
    await copies(auth, 1005)
    await auth.rows("update connection set state = 'authorised' where name in ('Shop 1', 'Shop 2')")
    before = (await visitor.get(REVIEW)).text
    await auth.rows("update connection set state = 'authorised' where name in ('Shop 3', 'Shop 1004')")
    page = (await visitor.get(REVIEW)).text
    assert re.findall(r'name="ends" value="([^"]*)"', page)[0] == its
    assert (page.count('name="ends"'), page.count('type="radio"')) == (5, 2)
    ends = re.findall(r'Shop 1004<.*?name="ends" value="([^"]*)"', page, re.DOTALL)
    late = await visitor.submit(REVIEW, page=REVIEW, **review_of(before), ends=ends[0])
    assert (late.status_code, "changed by somebody else" in late.text, "checked" in late.text) == (409, True, True)
    without = {name: value for name, value in review_of(page).items() if not name.startswith("group")}
    assert "no answer yet" in (await visitor.submit(REVIEW, page=REVIEW, **without)).text
    assert (await visitor.submit(REVIEW, page=REVIEW, **review_of(page), ends=ends[0])).status_code == 303
    assert await auth.rows("select name from connection where state <> 'disconnected' and id = :one", one=ends[0]) == []
    (told,) = await auth.rows("select after from audit where action = 'access.reviewed'")
    assert told.after == "kept=5 removed=1"


async def test_closing_names_every_connection_that_ends(auth: Running) -> None:
    """The newest too, however many were made before it."""
    visitor, _ = await connected(auth)
    name = (await visitor.connections())[0]["name"]
    await copies(auth, 505, '{"state": "paused"}')
    page = (await visitor.get("/settings/organisation/close")).text
    assert re.findall(r"<li><strong>([^<]*)<", page) == [*(f"Shop {n}" for n in range(1, 506)), name]
