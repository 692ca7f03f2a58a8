"""Our own grant, and who lets us in: renewing, probing, and the seller's own credentials."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from shared.http.messages import Answer
from shared.kernel.errors import (
    ClientSecretInvalid,
    ConsentLost,
    FarSideError,
    Refused,
    Throttled,
    TokenRejected,
    Unavailable,
    Unreadable,
)
from shared.marketplaces.client_secrets import GIVEN_SECRETS
from shared.marketplaces.models import Channel, FarApp
from shared.marketplaces.octopia.oauth import OctopiaGrants
from shared.marketplaces.octopia.stores import STORES
from shared.marketplaces.reached import SellerState
from tests.unit.marketplaces.far_side import ScriptedOutward, StoppedClock, answer
from tests.unit.marketplaces.octopia_side import ACCOUNT, TOKEN, TOKEN_URL, api, budgets, problem

APPS = {"eu": FarApp("", "our-client", "our-secret", draft=False)}
GIVEN = {"access_token": "eyJ", "expires_in": 7200, "token_type": "Bearer"}
PROFILE = {"seller_id": "98979", "seller_state": "Activated"}
CDISCOUNT = STORES["CDISFR"]
PARTNER = Channel("RAKUTFR", "RAKUTFR", "", "PLN", "Europe/Paris")


def client(*answers: Answer | Exception) -> tuple[OctopiaGrants, ScriptedOutward]:
    octopia, outward = api(*answers)
    return OctopiaGrants(
        outward, octopia, StoppedClock(), token_url=TOKEN_URL, apps=APPS, secrets=GIVEN_SECRETS
    ), outward


def row(**fields: Any) -> dict[str, Any]:
    return {"sales_channel_id": "RAKUTFR", "status": "Active", "offer_submission_currency": "PLN"} | fields


async def probed(subscriptions: Answer) -> tuple[Channel, ...]:
    return (await client(answer(200, PROFILE), subscriptions)[0].probe(ACCOUNT, TOKEN, budgets())).channels


async def test_a_token_is_our_applications_own() -> None:
    """Client credentials in a form, which may be asked for again; no seller is named."""
    grants, outward = client(answer(200, GIVEN))
    renewed = await grants.renew("eu", None)
    assert (renewed.access_token, renewed.expires_in_seconds, renewed.refresh_token) == ("eyJ", 7200, None)
    (request,) = outward.requests
    assert (request.url, request.effect) == (TOKEN_URL, "read")
    assert parse_qs((request.body or b"").decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["our-client"],
        "client_secret": ["our-secret"],
    }


async def test_a_sellers_refresh_token_is_our_mistake() -> None:
    """There is none at Octopia."""
    with pytest.raises(ValueError, match="our application's own"):
        await client()[0].renew("eu", "refresh")


@pytest.mark.parametrize(
    ("scripted", "error"),
    [
        (answer(401, {"error": "invalid_client"}), ClientSecretInvalid),
        (answer(401, b"<html>"), ClientSecretInvalid),
        (answer(400, {"error": "unauthorized_client"}), ClientSecretInvalid),
        (answer(400, {"error": "invalid_request", "error_description": "our-secret"}), Refused),
        (answer(403, {"error": "access_denied"}), Refused),
        (answer(429), Throttled),
        (answer(502, b"<html>"), Unavailable),
        (answer(200, b"<html>"), Unreadable),
        (answer(200, {"expires_in": 7200}), Unreadable),
    ],
)
async def test_what_renewing_can_meet(scripted: Answer, error: type[FarSideError]) -> None:
    """A refused client is ours to mend; no seller's consent is ever lost by it, and no secret is in an error."""
    with pytest.raises(error) as caught:
        await client(scripted)[0].renew("eu", None)
    assert not isinstance(caught.value, ConsentLost)
    assert "our-secret" not in f"{caught.value!r} {caught.value}"


async def test_a_region_without_an_application() -> None:
    """A connection outlives the setting it was made with."""
    with pytest.raises(ClientSecretInvalid):
        await client()[0].renew("na", None)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"seller_state": "Activated", "seller_sub_state": "ActiveSeller"}, SellerState.ACTIVE),
        ({"seller_state": "Activated", "seller_sub_state": "Holidays"}, SellerState.HOLIDAY),
        ({"sellerState": "PutOnNotice", "sellerSubState": "ActiveSeller"}, SellerState.ON_NOTICE),
        ({"seller_state": "Deactivated", "seller_sub_state": "Holidays"}, SellerState.DEACTIVATED),
        ({"seller_state": "Deactivated", "seller_sub_state": "BannedSeller"}, SellerState.BANNED),
        ({"seller_state": "Sleeping", "seller_sub_state": 7}, None),
        ([], None),
    ],
)
async def test_how_a_seller_is_kept(told: Any, state: SellerState | None) -> None:
    """The graver of two words; words nobody documented say nothing, and cost no channel."""
    reached = await client(answer(200, told), answer(200, [row()]))[0].probe(ACCOUNT, TOKEN, budgets())
    assert (reached.seller_state, len(reached.channels)) == (state, 1)


