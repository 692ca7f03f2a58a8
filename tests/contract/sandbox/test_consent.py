"""Seller Central's consent page: what it shows, where it sends the seller, and when it sends nobody anywhere."""

import httpx
import pytest

from tests.contract.sandbox.far import APPLICATION, CLIENT_ID, REDIRECT_URI, SELLER, Far

PAGE = "/amazon/central/FR/apps/authorize/consent"


async def page(far: Far, path: str = PAGE, **params: str) -> httpx.Response:
    """The page for a seller who follows our link."""
    asked = {"application_id": APPLICATION, "state": "s1", "redirect_uri": REDIRECT_URI} | params
    return await far.http.get(path, params={name: value for name, value in asked.items() if value})


async def decide(far: Far, decision: str, **fields: str) -> httpx.Response:
    """The seller's click."""
    form = {"application_id": APPLICATION, "state": "s1", "selling_partner_id": SELLER, "decision": decision} | fields
    return await far.http.post(PAGE, data=form)


async def test_the_page_offers_the_sellers_of_its_region(far: Far) -> None:
    """The European page lists the European seller, the American one does not."""
    await far.control.seller("A9AMERICAN", region="na")
    europe, america = await page(far), await page(far, PAGE.replace("/FR/", "/US/"))
    assert f'<option value="{SELLER}">' in europe.text
    assert "A9AMERICAN" not in europe.text
    assert '<option value="A9AMERICAN">' in america.text


async def test_confirm_comes_back_with_a_code(far: Far) -> None:
    """The redirect carries the state as it was, the seller's id and a code."""
    answer = await decide(far, "confirm", redirect_uri=REDIRECT_URI, state='"odd & state"')
    assert answer.status_code == 302
    url = httpx.URL(answer.headers["location"])
    assert str(url.copy_with(query=None)) == REDIRECT_URI
    assert (url.params["state"], url.params["selling_partner_id"]) == ('"odd & state"', SELLER)
    assert url.params["spapi_oauth_code"]


async def test_without_a_redirect_uri_the_first_registered_is_used(far: Far) -> None:
    """redirect_uri is optional."""
    await far.control.app(APPLICATION, CLIENT_ID, ["x"], redirect_uris=["http://127.0.0.1/first", REDIRECT_URI])
    answer = await decide(far, "confirm")
    assert answer.headers["location"].startswith("http://127.0.0.1/first?state=s1&")


async def test_cancel_sends_nothing_back(far: Far) -> None:
    """A seller who cancels stays where they are; we are never told."""
    answer = await decide(far, "cancel", redirect_uri=REDIRECT_URI)
    assert answer.status_code == 200
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"redirect_uri": "http://127.0.0.1:8080/other"}, "MD5101"),
        ({"redirect_uri": f"{REDIRECT_URI}#part"}, "MD5110"),
        ({"application_id": "amzn1.sellerapps.app.unknown"}, "MD9010"),
    ],
)
async def test_a_wrong_request_gets_an_error_page(far: Far, params: dict[str, str], code: str) -> None:
    """The page names the documented code and redirects nowhere."""
    answer = await page(far, **params)
    assert answer.status_code == 400
    assert code in answer.text


async def test_a_draft_needs_version_beta(far: Far) -> None:
    """A draft application without version=beta is MD1000; with it the page opens."""
    await far.control.app(APPLICATION, CLIENT_ID, ["x"], redirect_uris=[REDIRECT_URI], draft=True)
    assert "MD1000" in (await page(far)).text
    assert (await page(far, version="beta")).status_code == 200


async def test_version_beta_is_noted_for_a_published_application(far: Far) -> None:
    """It would authorise the draft: let through, but a deviation."""
    assert (await page(far, version="beta")).status_code == 200
    assert (await far.control.calls("amazon.consent"))["deviations"]


async def test_an_application_without_redirect_uris_cannot_ask(far: Far) -> None:
    """MD9100."""
    await far.control.app(APPLICATION, CLIENT_ID, ["x"])
    assert "MD9100" in (await page(far, redirect_uri="")).text


async def test_participations_have_rows_that_are_no_store(far: Far) -> None:
    """Beside the seller's stores: one never opened, and a Non-Amazon one that claims participation."""
    answer = await far.get("/sellers/v1/marketplaceParticipations")
    rows = answer.json()["payload"]
    assert [row["marketplace"]["countryCode"] for row in rows[:4]] == ["FR", "DE", "IT", "ES"]
    assert [row["participation"]["isParticipating"] for row in rows] == [True] * 4 + [False, True]
    assert rows[-1]["marketplace"]["name"].startswith("Non-Amazon")
