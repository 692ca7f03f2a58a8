"""What an organisation sets of its connections, on pages and over the API: names, channels, claims without a page."""

from typing import Any

import pytest
from httpx import Response

from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.delegating import BAZAAR, ONE, REGION, TWO, Bazaar
from tests.integration.auth.shops import API, claim, proven_shop, shop
from tests.integration.auth.test_pause import connected


async def ids(visitor: Visitor) -> dict[str, Any]:
    """Of the only connection's channels: what we work for, what is reached, what is chosen."""
    (found,) = await visitor.connections()
    reached = [each["id"] for each in found["reached_channels"]]
    return {
        "channels": [each["id"] for each in found["channels"]],
        "reached": reached,
        "chosen": found["chosen_channels"],
    }


async def ask(visitor: Visitor, method: str, path: str = "", **body: Any) -> Response:
    headers = {"x-csrf-token": await visitor.csrf()}
    return await visitor.client.request(method, API + path, json=body, headers=headers)


async def test_channels_are_chosen_on_the_page(fair: Running, bazaar: Bazaar) -> None:
    """Told when they change; not the last one; under *all* a new one joins by itself."""
    made = await proven_shop(fair, bazaar.delegated, "4711")
    path = f"/connections/{made.id}/channels"
    assert (await made.visitor.submit(path, which="some", channel=TWO.id)).status_code == 303
    assert await ids(made.visitor) == {"channels": [TWO.id], "reached": [ONE.id, TWO.id], "chosen": [TWO.id]}
    kind, body = (await fair.events())[-1]
    assert (kind, [each["id"] for each in body["channels"]]) == ("auth.connection.settings_changed.v1", [TWO.id])
    refused = await made.visitor.submit(path, which="some")
    assert refused.status_code == 422
    assert "Choose at least one channel" in refused.text
    assert (await made.visitor.submit(path, which="some", channel="ELSEWHERE")).status_code == 422
    assert (await ids(made.visitor))["channels"] == [TWO.id]
    await made.visitor.submit(path, which="all")
    bazaar.channels = (ONE,)
    await made.probe_by_worker()
    bazaar.channels = (ONE, TWO)
    await made.probe_by_worker()
    assert (await ids(made.visitor))["channels"] == [ONE.id, TWO.id]
    assert [len(body["channels"]) for _, body in await fair.events()] == [2, 1, 2, 1, 2]


async def test_a_disconnected_connection_offers_no_channels(fair: Running, bazaar: Bazaar) -> None:
    """Its page says what the way back is instead. Seen red: the form was offered, and chose for nothing."""
    made = await proven_shop(fair, bazaar.delegated, "4711")
    offered, back = 'name="which"', "press Reconnect, and show once more that the account is yours"
    assert (offered in await made.page(), back in await made.page()) == (True, False)
    await made.disconnect()
    page = await made.page()
    assert (offered in page, back in page, "/reconnect" in page) == (False, True, True)


async def test_channels_chosen_with_the_claim(fair: Running, bazaar: Bazaar) -> None:
    """Only those are worked for from the first event on; none that is reached: the page says so."""
    bazaar.channels = (ONE,)
    made = await shop(fair, "4711", which="some", channel=TWO.id)
    bazaar.delegated.add("4711")
    await made.check()
    assert await ids(made.visitor) == {"channels": [], "reached": [ONE.id], "chosen": [TWO.id]}
    page = await made.page()
    assert "None of the chosen channels is reached" in page
    assert "Ready:" not in page
    assert (await fair.events())[0][1]["channels"] == []


async def test_every_marketplace_has_its_channels_chosen(auth: Running) -> None:
    """Also where a consent page leads back to us."""
    seller = await auth.sandbox.seller(region="eu", channels=["FR", "DE"])
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"])
    (found,) = await visitor.connections()
    france = next(each["id"] for each in found["channels"] if each["country"] == "FR")
    await visitor.submit(f"/connections/{found['id']}/channels", which="some", channel=france)
    assert (await ids(visitor))["channels"] == [france]


async def test_a_program_sets_name_and_channels(fair: Running, bazaar: Bazaar) -> None:
    """What is left out stays; a field that is wrong is named, and nothing of that call is kept."""
    made = await proven_shop(fair, bazaar.delegated, "4711")
    one = f"/{made.id}"
    changed = (await ask(made.visitor, "PATCH", one, chosen_channels=[ONE.id])).json()
    assert (changed["chosen_channels"], changed["name"]) == ([ONE.id], "Bazaar")
    assert (await ask(made.visitor, "PATCH", one, name="Fair")).json()["chosen_channels"] == [ONE.id]
    wrong = await ask(made.visitor, "PATCH", one, name="Other", chosen_channels=[])
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "chosen_channels")
    everything = (await ask(made.visitor, "PATCH", one, chosen_channels=None)).json()
    assert (everything["chosen_channels"], everything["name"]) == (None, "Fair")
    assert [each["id"] for each in everything["channels"]] == [ONE.id, TWO.id]


