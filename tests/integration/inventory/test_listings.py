"""The API and the pages of listings as a seller's browser and programs meet them, on a real PostgreSQL."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.inventory.domain.sku import StockRow
from tests.integration.inventory.browser import BASE, OTHERS
from tests.integration.inventory.channels import Shop
from tests.integration.inventory.conftest import Inventory
from tests.unit.inventory.far_sides import offer


@pytest.fixture
async def shop(inventory: Inventory) -> Shop:
    shop = Shop(inventory)
    await inventory.set(StockRow("mug", counted=5), StockRow("cup-1", counted=2), StockRow("pot", weight_grams=1))
    await inventory.set(StockRow("jar", counted=1), organisation_id=OTHERS)
    await shop.connect("amazon", offer("mug"), offer("cup-one"), offer("fba", 7, marketplace_fulfilled=True))
    await shop.connect("octopia", offer("mug"), channels=("CD", "RA"))
    return shop


async def items(browser: httpx.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    answer = await browser.get(f"{BASE}/listings{query}")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["cup-one", "fba", "mug", "mug", "mug"]),
        ("?state=mapped", ["mug", "mug", "mug"]),
        ("?state=unmapped", ["cup-one"]),
        ("?state=marketplace_fulfilled", ["fba"]),
        ("?state=refused", []),
        ("?state=gone", []),
        ("?channel_id=FR", ["cup-one", "fba", "mug"]),
        ("?search=CUP", ["cup-one"]),
        ("?search=Mug&channel_id=RA", ["mug"]),
    ],
)
async def test_listings_are_filtered(shop: Shop, ours: httpx.AsyncClient, query: str, expected: list[str]) -> None:
    """By state, channel and part of a name."""
    assert [one["marketplace_sku"] for one in await items(ours, query)] == expected


async def test_the_list_comes_in_pieces(shop: Shop, ours: httpx.AsyncClient) -> None:
    """Each cursor begins behind the last one, also within equal names; a made-up cursor is refused."""
    found, cursor = [], ""
    while True:
        answer = (await ours.get(f"{BASE}/listings?limit=2{cursor}")).json()
        found += [one["id"] for one in answer["items"]]
        if answer["next_cursor"] is None:
            break
        cursor = f"&cursor={answer['next_cursor']}"
    assert found == [one["id"] for one in await items(ours)]
    assert (await ours.get(f"{BASE}/listings?cursor=bXVn")).status_code == 422


async def test_a_listing_is_mapped_and_limited_by_a_program(shop: Shop, ours: httpx.AsyncClient) -> None:
    """What is given is changed, the rest stays; the quantity follows in the same moment."""
    (cup,) = await items(ours, "?state=unmapped")
    answer = await ours.patch(f"{BASE}/listings/{cup['id']}", json={"sku": "mug", "buffer": 1})
    told = answer.json()
    assert (told["sku"], told["mapped_by"], told["buffer"], told["desired"], told["state"]) == (
        "mug", "hand", 1, 4, "waiting",
    )  # fmt: skip
    told = (await ours.patch(f"{BASE}/listings/{cup['id']}", json={"maximum": 3})).json()
    assert (told["sku"], told["buffer"], told["maximum"], told["desired"]) == ("mug", 1, 3, 3)
    told = (await ours.patch(f"{BASE}/listings/{cup['id']}", json={"sku": None, "maximum": None})).json()
    assert (told["sku"], told["state"], told["maximum"]) == (None, "unmapped", None)
    await shop.inventory.set(StockRow("cup-one", counted=9))
    assert (await ours.get(f"{BASE}/listings/{cup['id']}")).json()["sku"] is None


async def test_listings_of_one_quantity_are_chosen_for_together(shop: Shop, ours: httpx.AsyncClient) -> None:
    """What is said of one channel holds for its siblings: they show one quantity."""
    (one,) = await items(ours, "?channel_id=RA")
    await ours.patch(f"{BASE}/listings/{one['id']}", json={"buffer": 4})
    (sibling,) = await items(ours, "?channel_id=CD")
    assert (sibling["buffer"], sibling["desired"]) == (4, 1)
    assert [row.sku for row in await shop.inventory.rows("push_target") if row.scope == ""] == ["mug"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"sku": "jar"}, 404, "sku"),
        ({"sku": "no such"}, 404, "sku"),
        ({"sku": "a\0b"}, 422, "sku"),
        ({"buffer": -1}, 422, "buffer"),
        ({"buffer": None}, 422, "buffer"),
        ({"maximum": 1_000_001}, 422, "maximum"),
        ({"follow": "yes"}, 422, "follow"),
        ({"bufer": 1}, 422, "bufer"),
        ({}, 422, "body"),
    ],
)
async def test_a_wrong_change_is_refused_by_its_field(
    shop: Shop, ours: httpx.AsyncClient, body: dict[str, Any], status: int, field: str
) -> None:
    """The problem names the field, also for a stranger's SKU; nothing is changed."""
    (cup,) = await items(ours, "?state=unmapped")
    answer = await ours.patch(f"{BASE}/listings/{cup['id']}", json=body)
    assert answer.status_code == status
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert (await ours.get(f"{BASE}/listings/{cup['id']}")).json() == cup


async def test_bulk_is_all_or_nothing(shop: Shop, ours: httpx.AsyncClient) -> None:
    """Each wrong row is named by its place; twice the same listing is an error."""
    cup, fba, *_ = await items(ours)
    rows = [{"id": cup["id"], "sku": "cup-1"}, {"id": fba["id"], "follow": False}]
    answer = await ours.patch(f"{BASE}/listings", json=[*rows, {"id": str(uuid4()), "sku": "jar"}])
    assert answer.status_code == 404
    assert {error["field"] for error in answer.json()["errors"]} == {"2.id", "2.sku"}
    assert (await items(ours))[:2] == [cup, fba]
    answer = await ours.patch(f"{BASE}/listings", json=[*rows, rows[0]])
    assert {error["field"] for error in answer.json()["errors"]} == {"2.id"}
    answer = await ours.patch(f"{BASE}/listings", json=rows)
    assert [(one["sku"], one["follow"]) for one in answer.json()["items"]] == [("cup-1", True), (None, False)]


