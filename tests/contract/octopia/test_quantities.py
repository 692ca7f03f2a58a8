"""Listings and quantities against the sandbox's offers and asynchronous packages."""

import pytest

from shared.kernel.errors import Refused
from shared.marketplaces.listings import Listing, ListingPage
from shared.marketplaces.ports import PageTokenRefused
from tests.contract.octopia.shop import CDISCOUNT, OctopiaShop
from tests.contract.sandbox.far_octopia import SELLER


async def listings(shop: OctopiaShop, cursor: str | None = None, channel: str = CDISCOUNT) -> ListingPage:
    port = shop.octopia.listings
    assert port is not None
    return await port.read_page(shop.account, channel, cursor, shop.token, shop.budgets)


async def seen(shop: OctopiaShop) -> dict[str, int]:
    """What buyers see on Cdiscount."""
    return {sku: by_channel[CDISCOUNT] for sku, by_channel in (await shop.far.control.stock(SELLER)).items()}


async def test_offers_are_listings(shop: OctopiaShop) -> None:
    """Reference, quantity, whether it is on sale, and whose warehouse it lies in."""
    await shop.far.control.offers(
        SELLER,
        {"sku": "GONE", "quantity": 0, "channels": [CDISCOUNT]},
        {"sku": "THEIRS", "supply_mode": "Fulfillment"},
    )
    page = await listings(shop)
    found = {one.sku: one for one in page.listings}
    assert page.next_token is None
    assert page.unreadable == ()
    assert set(found) == {"SKU-001", "SKU-002", "GONE", "THEIRS"}
    title = found["SKU-001"].title
    assert title
    assert found["SKU-001"] == Listing("SKU-001", title, active=True, marketplace_fulfilled=False, quantity=100)
    assert (found["GONE"].active, found["GONE"].quantity) == (False, 0)
    assert found["THEIRS"].marketplace_fulfilled
    assert "GONE" not in {one.sku for one in (await listings(shop, channel="RAKUFR")).listings}


async def test_many_offers_are_read_by_cursor(shop: OctopiaShop) -> None:
    """A thousand a page; a cursor that is refused, or leads nowhere, starts the channel again."""
    await shop.far.control.offers(SELLER, *(f"MANY-{number:04d}" for number in range(2100)))
    first = await listings(shop)
    second = await listings(shop, first.next_token)
    third = await listings(shop, second.next_token)
    assert [len(page.listings) for page in (first, second, third)] == [1000, 1000, 102]
    assert third.next_token is None
    for kind in ("refused_page_token", "repeated_page_token"):
        await shop.far.control.fault("octopia.listOffers", kind, 1)
        with pytest.raises(PageTokenRefused):
            await listings(shop, first.next_token)


async def test_an_offer_that_cannot_be_read_is_left_out(shop: OctopiaShop) -> None:
    """The others are read."""
    await shop.far.control.fault("octopia.listOffers", "malformed_record", 1)
    page = await listings(shop)
    assert (len(page.listings), len(page.unreadable)) == (1, 1)


async def test_quantities_reach_the_buyers(shop: OctopiaShop) -> None:
    """On every channel at once; zero withdraws the offer; an offer nobody made is refused by its line."""
    outcomes = await shop.push({"SKU-001": 7, "SKU-002": 0, "NOBODYS": 1})
    assert await seen(shop) == {"SKU-001": 7, "SKU-002": 0}
    assert (await shop.far.control.stock(SELLER, "SKU-001"))["SKU-001"]["RAKUFR"] == 7
    assert (outcomes["SKU-001"].shown, outcomes["SKU-002"].shown) == (7, 0)
    assert outcomes["NOBODYS"].shown is None
    assert outcomes["NOBODYS"].reason
    assert outcomes["NOBODYS"].detail


async def test_many_quantities_are_one_package(shop: OctopiaShop) -> None:
    """A hundred a call, and all of them are told."""
    skus = {f"MANY-{number:04d}": number for number in range(350)}
    await shop.far.control.offers(SELLER, *skus)
    outcomes = await shop.push(skus)
    assert {sku: one.shown for sku, one in outcomes.items()} == skus
    assert {sku: quantity for sku, quantity in (await seen(shop)).items() if sku in skus} == skus
    assert (await shop.far.control.calls("octopia.uploadOfferRequests"))["count"] == 4
    assert (await shop.far.control.calls("octopia.createOfferPackage"))["count"] == 1


@pytest.mark.parametrize("kind", ["server_error", "timeout", "timeout_after_effect", "dropped_204"])
@pytest.mark.parametrize("operation", ["createOfferPackage", "uploadOfferRequests", "submitOfferPackage"])
async def test_whatever_is_lost_every_line_is_told(shop: OctopiaShop, operation: str, kind: str) -> None:
    """Happened or not, said or not: the buyers see it in the end."""
    await shop.far.control.fault(f"octopia.{operation}", kind, 1)
    shop.timeout_seconds = 0.3 if kind.startswith("timeout") else 20.0
    outcomes = await shop.push({"SKU-001": 3, "SKU-002": 4})
    assert {sku: one.shown for sku, one in outcomes.items()} == {"SKU-001": 3, "SKU-002": 4}
    assert await seen(shop) == {"SKU-001": 3, "SKU-002": 4}


@pytest.mark.parametrize("operation", ["listOfferPackages", "getOfferPackage", "getOfferResults"])
async def test_an_answer_that_cannot_be_read_costs_no_line(shop: OctopiaShop, operation: str) -> None:
    """It is asked for again, or the line is told again."""
    await shop.far.control.fault(f"octopia.{operation}", "malformed_record", 1)
    await shop.push({"SKU-001": 3, "SKU-002": 4})
    assert await seen(shop) == {"SKU-001": 3, "SKU-002": 4}


async def test_a_package_that_takes_its_time_is_waited_for(shop: OctopiaShop) -> None:
    """Ten minutes are no failure."""
    await shop.far.control.fault("octopia.submitOfferPackage", "late_visibility", 1, seconds=600)
    began = shop.far.now
    await shop.push({"SKU-001": 3})
    assert (await seen(shop))["SKU-001"] == 3
    assert shop.far.now - began > 600


async def test_a_rejected_package_took_nothing(shop: OctopiaShop) -> None:
    """Said of the whole; the next one is taken."""
    await shop.far.control.fault("octopia.submitOfferPackage", "package_rejected", 1)
    with pytest.raises(Refused) as caught:
        await shop.push({"SKU-001": 3})
    assert caught.value.code == "package_rejected"
    await shop.push({"SKU-001": 4})
    assert (await seen(shop))["SKU-001"] == 4


async def test_another_systems_package_is_not_spoilt(shop: OctopiaShop) -> None:
    """It is waited for, then sent on its way; ours follows when it is integrated."""
    theirs = shop.far.package_id(await shop.far.new_package())
    await shop.far.fill(theirs, {"SKU-002": 9})
    shop.far.now += 2
    await shop.push({"SKU-001": 5})
    assert await seen(shop) == {"SKU-001": 5, "SKU-002": 9}
