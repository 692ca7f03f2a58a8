"""Amazon's side of an authorisation that begins there: to the Login URI, and back to the redirect URI with a code."""

import httpx
import pytest

from tests.contract.sandbox.far import APPLICATION, CLIENT_ID, REDIRECT_URI, SECRET, SELLER, Far

LOGIN_URI = "http://127.0.0.1:8080/login"
MANAGE = "/amazon/central/FR/apps/manage"


async def visit(far: Far, **application: bool) -> httpx.QueryParams:
    """What the Login URI is opened with when the seller clicks."""
    registered = {"redirect_uris": [REDIRECT_URI], "login_uri": LOGIN_URI} | application
    await far.control.app(APPLICATION, CLIENT_ID, [SECRET], **registered)
    form = {"application_id": APPLICATION, "selling_partner_id": SELLER}
    answer = await far.http.post(MANAGE, data=form)
    url = httpx.URL(answer.headers["location"])
    assert (answer.status_code, str(url.copy_with(query=None))) == (302, LOGIN_URI)
    return url.params


async def confirm(far: Far, asked: httpx.QueryParams, **changed: str) -> httpx.Response:
    query = {"amazon_state": asked["amazon_state"], "state": "ours", "redirect_uri": REDIRECT_URI} | changed
    return await far.http.get(asked["amazon_callback_uri"], params=query)


async def test_a_visit_ends_at_the_redirect_uri_with_a_code(far: Far) -> None:
    """With our state, the seller it began with, and no version for a published application; it is good once."""
    asked = await visit(far)
    assert asked["selling_partner_id"] == SELLER
    assert "version" not in asked
    url = httpx.URL((await confirm(far, asked)).headers["location"])
    assert (url.params["state"], url.params["selling_partner_id"]) == ("ours", SELLER)
    assert url.params["spapi_oauth_code"]
    assert "MD5100" in (await confirm(far, asked)).text


async def test_a_draft_says_so_on_the_way(far: Far) -> None:
    """And wants to hear it back."""
    asked = await visit(far, draft=True)
    assert asked["version"] == "beta"
    assert "MD1000" in (await confirm(far, asked)).text
    assert (await confirm(far, asked, version="beta")).status_code == 302


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"amazon_state": "invented"}, "MD5100"), ({"redirect_uri": "http://127.0.0.1/other"}, "MD5101")],
)
async def test_a_wrong_answer_gets_an_error_page(far: Far, changed: dict[str, str], code: str) -> None:
    """Nobody is redirected."""
    answer = await confirm(far, await visit(far), **changed)
    assert answer.status_code == 400
    assert code in answer.text


async def test_a_visit_is_over_after_ten_minutes(far: Far) -> None:
    """By the sandbox's clock."""
    asked = await visit(far)
    await far.control.advance(601)
    assert "SPSA0404" in (await confirm(far, asked)).text


async def test_who_has_no_login_uri_is_not_listed(far: Far) -> None:
    """The page shows the applications that sellers can be sent to."""
    assert "There are none" in (await far.http.get(MANAGE)).text
    await visit(far)
    assert f'value="{SELLER}"' in (await far.http.get(MANAGE)).text
    assert (await far.http.get(MANAGE.replace("FR", "XX"))).status_code == 404