async def test_strangers_see_and_change_nothing(shop: Shop, ours: httpx.AsyncClient, theirs: httpx.AsyncClient) -> None:
    """Every address of another organisation's listing is 404, its lists are empty, and nothing was changed."""
    before = await items(ours)
    one = before[0]["id"]
    answers = [
        await theirs.get(f"{BASE}/listings/{one}"),
        await theirs.patch(f"{BASE}/listings/{one}", json={"follow": False}),
        await theirs.patch(f"{BASE}/listings/{one}", json={}),
        await theirs.patch(f"{BASE}/listings", json=[{"id": one, "follow": False}]),
        await theirs.post(f"{BASE}/listings/{one}/retry"),
        await theirs.get(f"/stock/listings/{one}"),
        await theirs.post(f"/stock/listings/{one}", data={"sku": "jar", "csrf_token": "genuine"}),
        await theirs.post(f"/stock/listings/{one}/retry", data={"csrf_token": "genuine"}),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert await items(theirs) == []
    assert (await theirs.get(f"{BASE}/push")).json()["items"] == []
    assert "mug" not in (await theirs.get("/stock/listings?tab=mapped")).text
    assert await items(ours) == before


async def test_a_refused_line_is_shown_and_tried_again(shop: Shop, ours: httpx.AsyncClient) -> None:
    """With the marketplace's words; a person's word makes it due now. What nothing is told for cannot be told again."""
    shop.stock["amazon"].refused = {"mug"}
    await shop.push()
    (refused,) = await items(ours, "?state=refused")
    assert (refused["state"], refused["reason"], refused["detail"]) == ("refused", "not_valid", "The offer is blocked.")
    page = (await ours.get("/stock/listings?tab=refused")).text
    assert "The marketplace did not take the quantity." in page
    assert "The offer is blocked." in page
    shop.stock["amazon"].refused = set()
    await shop.push()
    assert len(await items(ours, "?state=refused")) == 1
    assert (await ours.post(f"{BASE}/listings/{refused['id']}/retry")).status_code == 202
    await shop.push()
    assert await items(ours, "?state=refused") == []
    (cup,) = await items(ours, "?state=unmapped")
    answer = await ours.post(f"{BASE}/listings/{cup['id']}/retry")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:passerelle:problem:nothing-to-tell")


async def test_progress_tells_what_is_still_to_be_told(shop: Shop, ours: httpx.AsyncClient) -> None:
    """Per connection: waiting, then in sync; since when the oldest waits."""
    amazon, octopia = (await ours.get(f"{BASE}/push")).json()["items"]
    assert (amazon["name"], amazon["waiting"], amazon["in_sync"], octopia["waiting"]) == ("Amazon", 1, 0, 1)
    assert amazon["oldest"] is not None
    assert "1 waiting" in (await ours.get("/stock/listings")).text
    await shop.push()
    amazon, octopia = (await ours.get(f"{BASE}/push")).json()["items"]
    assert (amazon["waiting"], amazon["in_sync"], amazon["oldest"]) == (0, 1, None)
    assert amazon["listings_read_at"] is not None


async def test_a_listing_is_mapped_by_hand_on_its_page(shop: Shop, ours: httpx.AsyncClient) -> None:
    """Suggestions of the same beginning are one click; a wrong form comes back with what was typed."""
    (cup,) = await items(ours, "?state=unmapped")
    address = f"/stock/listings/{cup['id']}"
    page = (await ours.get(address)).text
    assert 'name="pick" value="cup-1"' in page
    assert 'value="mug"' not in page
    given = {"csrf_token": "genuine", "sku": "nope", "buffer": "many", "maximum": "", "follow": "1"}
    answer = await ours.post(address, data=given)
    assert answer.status_code == 422
    assert "A buffer is a whole number from 0 to 1,000,000." in answer.text
    answer = await ours.post(f"{address}?language=fr", data=given | {"buffer": ""})
    assert "Vous n’avez pas de SKU de ce nom." in answer.text
    assert (await ours.post(address, data={"csrf_token": "genuine", "pick": "cup-1"})).status_code == 303
    kept = {"csrf_token": "genuine", "sku": "cup-1", "buffer": "1", "maximum": "", "follow": ""}
    assert (await ours.post(address, data=kept)).status_code == 303
    (cup,) = await items(ours, "?search=cup-one")
    assert (cup["sku"], cup["buffer"], cup["follow"], cup["state"]) == ("cup-1", 1, False, "not_followed")


async def test_a_skus_page_shows_its_listings(shop: Shop, ours: httpx.AsyncClient) -> None:
    """Where it is offered, what each shows; a SKU that no listing is says what to do."""
    await shop.push()
    page = (await ours.get("/stock/sku/mug")).text
    assert page.count("in sync") == 3
    assert "To those not mapped" in (await ours.get("/stock/sku/pot")).text


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("tab", ["mapped", "unmapped", "marketplace_fulfilled", "refused"])
async def test_empty_tabs_say_what_to_do(ours: httpx.AsyncClient, tab: str, language: str) -> None:
    """Without a connection, to connect one."""
    page = (await ours.get(f"/stock/listings?tab={tab}&language={language}")).text
    assert 'href="/connections"' in page.split("<main")[1]
