"""Octopia as the sandbox plays it: delegation in its portal, one grant of ours, two organisations and one seller."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.auth.__main__ import _parser
from services.auth.entrypoints import secrets_operator
from tests.infrastructure import MakeDatabase
from tests.integration.auth.conftest import Running, Visitor, run_auth, settings_for
from tests.integration.auth.shops import API, Shop
from tests.sandbox_client import Sandbox

OURS = {"client_id": "passerelle", "client_secret": "s3cret-octopia"}
OWN = {"client_id": "own", "client_secret": "own-secret"}
_CONNECT = "/connections/octopia/connect"


@pytest.fixture
async def octopia(migrated_database: MakeDatabase, sandbox: Sandbox) -> AsyncIterator[Running]:
    """auth with an application at Octopia only."""
    await sandbox.octopia_app(OURS["client_id"], [OURS["client_secret"]])
    far = sandbox.base_url
    settings = settings_for(
        migrated_database("auth"),
        far,
        apps={"octopia": {"eu": OURS}},
        token_urls={"octopia": f"{far}/octopia/auth/realms/maas/protocol/openid-connect/token"},
        central_urls={},
        api_urls={"octopia": {"eu": f"{far}/octopia/api/seller/v2"}},
    )
    running = run_auth(settings, sandbox)
    yield running
    await running.close()


async def connect(octopia: Running, seller_id: str) -> Shop:
    visitor: Visitor = await octopia.visitor().sign_up()
    answer = await visitor.submit(_CONNECT, page=_CONNECT, region="eu", seller_id=seller_id, name="Boutique")
    assert answer.status_code == 303, answer.text
    return Shop(octopia, visitor, seller_id, answer.headers["location"].rpartition("/")[2])


async def test_a_seller_of_cdiscount_connects(octopia: Running) -> None:
    """Claimed, refused, delegated, ready with its channels; one token, and nothing a strict far side would refuse."""
    seller = await octopia.sandbox.octopia_seller(delegated=False, channels=["CDISFR"])
    made = await connect(octopia, seller["seller_id"])
    page = await made.page()
    for shown in ("Waiting for your delegation", "developer.octopia-io.net", "I use a feed aggregator", "“Passerelle”"):
        assert shown in page
    await octopia.sandbox.delegate(seller["seller_id"])
    await made.check()
    found: dict[str, Any] = await made.connection()
    assert (found["state"], [each["id"] for each in found["channels"]]) == ("authorised", ["CDISFR"])
    calls = await octopia.sandbox.calls("octopia.token")
    assert (calls["count"], (await octopia.sandbox.calls())["deviations"]) == (1, [])


@pytest.mark.parametrize(
    ("word", "state", "shown"),
    [("ActiveSeller", "active", None), ("Holidays", "holiday", "On holiday"), ("BannedSeller", "banned", "Banned")],
)
async def test_how_octopia_keeps_the_seller_is_shown(
    octopia: Running, word: str, state: str, shown: str | None
) -> None:
    """
    Beside the connection's own state, which it does not change. Seen red with the profile's words unread, and with a
    banned one said to be ready.
    """
    seller = await octopia.sandbox.octopia_seller(delegated=False)
    made = await connect(octopia, seller["seller_id"])
    await octopia.sandbox.octopia_seller(seller["seller_id"], sub_state=word)
    await made.check()
    found: dict[str, Any] = await made.connection()
    assert (found["state"], found["seller_state"]) == ("authorised", state)
    page = await made.page()
    assert [each for each in ("On holiday", "Banned") if each in page] == ([shown] if shown else [])
    assert ("Its orders are being imported now." in page) is (state != "banned")


async def test_two_organisations_never_hold_one_seller(octopia: Running) -> None:
    """Both claim it, its owner delegates: nobody reads it until its own credentials decide."""
    seller = await octopia.sandbox.octopia_seller(delegated=False, own_client=OWN)
    stranger, owner = await connect(octopia, seller["seller_id"]), await connect(octopia, seller["seller_id"])
    await octopia.sandbox.delegate(seller["seller_id"])
    for each in (stranger, owner):
        await each.check()
        assert (await each.state(), (await each.token()).status_code) == ("unproven", 409)
    assert (await stranger.prove("own", "guessed")).status_code == 422
    await owner.prove(**OWN)
    assert [await each.state() for each in (stranger, owner)] == ["unproven", "authorised"]
    assert (await owner.token()).status_code == 200
    assert (await stranger.token()).status_code == 409


async def test_another_sellers_credentials_prove_nothing(octopia: Running) -> None:
    """Good ones, of another account: refused."""
    await octopia.sandbox.octopia_seller("100001", own_client=OWN)
    await octopia.sandbox.octopia_seller("100002", delegated=False)
    made = await connect(octopia, "100002")
    assert (await made.prove(**OWN)).status_code == 422
    assert await made.state() == "unproven"


async def test_a_seller_has_one_spelling(octopia: Running) -> None:
    """A leading zero is no other account."""
    visitor = await octopia.visitor().sign_up()
    body = {"marketplace": "octopia", "region": "eu", "seller_id": "098979", "name": "Mine"}
    answer = await visitor.client.post(API, json=body, headers={"x-csrf-token": await visitor.csrf()})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "seller_id")


async def test_another_secret_of_ours_is_tried_before_it_is_kept(
    octopia: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the operator's command: what Octopia's token endpoint refuses is not kept. Seen red untried."""
    (tmp_path / "secret").write_text("n3w-octopia")
    words = ["secrets", "set", "--client", OURS["client_id"], "--file", str(tmp_path / "secret")]
    assert await secrets_operator.run(_parser().parse_args(words), octopia.settings) == 1
    assert "the marketplace refuses it" in capsys.readouterr().err
    assert await octopia.rows("select 1 from client_secret") == []
    await octopia.sandbox.octopia_app(OURS["client_id"], [OURS["client_secret"], "n3w-octopia"])
    assert await secrets_operator.run(_parser().parse_args(words), octopia.settings) == 0
    assert len(await octopia.rows("select 1 from client_secret")) == 2
