"""Finding shipments: filters and search, on pages and in the API, a piece at a time."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.labels.usecases.views import LEAST_BEGINNING
from shared.kernel.errors import Refused
from tests.integration.labels.browsers import BASE, listed
from tests.integration.labels.conftest import CHANNEL, Labels


async def found(browser: httpx.AsyncClient, query: str) -> set[str]:
    """Order numbers that the API lists; the page must show the same."""
    items = {item["marketplace_order_id"] for item in await listed(browser, f"?{query}")}
    page = (await browser.get(f"/shipments?{query}")).text
    assert items == {number for number in items if number in page}
    assert bool(items) != ("No shipment fits this" in page)
    return items


@pytest.fixture
async def numbers(labels: Labels) -> dict[str, str]:
    """The order numbers of one confirmed, one refused and one planned shipment, by what they are."""
    confirmed = await labels.order(marketplace_order_id="171-confirmed")
    await labels.settle_everything()
    labels.tracking.outcomes.append(Refused("No."))
    refused = await labels.order(marketplace_order_id="171-refused")
    await labels.settle_everything()
    await labels.mode(automatic=False)
    planned = await labels.order(marketplace_order_id="402_planned", channel_id="ELSEWHERE")
    made = {"confirmed": confirmed, "refused": refused, "planned": planned}
    return {name: order.marketplace_order_id for name, order in made.items()}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=confirmed", {"confirmed"}),
        ("state=refused", {"refused"}),
        ("state=planned", {"planned"}),
        ("state=label_created", {"confirmed", "refused"}),
        ("state=needs_person", set()),
        ("search=171-re", {"refused"}),
        ("search=171-confirmed", {"confirmed"}),
        ("search=402_pl", {"planned"}),
        ("search=402%25pl", set()),
        ("search=171-", set()),
        ("search=%00171-refused%00", {"refused"}),
        (f"channel={'1' * 36}:%00", set()),
        ("channel=00000000-0000-4000-8000-000000000000:%00", set()),
        ("search=09521234", {"confirmed", "refused"}),
        ("search=095212340000000013&state=confirmed", {"confirmed"}),
        ("search=095212340000000013&state=refused", set()),
    ],
)
async def test_shipments_are_found_by_state_and_number(
    ours: httpx.AsyncClient, numbers: dict[str, str], query: str, names: set[str]
) -> None:
    """A state of the parcel or of its write-back; the order's number or the parcel's, whole or from 6 characters on."""
    assert await found(ours, query) == {numbers[name] for name in names}
    assert LEAST_BEGINNING == 6


async def test_shipments_are_found_by_channel(labels: Labels, ours: httpx.AsyncClient, numbers: dict[str, str]) -> None:
    """A connection's channel; one of nobody's, or of another connection, holds nothing."""
    own = f"channel={labels.connection_id}:"
    assert await found(ours, own + CHANNEL) == {numbers["confirmed"], numbers["refused"]}
    assert await found(ours, own + "ELSEWHERE") == {numbers["planned"]}
    assert await found(ours, f"channel={uuid4()}:{CHANNEL}") == set()
    assert await found(ours, f"channel={'-' * 36}:{CHANNEL}") == set()
    assert (await ours.get(f"{BASE}/shipments?channel=x")).status_code == 422
    page = (await ours.get("/shipments")).text
    assert "Amazon.fr (Shop)" in page


async def test_filters_stay_on_the_next_page(labels: Labels, ours: httpx.AsyncClient) -> None:
    """The second page is of the same search."""
    for number in range(52):
        await labels.order(marketplace_order_id=f"171-many-{number:02d}")
    await labels.order(marketplace_order_id="another")
    first = (await ours.get("/shipments?search=171-many&state=label_pending")).text
    assert first.count("171-many-") >= 50
    address = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = (await ours.get(address)).text
    assert ("171-many-00" in second, "171-many-01" in second, "another" in second) == (True, True, False)


async def test_others_find_nothing_of_ours(theirs: httpx.AsyncClient, labels: Labels, numbers: dict[str, Any]) -> None:
    """Whatever they look for."""
    for query in ("state=confirmed", "search=171-confirmed", f"channel={labels.connection_id}:{CHANNEL}", "all=1"):
        assert await listed(theirs, f"?{query}") == []


async def test_a_channel_unknown_to_the_connection_is_called_as_the_marketplace_does(
    labels: Labels, ours: httpx.AsyncClient
) -> None:
    """The connection's own names first, then those we know of the marketplace, then the id."""
    await labels.order(marketplace_order_id="171-1", channel_id="A1PA6795UKMFR9")
    await labels.order(marketplace_order_id="171-2", channel_id="ELSEWHERE")
    page = (await ours.get("/shipments")).text
    assert "Amazon.de" in page
    assert "ELSEWHERE" in page
