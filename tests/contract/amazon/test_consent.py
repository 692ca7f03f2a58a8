"""Consent, tokens and the probe against the sandbox's Seller Central, LWA and API."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.kernel.errors import (
    ClientSecretInvalid,
    ConsentLost,
    OutcomeUnknown,
    RoleMissing,
    TokenRejected,
    Unavailable,
    Unreadable,
)
from shared.marketplaces.ports import ConsentPort, GrantPort
from shared.marketplaces.registry import PROFILES
from tests.contract.amazon.shop import REDIRECT_URI, SELLER, Shop

TOKEN = "amazon.token"


def consent(shop: Shop) -> ConsentPort:
    assert shop.amazon.consent is not None
    return shop.amazon.consent


def grants(shop: Shop) -> GrantPort:
    assert shop.amazon.grants is not None
    return shop.amazon.grants


async def consented(shop: Shop) -> str:
    """The code that the redirect brings after the form was confirmed."""
    url = consent(shop).consent_url("FR", "eu", "state+1/=", REDIRECT_URI)
    form = {"decision": "confirm", "selling_partner_id": SELLER}
    page = await shop.far.http.get(url)
    form |= dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    answer = await shop.far.http.post(url, data=form)
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == ["state+1/="]
    assert query["selling_partner_id"] == [SELLER]
    return query["spapi_oauth_code"][0]


async def test_a_consent_gives_tokens_that_work(shop: Shop) -> None:
    """From the consent page over the code to an access token, its refresh, and the stores it reaches."""
    granted = await consent(shop).exchange("eu", await consented(shop), REDIRECT_URI)
    assert granted.refresh_token is not None
    renewed = await grants(shop).renew("eu", granted.refresh_token)
    assert renewed.expires_in_seconds == 3600
    shop.token = shop.token_of(renewed.access_token)
    channels = (await grants(shop).probe(shop.account, shop.token, shop.budgets)).channels
    assert {channel.id for channel in channels} >= {"A13V1IB3VIYZZH"}
    assert all(channel.name.startswith("Amazon.") for channel in channels)


async def test_a_code_is_good_once(shop: Shop) -> None:
    """The second exchange is refused: the seller consents again."""
    code = await consented(shop)
    await consent(shop).exchange("eu", code, REDIRECT_URI)
    with pytest.raises(ConsentLost):
        await consent(shop).exchange("eu", code, REDIRECT_URI)


async def test_a_code_is_good_for_five_minutes(shop: Shop) -> None:
    """After that the exchange is refused."""
    code = await consented(shop)
    shop.far.now += 301
    with pytest.raises(ConsentLost):
        await consent(shop).exchange("eu", code, REDIRECT_URI)


@pytest.mark.parametrize("kind", ["timeout", "timeout_after_effect", "server_error"])
async def test_an_exchange_without_an_answer_is_an_unknown_outcome(shop: Shop, kind: str) -> None:
    """The code may be used up: it is not tried again by us."""
    code = await consented(shop)
    await shop.far.control.fault(TOKEN, kind, 1)
    shop.timeout_seconds = 0.2 if kind.startswith("timeout") else 20.0
    with pytest.raises(OutcomeUnknown):
        await consent(shop).exchange("eu", code, REDIRECT_URI)


async def test_what_a_refresh_can_meet(shop: Shop) -> None:
    """A revoked grant, our refused secret, a server that is down, an answer without a token: four different things."""
    granted = await consent(shop).exchange("eu", await consented(shop), REDIRECT_URI)
    refresh_token = granted.refresh_token or ""
    for kind, error in [
        ("server_error", Unavailable),
        ("html_502", Unavailable),
        ("expired_secret", ClientSecretInvalid),
        ("malformed_record", Unreadable),
        ("revoked_grant", ConsentLost),
    ]:
        await shop.far.control.fault(TOKEN, kind, 1)
        with pytest.raises(error):
            await grants(shop).renew("eu", refresh_token)
    await shop.far.control.revoke(SELLER)
    with pytest.raises(ConsentLost):
        await grants(shop).renew("eu", refresh_token)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("token_rejected", TokenRejected),
        ("revoked_grant", TokenRejected),
        ("expired_secret", ClientSecretInvalid),
        ("role_missing", RoleMissing),
        ("server_error", Unavailable),
    ],
)
async def test_what_a_probe_can_meet(shop: Shop, kind: str, error: type[Exception]) -> None:
    """The details of a 403 tell a token from a secret from a role."""
    await shop.far.control.fault("amazon.getMarketplaceParticipations", kind, 1)
    with pytest.raises(error):
        await grants(shop).probe(shop.account, shop.token, shop.budgets)


async def test_an_expired_access_token_is_rejected(shop: Shop) -> None:
    """An hour later the token is refused by its text, and a renewed one works."""
    shop.far.now += 3601
    with pytest.raises(TokenRejected):
        await shop.page()


async def test_only_stores_we_know_become_channels(shop: Shop) -> None:
    """The sandbox's Non-Amazon row is no channel; every channel is a store of our table."""
    channels = (await grants(shop).probe(shop.account, shop.token, shop.budgets)).channels
    known = PROFILES["amazon"].stores
    assert channels
    assert all(channel == known[channel.id] for channel in channels)
