"""Sessions as their owner sees and ends them."""

import re

from tests.integration.auth.conftest import PASSWORD, Running, Visitor

ACCOUNT = "/settings/account"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0"


async def at(auth: Running, owner: Visitor, browser: str) -> Visitor:
    """The owner in another browser."""
    visitor = auth.visitor()
    visitor.client.headers["user-agent"] = browser
    await visitor.submit("/signin", page="/signin", email=owner.email, password=PASSWORD)
    return visitor


async def ends(visitor: Visitor) -> list[str]:
    """The addresses of the buttons that end one session."""
    return re.findall(rf'action="({ACCOUNT}/sessions/[0-9a-f-]+/end)"', (await visitor.get(ACCOUNT)).text)


async def test_sessions_are_listed_and_ended_one_by_one(auth: Running) -> None:
    """With their browsers' families, nothing else of them is kept; this one is marked and has no button."""
    owner = await auth.visitor().sign_up()
    fox, edge = await at(auth, owner, FIREFOX), await at(auth, owner, EDGE)
    page = (await owner.get(ACCOUNT)).text
    assert [page.count(said) for said in ("Firefox", "Edge", "This session")] == [2, 2, 1]
    kept = await auth.rows("select browser from session order by created_at")
    assert [row.browser for row in kept] == ["", "Firefox", "Edge"]
    (its,) = [address for address in await ends(owner) if address not in await ends(fox)]
    assert (await owner.submit(its, page=ACCOUNT)).headers["location"] == ACCOUNT
    assert ((await fox.get(ACCOUNT)).status_code, (await edge.get(ACCOUNT)).status_code) == (303, 200)
    assert (await owner.submit(its, page=ACCOUNT)).status_code == 404
    assert len(await auth.rows("select 1 from audit where action = 'account.sessions_ended'")) == 1


async def test_all_others_are_ended_at_once(auth: Running) -> None:
    """This one stays; where there is no other there is no button."""
    owner = await auth.visitor().sign_up()
    fox, edge = await at(auth, owner, FIREFOX), await at(auth, owner, EDGE)
    assert "End all others" in (await fox.get(ACCOUNT)).text
    await fox.submit(f"{ACCOUNT}/sessions/end-others", page=ACCOUNT)
    assert [(await each.get(ACCOUNT)).status_code for each in (owner, fox, edge)] == [303, 200, 303]
    assert "End all others" not in (await fox.get(ACCOUNT)).text


async def test_nobody_ends_anothers_session(auth: Running) -> None:
    """404, and it lives. Seen red with the account not looked at."""
    owner, stranger = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    fox = await at(auth, owner, FIREFOX)
    for its in await ends(owner):
        assert (await stranger.submit(its, page=ACCOUNT)).status_code == 404
    assert (await fox.get(ACCOUNT)).status_code == 200
