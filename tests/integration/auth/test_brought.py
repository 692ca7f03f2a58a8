"""Accounts from MWS: brought by a form or a table, consented to with one click, and their token nowhere."""

import pytest

from services.auth.usecases.bring_accounts import BROUGHT_MOST
from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.operating import operating
from tests.integration.auth.test_consent import outcome

IMPORT = "/connections/amazon/import"
HEAD = "name,merchant_id,marketplace_ids,mws_token\n"
TOKEN = "amzn.mws.4ea38b7b-f563-7709-4bae-87aea15c"


async def bring(visitor: Visitor, *lines: str) -> str:
    """Where the form leads to."""
    answer = await visitor.submit(IMPORT, page=IMPORT, table=HEAD + "\n".join(lines))
    assert answer.status_code == 303, answer.text
    location: str = answer.headers["location"]
    return location


async def test_an_account_is_brought_and_consented_to_with_one_click(auth: Running) -> None:
    """Its name and marketplaces are kept, the click leads to its country's page, nothing was asked of it before."""
    seller = await auth.sandbox.seller(region="eu", channels=["FR", "DE"])
    visitor = await auth.visitor().sign_up()
    page = await visitor.get(await bring(visitor, f"Old shop,{seller['seller_id']},DE,{TOKEN}"))
    assert "Accounts brought: 1" in page.text
    assert "Waiting for your consent" in page.text
    (waiting,) = await visitor.connections()
    assert (waiting["state"], waiting["name"], waiting["channels"]) == ("unproven", "Old shop", [])
    assert (await auth.sandbox.calls())["calls"] == []
    assert await auth.events() == []
    clicked = await visitor.submit(f"/connections/{waiting['id']}/reconnect")
    assert "/amazon/central/DE/apps/authorize/consent?" in clicked.headers["location"]
    back = await visitor.confirm(clicked.headers["location"], seller["seller_id"])
    assert (await visitor.get(back)).headers["location"].endswith(waiting["id"])
    (connection,) = await visitor.connections()
    assert (connection["id"], connection["name"], connection["state"]) == (waiting["id"], "Old shop", "authorised")
    assert [channel["country"] for channel in connection["channels"]] == ["DE"]
    assert {channel["country"] for channel in connection["reached_channels"]} == {"FR", "DE"}


@pytest.mark.abuse
async def test_the_token_is_nowhere(auth: Running) -> None:
    """Neither in a table of the database nor on the page that shows the lines again."""
    visitor = await auth.visitor().sign_up()
    await bring(visitor, f"Shop,A1,FR US,{TOKEN}")
    refused = await visitor.submit(IMPORT, page=IMPORT, table=f"{HEAD}Shop,A1,XX,{TOKEN}")
    assert refused.status_code == 422
    assert "Line 2:" in refused.text
    assert "Shop,A1,XX" in refused.text
    assert TOKEN not in refused.text
    assert TOKEN not in (await visitor.submit(IMPORT, page=IMPORT, table=TOKEN)).text
    assert TOKEN not in await auth.kept("connection", "audit", "consent_state", "outbox", "organisation")


async def test_one_bad_line_keeps_all_out(auth: Running) -> None:
    """So that what is mended can be sent again as a whole."""
    visitor = await auth.visitor().sign_up()
    answer = await visitor.submit(IMPORT, page=IMPORT, table=f"{HEAD}One,A1,FR,\nTwo,A 2,FR,")
    assert answer.status_code == 422
    assert "Line 3:" in answer.text
    assert await visitor.connections() == []


async def test_a_field_of_the_form_is_named(auth: Running) -> None:
    """And what was typed stays."""
    visitor = await auth.visitor().sign_up()
    form = {"how": "one", "name": "Shop", "merchant_id": "A 1", "marketplace_ids": "FR"}
    answer = await visitor.submit(IMPORT, page=IMPORT, **form)
    assert answer.status_code == 422
    assert 'id="merchant_id-error"' in answer.text
    assert 'value="A 1"' in answer.text
    kept = await visitor.submit(IMPORT, page=IMPORT, **(form | {"merchant_id": "A1"}))
    assert kept.headers["location"] == "/connections?waiting=1&known=0"


async def test_what_lives_here_stays_as_it_is(auth: Running) -> None:
    """Brought again, or connected before: told, and not changed. What was ended waits again under its new name."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"], name="Main shop")
    line = f"Old shop,{seller['seller_id']},FR,"
    assert await bring(visitor, line, "Other,A2,US,") == "/connections?waiting=1&known=1"
    assert await bring(visitor, line, "Other,A2,US,") == "/connections?waiting=0&known=2"
    first, _ = await visitor.connections()
    assert (first["name"], first["state"]) == ("Main shop", "authorised")
    await visitor.submit(f"/connections/{first['id']}/disconnect")
    assert await bring(visitor, line) == "/connections?waiting=1&known=0"
    again = next(each for each in await visitor.connections() if each["id"] == first["id"])
    assert (again["name"], again["state"]) == ("Old shop", "unproven")


@pytest.mark.abuse
async def test_what_is_brought_keeps_nobody_out(auth: Running) -> None:
    """Anybody can type a merchant id: its owner connects it, and whoever only typed it cannot."""
    seller = await auth.sandbox.seller(region="eu")
    typed, owner = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    await bring(typed, f"Not mine,{seller['seller_id']},FR,")
    assert "connected=" in (await owner.connect(seller["seller_id"])).headers["location"]
    (waiting,) = await typed.connections()
    clicked = await typed.submit(f"/connections/{waiting['id']}/reconnect")
    back = await typed.confirm(clicked.headers["location"], seller["seller_id"])
    assert outcome((await typed.get(back)).headers["location"]) == "other-organisation"


async def test_an_operator_cannot_make_it_work(auth: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """Approving is for claims; here only the seller's consent gives a grant. Nor is the marketplace asked."""
    visitor, operate = await auth.visitor().sign_up(), operating(auth, capsys)
    await bring(visitor, "Shop,A1,FR,")
    (waiting,) = await visitor.connections()
    for action in ("approve", "probe", "pause"):
        assert (await operate("connections", action, waiting["id"]))[0] == 1, action
    assert (await visitor.connections())[0]["state"] == "unproven"


async def test_no_more_wait_than_somebody_has(auth: Running) -> None:
    """Whoever fills the list is told so, and may go on once some are gone."""
    visitor = await auth.visitor().sign_up()
    for start in range(0, BROUGHT_MOST, 150):
        await bring(visitor, *(f"S{number},A{number},FR," for number in range(start, start + 150)))
    answer = await visitor.submit(IMPORT, page=IMPORT, table=f"{HEAD}One,B1,FR,")
    assert answer.status_code == 409
    assert "Authorise or disconnect" in answer.text
    assert "One,B1,FR" in answer.text
    assert await bring(visitor, "S1,A1,FR,") == "/connections?waiting=0&known=1"
    first = (await visitor.connections())[0]
    await visitor.submit(f"/connections/{first['id']}/disconnect")
    assert await bring(visitor, "One,B1,FR,") == "/connections?waiting=1&known=0"


async def test_only_where_there_was_an_older_interface(auth: Running) -> None:
    """Octopia had none; a stranger is led to sign in."""
    visitor = await auth.visitor().sign_up()
    assert (await visitor.get("/connections/octopia/import")).status_code == 404
    assert (await auth.visitor().get(IMPORT)).headers["location"].startswith("/signin")