async def test_the_login_in_the_portal_is_corrected(fair: Running, bazaar: Bazaar) -> None:
    """
    On the page and over the API, also taken away; the audit log says that, and nobody else hears of it. What cannot be
    kept, or belongs to no portal, is refused. Seen red without the form.
    """
    made = await proven_shop(fair, bazaar.delegated, "4711")
    told, path = await fair.events(), f"/connections/{made.id}/login"
    assert (await made.visitor.submit(path, login=" me@fair.example ")).status_code == 303
    assert 'value="me@fair.example"' in await made.page()
    wrong = await made.visitor.submit(path, login="a\x07")
    assert (wrong.status_code, "some that cannot be shown" in wrong.text) == (422, True)
    answer = await ask(made.visitor, "PATCH", f"/{made.id}", login="us")
    assert (answer.status_code, "us" in answer.json().values()) == (200, False)
    wrong = await ask(made.visitor, "PATCH", f"/{made.id}", login="a\x07")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "login")
    assert "<dd>us</dd>" in await made.page()
    await made.visitor.submit(path, login="")
    assert (await fair.rows("select login from connection"))[0].login is None
    entries = await fair.rows("select before, after from audit where action = 'connection.login_changed'")
    assert [tuple(one) for one in entries] == [(None, None)] * 3
    assert await fair.events() == told
    stranger = await fair.visitor().sign_up()
    assert (await stranger.submit(path, login="mine")).status_code == 404


async def test_only_a_delegated_account_has_a_login(auth: Running) -> None:
    """Where a consent page leads back to us there is no portal."""
    visitor, its = await connected(auth)
    assert (await visitor.submit(f"/connections/{its}/login", login="me")).status_code == 422
    assert f"/connections/{its}/login" not in (await visitor.get(f"/connections/{its}")).text
    assert (await auth.rows("select login from connection"))[0].login is None


async def test_a_program_claims_and_checks(fair: Running, bazaar: Bazaar) -> None:
    """201 with the far side's first answer in it; again 200; then the delegation, a check, and it works."""
    visitor = await fair.visitor().sign_up()
    body = {"marketplace": BAZAAR, "region": REGION, "seller_id": "4711", "name": "Fair", "login": "me"}
    made = await ask(visitor, "POST", **body)
    assert (made.status_code, made.json()["state"], made.json()["probe_outcome"]) == (201, "unproven", "refused")
    assert (await ask(visitor, "POST", **body)).status_code == 200
    bazaar.delegated.add("4711")
    found = (await ask(visitor, "POST", f"/{made.json()['id']}/check")).json()
    assert (found["state"], found["consent_version"], "me" in found.values()) == ("authorised", 1, False)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"seller_id": "04711"}, "seller_id"),
        ({"seller_id": "4711 "}, "seller_id"),
        ({"seller_id": ""}, "seller_id"),
        ({"region": "moon"}, "region"),
        ({"marketplace": "amazon", "region": "eu"}, "region"),
        ({"name": "\x07"}, "name"),
        ({"login": "a\x07"}, "login"),
        ({"chosen_channels": []}, "chosen_channels"),
        ({"chosen_channels": ["ELSEWHERE"]}, "chosen_channels"),
    ],
)
async def test_a_claim_that_is_wrong_names_its_field(
    fair: Running, bazaar: Bazaar, changed: dict[str, Any], field: str
) -> None:
    """One account has one spelling, or two organisations could hold it under two."""
    visitor = await fair.visitor().sign_up()
    body = {"marketplace": BAZAAR, "region": REGION, "seller_id": "4711", "name": "Fair"} | changed
    answer = await ask(visitor, "POST", **body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert await visitor.connections() == []
    assert bazaar.probes == []


async def test_the_form_says_what_is_wrong_and_keeps_what_was_given(fair: Running, bazaar: Bazaar) -> None:
    """Beside the field, in the visitor's language; what was typed is still there."""
    visitor = await fair.visitor().sign_up()
    wrong = await claim(visitor, "abc", name="My fair", which="some", channel=TWO.id)
    assert wrong.status_code == 422
    for shown in ("This is not a Seller ID", 'value="abc"', 'value="My fair"'):
        assert shown in wrong.text
    assert (await visitor.get("/connections/amazon/connect")).status_code == 404
    french = (await visitor.get(f"/connections/{BAZAAR}/connect?language=fr")).text
    assert "Remplissez d’abord ce formulaire" in french
    listed = (await visitor.get("/connections")).text
    assert f'href="/connections/{BAZAAR}/connect"' in listed


async def test_the_list_says_what_is_not_proven(fair: Running, bazaar: Bazaar) -> None:
    """With a sentence, and a button to ask now; its own page sends nobody to itself."""
    made = await shop(fair, "4711")
    elsewhere = "The connection’s page says what to do."
    assert elsewhere not in await made.page()
    listed = (await made.visitor.get("/connections")).text
    for shown in ("Not proven yet", f"/connections/{made.id}/check", "No order is read", elsewhere):
        assert shown in listed
