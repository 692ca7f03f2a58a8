"""The pages of many levels at once: edit, import with a look before, export, marks, the orders that are short."""

from uuid import uuid4

import httpx
import pytest

from services.inventory.domain.sku import StockRow
from tests.integration.inventory.conftest import Inventory
from tests.unit.inventory.builders import order, order_line


async def upload(client: httpx.AsyncClient, content: str) -> str:
    """The address of the page that shows what it would change."""
    file = {"file": ("stock.csv", content.encode(), "text/csv")}
    answer = await client.post("/stock/import", data={"csrf_token": "genuine"}, files=file)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def levels(inventory: Inventory) -> dict[str, tuple[int, int | None, int]]:
    return {row.code: (row.on_hand, row.weight_grams, row.low_level) for row in await inventory.rows("sku")}


async def test_a_table_is_looked_at_before_it_is_applied(ours: httpx.AsyncClient, inventory: Inventory) -> None:
    """Differences and new SKUs are shown, nothing is changed; then all of it is, once."""
    await inventory.set(StockRow("mug", counted=4, weight_grams=300), StockRow("cup", counted=1))
    address = await upload(ours, "sku;counted;weight_grams;low_level\nmug;9;;2\npot;3;120;\ncup;1;;\n")
    page = (await ours.get(address)).text
    assert "<del>4</del> <ins>9</ins>" in page
    assert "SKUs that change: 2" in page
    assert "unchanged: 1" in page
    assert (await levels(inventory))["mug"] == (4, 300, 0)
    answer = await ours.post(address, data={"csrf_token": "genuine"})
    assert answer.headers["location"] == "/stock?saved=3"
    applied = await levels(inventory)
    assert applied == {"mug": (9, 300, 2), "pot": (3, 120, 0), "cup": (1, None, 0)}
    await inventory.set(StockRow("mug", counted=5))
    await ours.post(address, data={"csrf_token": "genuine"})
    assert (await levels(inventory))["mug"] == (5, 300, 2)


async def test_nothing_is_half_applied(ours: httpx.AsyncClient, inventory: Inventory) -> None:
    """One bad line, and nothing of the table is; the report names it."""
    address = await upload(ours, "sku,counted\nmug,9\ncup,many\n")
    assert "This is no whole number within the limits." in (await ours.get(address)).text
    assert "Apply all of it" not in (await ours.get(address)).text
    assert (await ours.post(address, data={"csrf_token": "genuine"})).status_code == 409
    assert await inventory.rows("sku") == []
    report = (await ours.get(f"{address}/bad-lines.csv")).text
    assert report.splitlines()[1:] == ["3,counted,not_a_number"]


async def test_an_import_is_its_organisations_own(ours: httpx.AsyncClient, theirs: httpx.AsyncClient) -> None:
    """Somebody else's is not there: to be looked at, applied, or reported of."""
    address = await upload(ours, "sku,counted\nmug,9\n")
    for path in (address, f"{address}/bad-lines.csv", f"/stock/import/{uuid4()}"):
        assert (await theirs.get(path)).status_code == 404
    assert (await theirs.post(address, data={"csrf_token": "genuine"})).status_code == 404


async def test_an_empty_upload_says_so(ours: httpx.AsyncClient) -> None:
    """Neither file nor lines."""
    answer = await ours.post("/stock/import", data={"csrf_token": "genuine", "lines": "  "})
    assert answer.status_code == 422
    assert "Choose a file, or paste some lines." in answer.text


async def test_lines_can_be_pasted(ours: httpx.AsyncClient) -> None:
    """As copied from a spreadsheet: with tabs."""
    answer = await ours.post("/stock/import", data={"csrf_token": "genuine", "lines": "sku\tcounted\nmug\t9"})
    assert "SKUs that change: 1" in (await ours.get(answer.headers["location"])).text


async def test_what_is_exported_can_be_imported(ours: httpx.AsyncClient, inventory: Inventory) -> None:
    """The same table, and it changes nothing."""
    await inventory.set(StockRow("=mug,é", counted=4, weight_grams=300, low_level=2))
    await inventory.apply(order([order_line("never counted", 1)]))
    exported = (await ours.get("/stock/export.csv")).text
    assert exported.startswith("\ufeffsku,counted,weight_grams,low_level")
    assert "SKUs that change: 0" in (await ours.get(await upload(ours, exported))).text


