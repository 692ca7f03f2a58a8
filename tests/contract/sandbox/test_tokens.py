"""The token endpoint answers by Login with Amazon's table, mistakes included."""

from typing import Any

import pytest

from tests.contract.sandbox.far import APPLICATION, CLIENT_ID, REDIRECT_URI, SELLER, Far
from tests.sandbox.amazon.lwa import LIFE_SECONDS


async def consent_code(far: Far) -> str:
    """The one-time code of a confirmed consent."""
    form = {
        "application_id": APPLICATION,
        "state": "s",
        "redirect_uri": REDIRECT_URI,
        "selling_partner_id": SELLER,
        "decision": "confirm",
    }
    answer = await far.http.post("/amazon/central/FR/apps/authorize/consent", data=form)
    return str(answer.next_request.url.params["spapi_oauth_code"]) if answer.next_request else ""


async def exchange(far: Far, code: str, **form: str) -> tuple[int, dict[str, Any]]:
    """The status and the body of a code exchange."""
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI} | form
    answer = await far.lwa(**body)
    return answer.status_code, answer.json()


async def test_a_code_gives_both_tokens(far: Far) -> None:
    """The exchange gives an access token of an hour and a refresh token."""
    status, body = await exchange(far, await consent_code(far))
    assert status == 200
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert body["access_token"].startswith("Atza|")
    assert body["refresh_token"].startswith("Atzr|")


async def test_a_code_is_good_once(far: Far) -> None:
    """A second exchange of the same code is refused, although the first one was right."""
    code = await consent_code(far)
    await exchange(far, code)
    status, body = await exchange(far, code)
    assert (status, body["error"]) == (400, "invalid_grant")
    assert body["error_description"] == "The request has an invalid grant parameter : code"


async def test_a_code_lives_five_minutes(far: Far) -> None:
    """After 300 seconds the code is worth nothing."""
    code = await consent_code(far)
    far.now += 300
    assert (await exchange(far, code))[1]["error"] == "invalid_grant"


async def test_a_code_belongs_to_its_redirect_uri(far: Far) -> None:
    """Another redirect URI than the consent's is refused; leaving it out is let through and noted."""
    assert (await exchange(far, await consent_code(far), redirect_uri="http://127.0.0.1/other"))[0] == 400
    assert (await exchange(far, await consent_code(far), redirect_uri=""))[0] == 200
    notes = [note["deviation"] for note in (await far.control.calls("amazon.token"))["deviations"]]
    assert notes == ["redirect_uri missing"]


async def test_the_refresh_token_is_not_rotated(far: Far) -> None:
    """A refresh answers the same refresh token and a new access token."""
    token = (await far.control.seller("A2"))["refresh_token"]
    first = (await far.lwa(grant_type="refresh_token", refresh_token=token)).json()
    second = (await far.lwa(grant_type="refresh_token", refresh_token=token)).json()
    assert first["refresh_token"] == second["refresh_token"] == token
    assert first["access_token"] != second["access_token"]


async def test_two_secrets_are_valid_at_once(far: Far) -> None:
    """While a secret is being rotated, the old and the new one both work; a third does not."""
    token = (await far.control.seller("A2"))["refresh_token"]
    good = await far.lwa(grant_type="refresh_token", refresh_token=token, client_secret="second-secret")
    bad = await far.lwa(grant_type="refresh_token", refresh_token=token, client_secret="third-secret")
    assert (good.status_code, bad.status_code) == (200, 401)
    assert (bad.json()["error"], bad.json()["error_description"]) == ("invalid_client", "Client authentication failed")


async def test_a_revoked_grant_ends_both_tokens(far: Far) -> None:
    """After the seller's revocation a refresh is invalid_grant and the access token is called revoked."""
    token = (await far.control.seller("A2"))["refresh_token"]
    far.token = await far.access_token(token)
    await far.control.revoke("A2")
    refused = (await far.lwa(grant_type="refresh_token", refresh_token=token)).json()
    assert refused["error"] == "invalid_grant"
    assert refused["error_description"].endswith("User may have revoked or didn't grant the permission.")
    answer = await far.search()
    assert answer.status_code == 403
    assert "revoked" in answer.json()["errors"][0]["details"]


async def test_a_grant_lasts_a_year(far: Far) -> None:
    """365 days after the authorisation the refresh token stops working."""
    token = (await far.control.seller("A2"))["refresh_token"]
    await far.control.advance(365 * 86_400 + 1)
    assert (await far.lwa(grant_type="refresh_token", refresh_token=token)).json()["error"] == "invalid_grant"


async def test_a_grant_belongs_to_its_application(far: Far) -> None:
    """Another application cannot refresh our seller's token."""
    token = (await far.control.seller("A2"))["refresh_token"]
    await far.control.app("amzn1.sellerapps.app.other", "other-client", ["x"])
    answer = await far.lwa(grant_type="refresh_token", refresh_token=token, client_id="other-client", client_secret="x")
    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "Atzr|nobody"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "x", "client_id": ""}, 400, "invalid_request"),
        ({"grant_type": "client_credentials", "scope": "sellingpartnerapi::migration"}, 400, "invalid_scope"),
        ({"grant_type": "client_credentials", "scope": "sellingpartnerapi::notifications"}, 200, None),
    ],
)
async def test_the_error_table(far: Far, form: dict[str, str], status: int, error: str | None) -> None:
    """Each mistake of a client has its documented error; a grantless scope is served."""
    answer = await far.lwa(**form)
    assert (answer.status_code, answer.json().get("error")) == (status, error)


async def test_a_missing_parameter_is_named(far: Far) -> None:
    """The description says which one, in Amazon's words."""
    answer = await far.lwa(grant_type="refresh_token")
    assert answer.json()["error_description"] == "The request is missing a required parameter : refresh_token"


async def test_only_forms_are_read(far: Far) -> None:
    """A JSON body is no request."""
    body = {"grant_type": "refresh_token", "client_id": CLIENT_ID}
    answer = await far.http.post("/amazon/lwa/auth/o2/token", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_an_access_token_lives_an_hour(far: Far) -> None:
    """`expires_in` is kept to the second, and the refusal says expired."""
    far.now += LIFE_SECONDS - 1
    assert (await far.search()).status_code == 200
    far.now += 1
    answer = await far.search()
    assert answer.json()["errors"][0]["details"] == "The access token you provided has expired."


async def test_a_grantless_token_opens_no_order(far: Far) -> None:
    """A token without a seller is refused with empty details."""
    answer = await far.lwa(grant_type="client_credentials", scope="sellingpartnerapi::notifications")
    assert "refresh_token" not in answer.json()
    far.token = answer.json()["access_token"]
    assert (await far.search()).json()["errors"][0]["details"] == ""
