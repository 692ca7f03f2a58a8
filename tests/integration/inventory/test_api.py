"""The API and the pages as a seller's browser and programs meet them, on a real PostgreSQL."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from services.inventory.domain.sku import StockRow
from tests.integration.inventory.browser import BASE, client
from tests.integration.inventory.conftest import Inventory
from tests.unit.inventory.builders import order, order_line


def fields(answer: httpx.Response) -> set[str]:
    return {error["field"] for error in answer.json()["errors"]}


async def test_a_level_and_a_weight_are_set_and_read(ours: httpx.AsyncClient) -> None:
    """PUT makes the SKU where it is new, and each number leaves the other alone."""
    answer = await ours.put(f"{BASE}/skus/mug", json={"weight_grams": 350})
    assert (answer.status_code, answer.json()["tracked"]) == (200, False)
    answer = await ours.put(f"{BASE}/skus/mug/level", json={"counted": 7})
    told = answer.json()
    assert (told["weight_grams"], told["tracked"], told["on_hand"], told["available"]) == (350, True, 7, 7)
    assert (await ours.get(f"{BASE}/skus/mug")).json() == told


@pytest.mark.parametrize("code", ["a/b", "mug/level", "x/ledger", "50% off", "a?b#c", "tasse à café", "bulk", "..%2F"])
async def test_a_sku_may_hold_anything_printable(ours: httpx.AsyncClient, code: str) -> None:
    """A percent-encoded code is that very SKU, on every route and on its page."""
    path = f"{BASE}/skus/{quote(code, safe='')}"
    assert (await ours.put(path, json={"weight_grams": 10})).json()["sku"] == code
    assert (await ours.put(f"{path}/level", json={"counted": 1})).json()["sku"] == code
    assert (await ours.get(path)).json()["on_hand"] == 1
    assert [entry["change"] for entry in (await ours.get(f"{path}/ledger")).json()["items"]] == [1]
    page = await ours.get(f"/stock/sku/{quote(code, safe='')}")
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("skus/mug", {"weight_grams": 0}, "weight_grams"),
        ("skus/mug", {"weight_grams": 100_001}, "weight_grams"),
        ("skus/mug", {"weight_grams": "350"}, "weight_grams"),
        ("skus/mug", {"grams": 350}, "grams"),
        ("skus/mug/level", {"counted": -1}, "counted"),
        ("skus/mug/level", {"counted": 1_000_001}, "counted"),
        ("skus/mug/level", {}, "counted"),
        (f"skus/{'x' * 101}/level", {"counted": 1}, "sku"),
        ("skus/a%09b/level", {"counted": 1}, "sku"),
        ("skus/%20mug/level", {"counted": 1}, "sku"),
    ],
)
async def test_a_wrong_number_is_refused_by_its_field(
    ours: httpx.AsyncClient, path: str, body: dict[str, Any], field: str
) -> None:
    """The problem names the field; nothing is stored."""
    answer = await ours.put(f"{BASE}/{path}", json=body)
    assert answer.status_code == 422
    assert field in fields(answer)
    assert (await ours.get(f"{BASE}/skus")).json()["items"] == []


async def test_bulk_is_all_or_nothing_with_an_error_for_each_row(ours: httpx.AsyncClient) -> None:
    """Wrong rows are named by their place; right ones are not stored without them."""
    rows: list[dict[str, Any]] = [
        {"sku": "mug", "counted": 5},
        {"sku": "cup", "counted": -1},
        {"sku": "pot"},
        {"sku": " jar", "weight_grams": 9},
    ]
    answer = await ours.post(f"{BASE}/skus/bulk", json=rows)
    assert answer.status_code == 422
    assert fields(answer) == {"1.counted", "2", "3.sku"}
    assert "-1" not in answer.text
    assert (await ours.get(f"{BASE}/skus")).json()["items"] == []


async def test_bulk_refuses_a_sku_twice(ours: httpx.AsyncClient) -> None:
    """Two rows of one SKU contradict each other."""
    rows = [{"sku": "mug", "counted": 5}, {"sku": "mug", "counted": 6}]
    assert fields(await ours.post(f"{BASE}/skus/bulk", json=rows)) == {"1.sku"}


async def test_bulk_takes_a_thousand_rows_and_no_more(ours: httpx.AsyncClient) -> None:
    """All of them in one call; one more is refused."""
    rows = [{"sku": f"sku-{number:04}", "counted": number, "weight_grams": 5} for number in range(1001)]
    assert (await ours.post(f"{BASE}/skus/bulk", json=rows)).status_code == 422
    answer = await ours.post(f"{BASE}/skus/bulk", json=rows[:1000])
    assert [item["on_hand"] for item in answer.json()["items"]] == list(range(1000))


async def test_lists_come_in_pieces_and_can_be_searched(ours: httpx.AsyncClient) -> None:
    """Following the cursor shows each SKU once; a search finds parts in any case; a foreign cursor is refused."""
    codes = [*(f"Mug-{number}" for number in range(7)), "tasse"]
    await ours.post(f"{BASE}/skus/bulk", json=[{"sku": code, "counted": 1} for code in codes])
    seen: list[str] = []
    cursor: str | None = None
    while True:
        piece = (await ours.get(f"{BASE}/skus", params={"limit": 3} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [item["sku"] for item in piece["items"]]
        cursor = piece["next_cursor"]
        if cursor is None:
            break
    assert seen == codes
    found = await ours.get(f"{BASE}/skus", params={"search": "MUG-1"})
    assert [item["sku"] for item in found.json()["items"]] == ["Mug-1"]
    for wrong in ("!", "Zm9v=", "AA"):
        assert (await ours.get(f"{BASE}/skus", params={"cursor": wrong})).status_code == 422
        assert (await ours.get(f"{BASE}/skus/tasse/ledger", params={"cursor": wrong})).status_code == 422


async def test_the_ledger_says_what_changed_and_sums_to_the_level(
    ours: httpx.AsyncClient, inventory: Inventory
) -> None:
    """Newest first, over pages, with the order whose units left."""
    for counted in (5, 9, 4):
        await ours.put(f"{BASE}/skus/mug/level", json={"counted": counted})
    received = order([order_line("mug", 2)])
    await inventory.apply(received)
    (line,) = received.body.lines
    gone = line.model_copy(update={"fulfilled": 2})
    await inventory.apply(order([gone], order_id=received.subject, version=2))
    first = (await ours.get(f"{BASE}/skus/mug/ledger", params={"limit": 2})).json()
    rest = (await ours.get(f"{BASE}/skus/mug/ledger", params={"cursor": first["next_cursor"]})).json()
    entries = first["items"] + rest["items"]
    assert [entry["change"] for entry in entries] == [-2, -5, 4, 5]
    assert [entry["via"] for entry in entries] == ["event", "api", "api", "api"]
    assert entries[0]["marketplace_order_id"] == received.body.marketplace_order_id
    assert rest["next_cursor"] is None
    level = (await ours.get(f"{BASE}/skus/mug")).json()["on_hand"]
    assert sum(entry["change"] for entry in entries) == level == 2


async def test_other_organisations_see_nothing_of_ours(ours: httpx.AsyncClient, theirs: httpx.AsyncClient) -> None:
    """Foreign SKUs are 404 on every route that reads; setting one makes their own."""
    await ours.put(f"{BASE}/skus/mug/level", json={"counted": 7})
    for path in (f"{BASE}/skus/mug", f"{BASE}/skus/mug/ledger", "/stock/sku/mug"):
        assert (await theirs.get(path)).status_code == 404
    assert (await theirs.get(f"{BASE}/skus")).json()["items"] == []
    assert "mug" not in (await theirs.get("/stock")).text
    await theirs.put(f"{BASE}/skus/mug/level", json={"counted": 1})
    assert (await ours.get(f"{BASE}/skus/mug")).json()["on_hand"] == 7


async def test_nobody_comes_in_without_a_session(app: Any) -> None:
    """The API answers 401, a page leads to sign-in."""
    async with client(app, None) as stranger:
        assert (await stranger.get(f"{BASE}/skus")).status_code == 401
        assert (await stranger.put(f"{BASE}/skus/mug", json={"weight_grams": 1})).status_code == 401
        page = await stranger.get("/stock/sku/mug")
        assert (page.status_code, page.headers["location"]) == (303, "/signin?next=%2Fstock%2Fsku%2Fmug")


async def test_a_change_needs_the_sessions_token(app: Any) -> None:
    """A call or form from elsewhere, in the seller's browser, changes nothing."""
    async with client(app, "ours") as browser:
        del browser.headers["X-CSRF-Token"]
        assert (await browser.put(f"{BASE}/skus/mug", json={"weight_grams": 1})).status_code == 403
        form = {"sku": "mug", "counted": "1", "csrf_token": "forged"}
        assert (await browser.post("/stock", data=form)).status_code == 403
        assert (await browser.get(f"{BASE}/skus")).json()["items"] == []