async def test_several_are_edited_at_once(ours: httpx.AsyncClient, inventory: Inventory) -> None:
    """Only what was typed differently is set; a wrong number keeps all of it back and stands beside its sentence."""
    mug, cup = await inventory.set(StockRow("mug", counted=4, weight_grams=300), StockRow("cup", counted=1))
    form = {
        "csrf_token": "genuine",
        "id": [str(mug.id), str(cup.id)],
        f"counted.{mug.id}": "7",
        f"weight_grams.{mug.id}": "300",
        f"low_level.{mug.id}": "2",
        f"counted.{cup.id}": "",
        f"weight_grams.{cup.id}": "",
        f"low_level.{cup.id}": "0",
    }
    wrong = await ours.post("/stock/edit", data=form | {f"counted.{cup.id}": "-1"})
    assert wrong.status_code == 422
    assert 'value="-1"' in wrong.text
    assert (await levels(inventory))["mug"] == (4, 300, 0)
    answer = await ours.post("/stock/edit", data=form)
    assert answer.headers["location"] == "/stock?saved=1"
    assert await levels(inventory) == {"mug": (7, 300, 2), "cup": (1, None, 0)}


async def test_a_strangers_sku_is_not_edited(
    ours: httpx.AsyncClient, theirs: httpx.AsyncClient, inventory: Inventory
) -> None:
    """An id of another organisation in the form is nobody's."""
    (mug,) = await inventory.set(StockRow("mug", counted=4))
    form = {"csrf_token": "genuine", "id": [str(mug.id), "nonsense"], f"counted.{mug.id}": "9"}
    assert (await theirs.post("/stock/edit", data=form)).headers["location"] == "/stock?saved=0"
    assert (await levels(inventory))["mug"][0] == 4


@pytest.mark.parametrize(
    ("show", "seen"),
    [("low", {"low"}), ("short", {"short"}), ("uncounted", {"new"}), ("all", {"low", "fine", "short", "new"})],
)
async def test_the_list_shows_what_was_asked_for(
    ours: httpx.AsyncClient, inventory: Inventory, show: str, seen: set[str]
) -> None:
    """Low by its own mark, short by its orders, never counted; a SKU that is all gone is low as well."""
    await inventory.set(
        StockRow("low", counted=3, low_level=3), StockRow("fine", counted=4, low_level=3), StockRow("short", counted=9)
    )
    await inventory.apply(order([order_line("short", 10), order_line("new", 1)]))
    page = (await ours.get("/stock", params={"show": show})).text
    found = {code for code in ("low", "fine", "short", "new") if f"/stock/sku/{code}" in page}
    assert found - ({"short"} if show == "low" else set()) == seen


async def test_short_orders_are_listed(
    ours: httpx.AsyncClient, theirs: httpx.AsyncClient, inventory: Inventory
) -> None:
    """With what they miss; page by page; of this organisation only."""
    await inventory.set(StockRow("mug", counted=1))
    assert "No order is short" in (await ours.get("/stock/short")).text
    await inventory.apply(*[order([order_line("mug", 2)]) for _ in range(60)])
    first = (await ours.get("/stock/short")).text
    assert first.count("<tr>") == 51
    more = first.split('href="/stock/short?cursor=')[1].split('"')[0]
    second = (await ours.get(f"/stock/short?cursor={more}")).text
    assert 1 < second.count("<tr>") <= 11
    assert "No order is short" in (await theirs.get("/stock/short")).text


async def test_a_skus_page_draws_its_history(ours: httpx.AsyncClient, inventory: Inventory) -> None:
    """From the ledger; a SKU nobody counted has none."""
    await inventory.set(StockRow("mug", counted=3))
    assert "<svg viewBox" in (await ours.get("/stock/sku/mug")).text
    await inventory.apply(order([order_line("new", 1)]))
    assert "<svg viewBox" not in (await ours.get("/stock/sku/new")).text
