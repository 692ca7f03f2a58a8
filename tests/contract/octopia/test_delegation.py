"""Our grant, the probe and a seller's own credentials against the sandbox's Keycloak and API."""

from dataclasses import replace

import pytest

from shared.kernel.errors import ClientSecretInvalid, ConsentLost, Throttled, TokenRejected, Unavailable, Unreadable
from shared.marketplaces.models import FarApp
from shared.marketplaces.ports import DelegationPort, FarAccount
from shared.marketplaces.reached import SellerState
from shared.marketplaces.registry import PROFILES
from tests.contract.octopia.shop import OctopiaShop
from tests.contract.sandbox.far_octopia import CLIENT_ID, SELLER

TOKEN = "octopia.token"
OWN = {"client_id": "the-sellers-own", "client_secret": "the-sellers-secret"}


def delegation(shop: OctopiaShop) -> DelegationPort:
    assert shop.octopia.delegation is not None
    return shop.octopia.delegation


async def test_a_token_of_ours_reaches_who_let_us_in(shop: OctopiaShop) -> None:
    """The channels are those the seller is subscribed to now; one it has left is none."""
    renewed = await shop.grants.renew("eu", None)
    assert (renewed.expires_in_seconds, renewed.refresh_token) == (7200, None)
    token = shop.token_of(renewed.access_token)
    channels = (await shop.grants.probe(shop.account, token, shop.budgets)).channels
    assert {channel.id for channel in channels} == {"CDISFR", "RAKUFR"}
    assert PROFILES["octopia"].stores["CDISFR"] in channels


async def test_a_delegation_is_given_and_withdrawn(shop: OctopiaShop) -> None:
    """403 until the seller names us in the portal, and again once that is withdrawn."""
    for delegated in (False, True, False):
        await shop.far.control.delegate(SELLER, delegated)
        if delegated:
            reached = await shop.grants.probe(shop.account, shop.token, shop.budgets)
            assert reached.seller_state is SellerState.ACTIVE
        else:
            with pytest.raises(ConsentLost):
                await shop.grants.probe(shop.account, shop.token, shop.budgets)
            with pytest.raises(ConsentLost):
                await shop.page(shop.query())


async def test_a_seller_nobody_knows_let_nobody_in(shop: OctopiaShop) -> None:
    """A mistyped Seller ID is no trouble of ours."""
    with pytest.raises(ConsentLost):
        await shop.grants.probe(FarAccount("eu", "1"), shop.token, shop.budgets)


async def test_without_subscriptions_there_is_cdiscount(shop: OctopiaShop) -> None:
    """Rows that cannot be read leave the one channel everybody has; a bad gateway is waited for."""
    await shop.far.control.fault("octopia.getSubscriptions", "malformed_record", 1)
    channels = (await shop.grants.probe(shop.account, shop.token, shop.budgets)).channels
    assert [channel.id for channel in channels] == ["CDISFR"]
    await shop.far.control.fault("octopia.getSubscriptions", "html_502", 1)
    with pytest.raises(Unavailable):
        await shop.grants.probe(shop.account, shop.token, shop.budgets)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("expired_secret", ClientSecretInvalid),
        ("server_error", Unavailable),
        ("html_502", Unavailable),
        ("throttle", Throttled),
        ("malformed_record", Unreadable),
    ],
)
async def test_what_renewing_can_meet(shop: OctopiaShop, kind: str, error: type[Exception]) -> None:
    """Our secret, a server that is down, too fast, no token: four different things."""
    await shop.far.control.fault(TOKEN, kind, 1)
    with pytest.raises(error):
        await shop.grants.renew("eu", None)


async def test_our_wrong_secret_is_ours_to_mend(shop: OctopiaShop) -> None:
    """Never the seller's consent."""
    wrong = replace(shop.far_side, apps={"eu": FarApp("", CLIENT_ID, "wrong", draft=False)})
    grants = shop.built(wrong).grants
    assert grants is not None
    with pytest.raises(ClientSecretInvalid):
        await grants.renew("eu", None)


async def test_a_token_lives_two_hours(shop: OctopiaShop) -> None:
    """Then it is refused, and a new one works."""
    shop.far.now += 7201
    with pytest.raises(TokenRejected):
        await shop.page(shop.query())
    shop.token = shop.token_of((await shop.grants.renew("eu", None)).access_token)
    await shop.page(shop.query())


async def test_the_sellers_own_credentials_prove_the_account(shop: OctopiaShop) -> None:
    """They open their own account and no other; wrong ones open none, and ours are not the seller's proof."""
    await shop.far.control.octopia_seller("555", delegated=False, own_client=OWN)
    theirs, prove = FarAccount("eu", "555"), delegation(shop).is_account_of
    assert await prove(theirs, OWN["client_id"], OWN["client_secret"])
    assert not await prove(theirs, OWN["client_id"], "wrong")
    assert not await prove(theirs, "nobody", "nothing")
    assert not await prove(shop.account, OWN["client_id"], OWN["client_secret"])


async def test_trouble_is_no_proof(shop: OctopiaShop) -> None:
    """Neither for nor against."""
    await shop.far.control.fault("octopia.getSeller", "html_502", 1)
    with pytest.raises(Unavailable):
        await delegation(shop).is_account_of(shop.account, CLIENT_ID, "first-secret")
