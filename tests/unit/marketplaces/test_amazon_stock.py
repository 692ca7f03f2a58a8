"""Telling Amazon how many are left: the calls of a submission, and what each answer means for each of its lines."""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.http.messages import Answer
from shared.kernel.errors import OutcomeUnknown, Refused, RoleMissing, Throttled
from shared.kernel.ports import TooLate
from shared.marketplaces.listings import StockOutcome
from tests.unit.marketplaces.far_side import FRANCE, answer, denial
from tests.unit.marketplaces.telling import Telling, alone, found, item, line, taken

_SPECS = Path(os.environ.get("PASSERELLE_SPECS") or Path(__file__).resolve().parents[4] / "shared" / "specs")
_MODEL = _SPECS / "amazon" / "listingsItems_2021-08-01.json"


async def test_a_quantity_is_checked_told_and_read_back() -> None:
    """Accepted is not applied: it is shown when it is read back, after a while."""
    telling = Telling([line()], found(item(quantity=9)), taken(), found(item(quantity=5)))
    assert await telling.to_the_end() == [StockOutcome("A", shown=5)]
    assert telling.calls == ["searchListingsItems.stock", "patchListingsItem", "searchListingsItems.stock"]
    assert telling.waits == [0, 30, 0]


async def test_a_patch_changes_the_quantity_and_nothing_else() -> None:
    """A merge into the seller's own warehouse, in the store of the channel, fenced by the intent's moment."""
    telling = Telling([line()], found(item()), taken(), found(item(quantity=5)))
    await telling.to_the_end()
    request = telling.requests[1]
    assert (request.method, request.effect, request.send_before_monotonic) == ("PATCH", "write", 1234.5)
    assert request.full_url == f"https://eu.example/listings/2021-08-01/items/A1SELLER/A?marketplaceIds={FRANCE}"
    assert json.loads(request.body or b"") == {
        "productType": "LUGGAGE",
        "patches": [
            {
                "op": "merge",
                "path": "/attributes/fulfillment_availability",
                "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": 5}],
            }
        ],
    }


@pytest.mark.parametrize("product_type", ["LUGGAGE", None])
async def test_the_body_is_what_amazons_model_asks_for(product_type: str | None) -> None:
    """Also where the listing did not tell its product type."""
    if not _MODEL.exists():
        pytest.skip("the official models (PASSERELLE_SPECS) are not here")
    telling = Telling([line(product_type=product_type)], found(item()), taken(), found(item(quantity=5)))
    await telling.to_the_end()
    model = json.loads(_MODEL.read_text())
    schema = {"$ref": "#/definitions/ListingsItemPatchRequest", "definitions": model["definitions"]}
    body = json.loads(telling.requests[1].body or b"")
    jsonschema.Draft4Validator(schema).validate(body)
    assert body["productType"] == (product_type or "PRODUCT")


@pytest.mark.parametrize(
    ("sku", "segment"),
    [("a/b", "a%2Fb"), ("a#b", "a%23b"), ("50%", "50%25"), ("a b", "a%20b"), ("é", "%C3%A9"), ("a+b?", "a%2Bb%3F")],
)
async def test_a_sku_is_one_segment_of_the_address(sku: str, segment: str) -> None:
    """Whatever characters a seller put into it."""
    telling = Telling([line(sku)], found(item(sku)), taken(sku), found(item(sku, quantity=5)))
    assert await telling.to_the_end() == [StockOutcome(sku, shown=5)]
    assert telling.requests[1].url.rsplit("/", 1)[1] == segment


async def test_twenty_quantities_cost_twenty_two_calls() -> None:
    """One check and one reading back for all of them: twenty is what one search takes."""
    lines = [line(f"S{n}", n) for n in range(20)]
    before = [item(one.sku, 99) for one in lines]
    after = [item(one.sku, one.quantity) for one in lines]
    telling = Telling(lines, found(*before), *(taken(one.sku) for one in lines), found(*after))
    outcomes = await telling.to_the_end()
    assert outcomes == [StockOutcome(one.sku, shown=one.quantity) for one in lines]
    assert len(telling.requests) == 22
    assert dict(telling.requests[0].params)["identifiers"] == ",".join(one.sku for one in lines)
    assert telling.port.limits.lines == 20


