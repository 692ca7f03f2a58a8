"""What a seller offers: pages by cursor, and what is read of an offer."""

from typing import Any

import pytest

from shared.http.messages import Answer
from shared.kernel.errors import Refused, Unreadable
from shared.marketplaces.listings import Listing, ListingPage
from shared.marketplaces.octopia.listings import OctopiaListings
from shared.marketplaces.ports import PageTokenRefused
from tests.unit.marketplaces.far_side import answer
from tests.unit.marketplaces.octopia_side import ACCOUNT, TOKEN, api, budgets, problem

NEXT = '<https://api.example/offers?salesChannelId=CDISFR&cursor=c2>; rel="next"'


def offer(**fields: Any) -> dict[str, Any]:
    return {
        "offerId": "98979_AUC123_New_CDISFR",
        "sellerExternalReference": "SKU-1",
        "offerState": "Active",
        "quantity": 3,
        "product": {"title": "Une lampe"},
    } | fields


async def read(scripted: Answer, cursor: str | None = None) -> ListingPage:
    listings = OctopiaListings(api(scripted)[0])
    return await listings.read_page(ACCOUNT, "CDISFR", cursor, TOKEN, budgets())


async def test_a_page_is_asked_for_by_channel_and_cursor() -> None:
    """A thousand at a time; the next page by the cursor of the Link header."""
    octopia, outward = api(answer(200, {"items": [offer()]}, link=NEXT), answer(200, {"items": []}))
    listings = OctopiaListings(octopia)
    first = await listings.read_page(ACCOUNT, "CDISFR", None, TOKEN, budgets())
    assert first.next_token == "c2"
    last = await listings.read_page(ACCOUNT, "CDISFR", first.next_token, TOKEN, budgets())
    assert last.next_token is None
    asked = [dict(request.params) for request in outward.requests]
    assert asked == [
        {"salesChannelId": "CDISFR", "limit": "1000"},
        {"salesChannelId": "CDISFR", "limit": "1000", "cursor": "c2"},
    ]


@pytest.mark.parametrize(
    ("fields", "listing"),
    [
        ({}, Listing("SKU-1", "Une lampe", active=True, marketplace_fulfilled=False, quantity=3)),
        (
            {"offerState": "Inactive", "quantity": None, "product": None},
            Listing("SKU-1", None, active=False, marketplace_fulfilled=False, quantity=None),
        ),
        (
            {"supplyMode": "Fulfillment"},
            Listing("SKU-1", "Une lampe", active=True, marketplace_fulfilled=True, quantity=3),
        ),
    ],
)
async def test_an_offer_is_a_listing(fields: dict[str, Any], listing: Listing) -> None:
    """What is not told is not guessed; what lies in Octopia's warehouse is not ours to tell."""
    assert (await read(answer(200, {"items": [offer(**fields)]}))).listings == (listing,)


async def test_an_offer_without_a_reference_is_left_out() -> None:
    """With its reason; the page goes on."""
    page = await read(answer(200, [offer(sellerExternalReference=None), "x", offer()]))
    assert len(page.listings) == 1
    assert page.unreadable == ("sellerExternalReference is missing or not a text", "the record is not an object")


@pytest.mark.parametrize(
    ("scripted", "cursor", "error"),
    [
        (problem(400), "c2", PageTokenRefused),
        (problem(404), "c2", PageTokenRefused),
        (answer(200, {"items": []}, link=NEXT), "c2", PageTokenRefused),
        (problem(400), None, Refused),
        (answer(200, {"items": "unavailable"}), None, Unreadable),
        (answer(200, b"<html>"), None, Unreadable),
    ],
)
async def test_what_a_refused_page_means(scripted: Answer, cursor: str | None, error: type[Exception]) -> None:
    """A cursor that is refused, or that leads nowhere, starts the channel again."""
    with pytest.raises(error):
        await read(scripted, cursor)
