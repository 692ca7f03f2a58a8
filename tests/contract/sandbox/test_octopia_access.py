"""Octopia: who gets a token, who may act for whom, and what every operation refuses alike."""

import json

import pytest

from tests.contract.sandbox.far_octopia import API, CLIENT_ID, SELLER, TOKEN_URL, OctopiaFar, errors
from tests.sandbox.world import Options


async def test_a_token_lives_two_hours(octopia: OctopiaFar) -> None:
    """No refresh token: a client just asks again. An expired token is 401, as an invented or a missing one."""
    answer = (await octopia.ask_token()).json()
    assert (answer["expires_in"], answer["token_type"]) == (7200, "Bearer")
    assert "refresh_token" not in answer
    octopia.token = answer["access_token"]
    octopia.now += 7199
    assert (await octopia.get("/sellers")).status_code == 200
    octopia.now += 1
    assert errors(await octopia.get("/sellers"), 401)
    octopia.token = "eyJinvented"
    assert errors(await octopia.get("/sellers"), 401)
    assert errors(await octopia.http.get(f"{API}/sellers", headers={"SellerId": SELLER}), 401)


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "unauthorized_client"),
        ({"client_secret": ""}, 401, "unauthorized_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_keycloak_refuses(octopia: OctopiaFar, form: dict[str, str], status: int, error: str) -> None:
    """In Keycloak's words, `error` and `error_description`."""
    answer = await octopia.ask_token(**form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


async def test_both_secrets_of_a_rotation_are_good(octopia: OctopiaFar) -> None:
    """Until the registration is replaced."""
    assert await octopia.access_token(client_secret="second-secret")
    await octopia.control.octopia_app(CLIENT_ID, ["second-secret"])
    assert (await octopia.ask_token()).status_code == 401


async def test_a_token_is_asked_for_with_a_form(octopia: OctopiaFar) -> None:
    """JSON is 415."""
    answer = await octopia.http.post(TOKEN_URL, json={"grant_type": "client_credentials"})
    assert answer.status_code == 415


async def test_the_501st_token_of_an_hour_is_refused(octopia: OctopiaFar) -> None:
    """Each client has 500 in any hour; another client's are its own."""
    answers = [await octopia.ask_token() for _ in range(500)]
    assert [a.status_code for a in answers] == [200] * 499 + [429]
    assert "retry-after" not in answers[-1].headers
    await octopia.control.octopia_app("other", ["secret"])
    assert (await octopia.ask_token(client_id="other", client_secret="secret")).status_code == 200
    octopia.now += 3600
    assert (await octopia.ask_token()).status_code == 200


async def test_the_quota_of_tokens_is_scaled() -> None:
    """As all quotas are."""
    far = await OctopiaFar(Options(quota_scale=0.01)).ready()
    assert [(await far.ask_token()).status_code for _ in range(5)] == [200] * 4 + [429]
    await far.close()


async def test_the_seller_is_named_in_a_header(octopia: OctopiaFar) -> None:
    """Without SellerId a call is 400, with a problem document that names the field."""
    answer = await octopia.http.get(f"{API}/sellers", headers={"authorization": f"Bearer {octopia.token}"})
    assert "SellerId" in errors(answer)


async def test_only_a_delegated_seller_is_reached(octopia: OctopiaFar) -> None:
    """403 before the seller lets us in and after it withdraws that; an unknown seller looks the same."""
    await octopia.control.octopia_seller("555", delegated=False)
    octopia.seller_id = "555"
    refused = await octopia.get("/sellers")
    await octopia.control.delegate("555")
    assert (await octopia.get("/sellers")).json()["seller_id"] == "555"
    await octopia.control.delegate("555", False)
    assert errors(await octopia.get("/sellers"), 403) == errors(refused, 403)
    octopia.seller_id = "NOBODY"
    assert errors(await octopia.get("/sellers"), 403) == errors(refused, 403)


async def test_own_credentials_open_their_own_account_only(octopia: OctopiaFar) -> None:
    """They work without any delegation, and for no other seller."""
    own = {"client_id": "own", "client_secret": "own-secret"}
    await octopia.control.octopia_seller("555", delegated=False, own_client=own)
    octopia.token = await octopia.access_token(**own)
    assert errors(await octopia.get("/sellers"), 403)
    octopia.seller_id = "555"
    assert (await octopia.get("/sellers")).status_code == 200


async def test_a_seller_reads_its_own_orders_only(octopia: OctopiaFar) -> None:
    """Another seller's order is as unknown as none at all, to read, to answer and to ship."""
    await octopia.control.octopia_seller("555", auto_accept=False)
    [order_id] = await octopia.control.orders("555")
    assert await octopia.ids() == []
    for answer in (await octopia.get(f"/orders/{order_id}"), await octopia.ship(order_id)):
        assert errors(answer, 404)
    assert errors(await octopia.approve(order_id), 404)


async def test_an_unknown_path_is_404(octopia: OctopiaFar) -> None:
    """Also a trailing slash, and a known path with another method."""
    for path in ("/nothing", "/orders/"):
        assert errors(await octopia.get(path), 404)
    assert errors(await octopia.post("/carriers", []), 404)


async def test_a_spent_quota_is_429_until_the_bucket_fills(octopia: OctopiaFar) -> None:
    """A burst of 200, ten a second; no Retry-After; another seller's bucket is its own."""
    assert [(await octopia.get("/carriers")).status_code for _ in range(201)] == [200] * 200 + [429]
    answer = await octopia.get("/carriers")
    assert errors(answer, 429)
    assert "retry-after" not in answer.headers
    await octopia.control.octopia_seller("555")
    octopia.seller_id = "555"
    assert (await octopia.get("/carriers")).status_code == 200
    octopia.seller_id = SELLER
    octopia.now += 0.15
    assert [(await octopia.get("/carriers")).status_code for _ in range(2)] == [200, 429]


async def test_the_profile_and_the_subscriptions_are_snake_case(octopia: OctopiaFar) -> None:
    """All channels of the seller are active; one it left is listed too."""
    await octopia.control.octopia_seller(SELLER, channels=["CDISFR", "ONBUGB"], auto_accept=False)
    profile = (await octopia.get("/sellers")).json()
    assert (profile["seller_id"], profile["auto_accept_order"]) == (SELLER, False)
    rows = (await octopia.get("/sellers/subscriptions")).json()["items"]
    live = {r["sales_channel_id"]: r["offer_submission_currency"] for r in rows if r["status"] == "Active"}
    assert live == {"CDISFR": "EUR", "ONBUGB": "GBP"}
    assert len(rows) == 3


async def test_carriers_are_a_bare_array_with_repeated_codes(octopia: OctopiaFar) -> None:
    """Labels are unique, codes are not; `autre` stands for the rest."""
    rows = (await octopia.get("/carriers")).json()
    labels, codes = [row["label"] for row in rows], [row["code"] for row in rows]
    assert len(set(labels)) == len(labels)
    assert len(set(codes)) < len(codes)
    assert {"code": "default", "label": "autre"} in rows


async def test_a_correct_client_has_no_deviations(octopia: OctopiaFar) -> None:
    """What the contract tests send is what a strict far side would take; strangers are let through but noted."""
    order = await octopia.planted()
    await octopia.get("/sellers")
    await octopia.rows(pageIndex="1", pageSize="50", updatedAtMin="2026-01-01T00:00:00Z")
    await octopia.ship(order["order_id"])
    assert await octopia.deviations() == []
    assert len(await octopia.rows(limit="1", offset="5")) == 1
    assert await octopia.deviations() == ["unknown parameter limit", "unknown parameter offset"]


async def test_no_secret_is_in_the_log_of_calls(octopia: OctopiaFar) -> None:
    """The log can be printed: it holds neither tokens nor secrets."""
    await octopia.ask_token()
    await octopia.rows()
    text = json.dumps(await octopia.control.calls())
    assert octopia.token not in text
    assert "secret" not in text.replace("client_secret", "")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/control/faults", {"operation": "octopia.getOrder", "kind": "dropped_204"}),
        ("POST", "/control/orders", {"seller_id": SELLER, "colour": "red"}),
        ("POST", "/control/orders", {"seller_id": SELLER, "status": "UNSHIPPED"}),
        ("POST", "/control/orders", {"seller_id": SELLER, "channel": "ONBUGB"}),
        ("POST", "/control/orders", {"seller_id": SELLER, "buyer": {"colour": "red"}}),
        ("POST", "/control/sellers", {"marketplace": "ebay"}),
        ("POST", "/control/sellers/NOBODY/delegate", {"delegated": True}),
    ],
)
async def test_a_senseless_control_request_is_refused(
    octopia: OctopiaFar, method: str, path: str, body: dict[str, object]
) -> None:
    """A test that asks for the impossible hears so at once."""
    answer = await octopia.http.request(method, path, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