async def test_what_amazon_fills_is_never_told() -> None:
    """A listing moved into Amazon's warehouse since it was read: no patch leaves for it."""
    telling = Telling([line("A"), line("B")], found(item("A", code="AMAZON_EU"), item("B")), taken("B"))
    telling.outward.answers.append(found(item("B", quantity=5)))
    assert await telling.to_the_end() == [
        StockOutcome("A", reason="marketplace_fulfilled"),
        StockOutcome("B", shown=5),
    ]
    assert telling.calls.count("patchListingsItem") == 1


async def test_a_listing_that_is_gone() -> None:
    """Not found by a search is not yet gone: it is asked for by itself, and a 404 says so."""
    telling = Telling([line("A"), line("B")], found(item("B")), answer(404), taken("B"), found(item("B", quantity=5)))
    assert await telling.to_the_end() == [StockOutcome("A", reason="listing_unknown"), StockOutcome("B", shown=5)]
    assert telling.calls[1] == "getListingsItem"
    hidden = Telling([line("A")], found(), alone(item("A")), taken("A"), alone(item("A", quantity=5)))
    assert await hidden.to_the_end() == [StockOutcome("A", shown=5)]


@pytest.mark.parametrize("step", ["patch", "read"])
async def test_a_listing_that_goes_meanwhile(step: str) -> None:
    """It is gone whenever Amazon says so."""
    gone = [answer(404)] if step == "patch" else [taken(), found(), answer(404)]
    assert await Telling([line()], found(item()), *gone).to_the_end() == [StockOutcome("A", reason="listing_unknown")]


async def test_a_comma_in_a_sku_is_asked_for_alone() -> None:
    """A list joined by commas could not name it."""
    answers = (found(item("B")), alone(item("a,b")), taken("B"), taken("a,b"))
    telling = Telling([line("a,b"), line("B")], *answers, found(item("B", 5)), alone(item("a,b", 5)))
    assert {one.sku: one.shown for one in await telling.to_the_end()} == {"B": 5, "a,b": 5}
    assert dict(telling.requests[0].params)["identifiers"] == "B"
    assert telling.requests[1].url.endswith("/a%2Cb")


async def test_not_shown_yet_is_read_again_and_later() -> None:
    """Reading back waits longer each time; only what is not shown yet is asked for."""
    lines = [line("A"), line("B")]
    telling = Telling(lines, found(item("A"), item("B")), taken("A"), taken("B"), found(item("A", 5), item("B", 9)))
    telling.outward.answers += [found(item("B", 9)), found(item("B", 5))]
    assert await telling.to_the_end() == [StockOutcome("A", shown=5), StockOutcome("B", shown=5)]
    assert telling.waits == [0, 0, 30, 60, 120, 0]
    assert dict(telling.requests[-1].params)["identifiers"] == "B"


async def test_never_shown_ends_with_what_is_there() -> None:
    """Accepted and never applied: the caller is told the old quantity, or that none is shown."""
    dropped = Telling([line()], found(item()), taken(), *[found(item(quantity=9))] * 3)
    assert await dropped.to_the_end() == [StockOutcome("A", shown=9)]
    silent = Telling([line()], found(item(quantity=None)), taken(), *[found(item(quantity=None))] * 3)
    assert await silent.to_the_end() == [StockOutcome("A", reason="quantity_not_shown")]


async def test_less_than_told_and_not_what_was_there_was_sold_since() -> None:
    """A sale ends the submission at once, so that the next can follow; the old count and more are waited for."""
    sold = Telling([line(quantity=5)], found(item(quantity=3)), taken(), found(item(quantity=4)))
    assert await sold.to_the_end() == [StockOutcome("A", shown=4)]
    raised = Telling([line(quantity=5)], found(item(quantity=3)), taken(), found(item(quantity=3)))
    raised.outward.answers.append(found(item(quantity=5)))
    assert await raised.to_the_end() == [StockOutcome("A", shown=5)]
    on_the_old_count = Telling([line(quantity=5)], found(item(quantity=9)), taken(), found(item(quantity=8)), rounds=2)
    on_the_old_count.outward.answers.append(found(item(quantity=5)))
    assert await on_the_old_count.to_the_end() == [StockOutcome("A", shown=5)]