@pytest.mark.parametrize(
    ("scripted", "error"),
    [
        (problem(403, "You do not have permission"), ConsentLost),
        (problem(404), ConsentLost),
        (problem(401), TokenRejected),
        (problem(400), Refused),
        (problem(429), Throttled),
        (answer(502, b"<html>"), Unavailable),
        (answer(200, b"<html>"), Unreadable),
    ],
)
async def test_a_seller_who_did_not_let_us_in(scripted: Answer, error: type[FarSideError]) -> None:
    """
    403 on the seller's profile is the missing delegation; trouble of theirs says nothing of it. Seen red with a proxy's
    page, which let every seller in.
    """
    grants, outward = client(scripted)
    with pytest.raises(error):
        await grants.probe(ACCOUNT, TOKEN, budgets())
    assert [request.url.rpartition("/")[2] for request in outward.requests] == ["sellers"]


@pytest.mark.parametrize(
    "told",
    [
        {"count": 1, "items": [row()]},
        {"subscriptions": [row()]},
        [row()],
        [{"sales-channel-id": "RAKUTFR", "seller-payment-currency": "PLN"}],
        [{"salesChannelId": "RAKUTFR", "offerSubmissionCurrency": "PLN"}],
        [{"salesChannel": {"id": "RAKUTFR"}, "sellerPaymentCurrency": "PLN", "status": "Whatever"}],
        [row(), row(), row(sales_channel_id="OLD", status="Inactive"), row(sales_channel_id=None), "x"],
    ],
)
async def test_channels_are_read_however_they_are_spelled(told: Any) -> None:
    """The case of the keys is uncertain: all three are read, each channel once, those that ended not at all."""
    assert await probed(answer(200, told)) == (PARTNER,)


async def test_a_known_channel_is_what_we_know_of_it() -> None:
    """Cdiscount has its name and country; a partner's name is told or its id."""
    rows = [row(sales_channel_id="CDISFR"), row(sales_channel_name="Rakuten", offer_submission_currency="euro")]
    assert await probed(answer(200, rows)) == (CDISCOUNT, Channel("RAKUTFR", "Rakuten", "", "", "Europe/Paris"))


@pytest.mark.parametrize(
    "told",
    [answer(200, []), answer(200, b"<html>"), answer(200, "unavailable"), problem(403), problem(404), problem(400)],
)
async def test_without_subscriptions_there_is_cdiscount(told: Answer) -> None:
    """The seller let us in: what cannot be read of the channels does not stand against that."""
    assert await probed(told) == (CDISCOUNT,)


@pytest.mark.parametrize(("status", "error"), [(502, Unavailable), (429, Throttled), (401, TokenRejected)])
async def test_channels_are_not_forgotten_for_a_moments_trouble(status: int, error: type[FarSideError]) -> None:
    """What passes is waited for: nobody loses a channel by it."""
    with pytest.raises(error):
        await probed(answer(status))


async def test_the_sellers_own_credentials_prove_the_account() -> None:
    """They get a token of their own, and with it the very account."""
    grants, outward = client(answer(200, GIVEN), answer(200, PROFILE))
    assert await grants.is_account_of(ACCOUNT, "theirs", "their-secret")
    token, seller = outward.requests
    assert b"client_id=theirs" in (token.body or b"")
    assert seller.headers["authorization"] == "Bearer eyJ"
    assert seller.headers["SellerId"] == "98979"


@pytest.mark.parametrize(
    "answers",
    [
        [answer(401, {"error": "invalid_client"})],
        [answer(400, {"error": "invalid_request"})],
        [answer(200, GIVEN), answer(401)],
        [answer(200, GIVEN), answer(403)],
        [answer(200, GIVEN), answer(404)],
        [answer(200, GIVEN), answer(200, {"sellerId": 12345})],
        [answer(200, GIVEN), answer(200, {"seller-id": "12345"})],
        [answer(200, GIVEN), answer(200, {"shopName": "of whom is not told"})],
    ],
)
async def test_credentials_of_somebody_else_prove_nothing(answers: list[Answer]) -> None:
    """Also where they open an account, but not this one."""
    assert not await client(*answers)[0].is_account_of(ACCOUNT, "theirs", "their-secret")


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([answer(429)], Throttled),
        ([answer(502)], Unavailable),
        ([answer(200, GIVEN), answer(502)], Unavailable),
        ([answer(200, GIVEN), answer(200, b"<html>")], Unreadable),
    ],
)
async def test_trouble_proves_nothing_either_way(answers: list[Answer], error: type[FarSideError]) -> None:
    """Nobody is told that their credentials are wrong because Octopia is down."""
    with pytest.raises(error):
        await client(*answers)[0].is_account_of(ACCOUNT, "theirs", "their-secret")