async def test_the_list_shows_levels_and_an_empty_one_says_what_to_do(
    ours: httpx.AsyncClient, inventory: Inventory
) -> None:
    """Empty, full, searched, and only what is short."""
    assert "No SKUs yet" in (await ours.get("/stock")).text
    await inventory.set(StockRow("mug", counted=1), StockRow("cup", counted=1))
    await inventory.apply(order([order_line("mug", 3), order_line("pot", 1)]))
    page = (await ours.get("/stock")).text
    assert all(f"/stock/sku/{code}" in page for code in ("mug", "cup", "pot"))
    assert "never counted" in page
    short = (await ours.get("/stock", params={"show": "short"})).text
    assert "/stock/sku/mug" in short
    assert "/stock/sku/cup" not in short
    assert "Nothing matches" in (await ours.get("/stock", params={"search": "\0zz"})).text


async def test_a_form_sets_the_level_and_shows_the_sku(ours: httpx.AsyncClient, inventory: Inventory) -> None:
    """Saved, redirected, shown with its ledger and who waits; the ledger knows it was a person."""
    received = order([order_line("a/b", 3)])
    await inventory.apply(received)
    form = {"sku": "a/b", "counted": "2", "weight_grams": "350", "csrf_token": "genuine"}
    answer = await ours.post("/stock", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/stock/sku/a%2Fb?saved=1")
    page = (await ours.get(answer.headers["location"])).text
    assert "Saved." in page
    assert f"/orders/{received.subject}" in page
    assert received.body.marketplace_order_id in page
    assert "Counted, entered by hand" in page
    (entry,) = await inventory.rows("ledger_entry")
    assert (entry.via, entry.user_id is not None) == ("page", True)


async def test_a_wrong_form_comes_back_with_its_sentences(ours: httpx.AsyncClient, inventory: Inventory) -> None:
    """On the page it came from, with what was typed, in the reader's language, nothing stored."""
    form = {"sku": "", "counted": "many", "weight_grams": "0", "csrf_token": "genuine"}
    answer = await ours.post("/stock", data=form)
    assert answer.status_code == 422
    assert "A level is a whole number from 0 to 1,000,000." in answer.text
    assert 'value="many"' in answer.text
    await inventory.set(StockRow("mug", counted=1))
    french = await ours.post(
        "/stock?language=fr", data={"sku": "mug", "counted": "", "from": "sku", "csrf_token": "genuine"}
    )
    assert french.status_code == 422
    assert "Saisissez un niveau compté, un poids ou un seuil." in french.text
    assert "Journal" in french.text


async def test_what_a_seller_names_a_sku_is_shown_as_text(ours: httpx.AsyncClient) -> None:
    """A code that looks like markup stays a code."""
    await ours.post(f"{BASE}/skus/bulk", json=[{"sku": "<script>alert(1)</script>", "counted": 1}])
    assert "<script>alert" not in (await ours.get("/stock")).text