@pytest.mark.parametrize(
    ("refused", "detail"),
    [
        (
            answer(
                200,
                {
                    "status": "INVALID",
                    "issues": [
                        {"code": "90000900", "message": "Not an\n attribute.", "severity": "ERROR"},
                        {"code": "99", "message": "By the way.", "severity": "WARNING"},
                    ],
                },
            ),
            "90000900 Not an attribute.",
        ),
        (answer(200, {"status": "INVALID"}), None),
        (denial(400, "InvalidInput", "Wrong product type."), "InvalidInput Wrong product type."),
        (answer(413, b"<html>"), None),
    ],
)
async def test_a_refused_quantity_is_its_own_lines_trouble(refused: Answer, detail: str | None) -> None:
    """A 200 may be a refusal. Our code, Amazon's words about the listing; the other lines go on."""
    telling = Telling([line("A"), line("B")], found(item("A"), item("B")), refused, taken("B"), found(item("B", 5)))
    assert await telling.to_the_end() == [
        StockOutcome("A", reason="quantity_refused", detail=detail),
        StockOutcome("B", shown=5),
    ]


async def test_a_long_story_is_shortened() -> None:
    """What is shown fits a page."""
    issues = [{"code": "1", "message": "word " * 200, "severity": "ERROR"}]
    refused = answer(200, {"status": "INVALID", "issues": issues})
    (outcome,) = await Telling([line()], found(item()), refused).to_the_end()
    assert len(outcome.detail or "") == 300


async def test_a_yes_that_cannot_be_read_is_read_back() -> None:
    """What it did shows when the quantity is read."""
    telling = Telling([line()], found(item()), answer(200, b"<html>"), found(item(quantity=5)))
    assert await telling.to_the_end() == [StockOutcome("A", shown=5)]


@pytest.mark.parametrize("error", [OutcomeUnknown("no answer"), TooLate(), answer(503), denial(429)])
async def test_after_trouble_the_same_state_goes_on(error: Answer | Exception) -> None:
    """An error changes nothing of the state: the same call again, which does no harm."""
    telling = Telling([line()], found(item()), error, taken(), found(item(quantity=5)))
    await telling.step()
    with pytest.raises((OutcomeUnknown, TooLate, Throttled)):
        await telling.step()
    assert await telling.to_the_end() == [StockOutcome("A", shown=5)]
    assert [request.body for request in telling.requests[1:3]] == [telling.requests[1].body] * 2


async def test_a_search_that_is_refused_is_asked_one_by_one() -> None:
    """One odd SKU never spoils the others: each is asked for by itself, and the odd one has its reason."""
    telling = Telling([line("A"), line("B")], denial(400), denial(400), alone(item("B")), taken("B"))
    telling.outward.answers.append(alone(item("B", 5)))
    assert await telling.to_the_end() == [StockOutcome("A", reason="listing_unreadable"), StockOutcome("B", shown=5)]


@pytest.mark.parametrize("nonsense", [b"<html>", {"items": "unavailable"}, {"items": [{"sku": None}]}])
async def test_answers_that_cannot_be_read(nonsense: Any) -> None:
    """Before a patch they are the line's trouble, after it a quantity not shown yet."""
    unread = Telling([line()], answer(200, nonsense), answer(200, nonsense))
    assert await unread.to_the_end() == [StockOutcome("A", reason="listing_unreadable")]
    later = Telling([line()], found(item()), taken(), answer(200, nonsense), answer(200, nonsense))
    later.outward.answers.append(alone(item(quantity=5)))
    assert await later.to_the_end() == [StockOutcome("A", shown=5)]


@pytest.mark.parametrize("step", range(3))
async def test_a_missing_role_is_no_lines_trouble(step: int) -> None:
    """Whichever call it is: the connection waits, and no line has an outcome."""
    answers = [found(item()), taken(), found(item(quantity=5))]
    answers.insert(step, denial(403))
    telling = Telling([line()], *answers)
    for _ in range(step):
        await telling.step()
    with pytest.raises(RoleMissing):
        await telling.step()
    assert await telling.to_the_end() == [StockOutcome("A", shown=5)]


async def test_a_store_of_another_region_is_refused_as_a_whole() -> None:
    """Nothing of it was taken."""
    away = denial(403, details="The marketplaces you provided are not valid for region.")
    with pytest.raises(Refused) as caught:
        await Telling([line()], away).step()
    assert caught.value.code == "store_of_another_region"
