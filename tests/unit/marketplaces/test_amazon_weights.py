"""What a listing of Amazon's weighs: every unit, exactly and rounded up; and what no parcel weighs."""

import json
from typing import Any

import pytest

from shared.marketplaces.amazon.weights import package_weight
from shared.marketplaces.fields import load_object
from shared.marketplaces.listings import PackageWeight
from tests.unit.marketplaces.far_side import FRANCE
from tests.unit.marketplaces.test_amazon_listings import GERMANY, Reading, record, results


def told(value: str, unit: str = '"grams"', store: str = FRANCE) -> str:
    return f'{{"unit": {unit}, "value": {value}, "marketplace_id": "{store}"}}'


def weight(*entries: str) -> PackageWeight | None:
    """As it is read from an answer's bytes."""
    item = load_object(f'{{"attributes": {{"item_package_weight": [{", ".join(entries)}]}}}}'.encode())
    return package_weight(item, FRANCE)


@pytest.mark.parametrize(
    ("value", "unit", "grams"),
    [
        ("350", "grams", 350),
        ("350.0", "grams", 350),
        ("350.001", "grams", 351),
        ("0.35", "kilograms", 350),
        ("62.142", "kilograms", 62_142),
        ("0.0001", "kilograms", 1),
        ("1", "ounces", 29),
        ("16", "ounces", 454),
        ("1", "pounds", 454),
        ("2.2", "pounds", 998),
        ("110", "hundredths_pounds", 499),
        ("250000", "milligrams", 250),
        ("1e2", "grams", 100),
        ("1e-9999", "grams", 1),
        ("100", "kilograms", 100_000),
        ("100000000", "milligrams", 100_000),
    ],
)
def test_a_weight_in_grams(value: str, unit: str, grams: int) -> None:
    """A parcel declared a gram too light is one too light: what is left over counts as a whole one."""
    assert weight(told(value, f'"{unit}"')) == PackageWeight(grams)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (told("0"), "not_positive"),
        (told("-0.5"), "not_positive"),
        (told("100.0001", '"kilograms"'), "too_heavy"),
        (told("1e999999", '"grams"'), "too_heavy"),
        (told("1e99999999999999999999", '"grams"'), "unreadable"),
        (told("NaN"), "unreadable"),
        (told("Infinity"), "unreadable"),
        (told("true"), "unreadable"),
        (told("null"), "unreadable"),
        (told('"350"'), "unreadable"),
        (told("[350]"), "unreadable"),
        (told("350", "7"), "unreadable"),
        (told("350", "null"), "unreadable"),
        (told("350", '"tons"'), "unit_unknown"),
        (told("350", '"Grams"'), "unit_unknown"),
        ('{"value": 350}', "unreadable"),
        ('"350 g"', "unreadable"),
        ("null", "unreadable"),
    ],
)
def test_a_weight_that_cannot_be_is_left_out(entry: str, problem: str) -> None:
    """With the reason, and nothing of it."""
    assert weight(entry) == PackageWeight(problem=problem)


def test_the_heaviest_of_the_store_asked_for() -> None:
    """Another store's is not this one's, one without a store is; one that cannot be is passed over for one that can."""
    assert weight(told("900", store=GERMANY)) is None
    assert weight(told("900", store=GERMANY), told("300"), told("-1"), told("350")) == PackageWeight(350)
    assert weight('{"unit": "grams", "value": 20}', told("-1")) == PackageWeight(20)
    assert weight() is None


@pytest.mark.parametrize("attributes", [{}, {"item_package_weight": None}, [], "none", None])
def test_a_listing_need_not_tell_it(attributes: Any) -> None:
    """Amazon does not ask it of every product."""
    assert package_weight(load_object(json.dumps({"attributes": attributes}).encode()), FRANCE) is None


@pytest.mark.parametrize("attribute", [7, "350 g", True])
def test_what_is_no_list_is_left_out(attribute: Any) -> None:
    """Attributes may be anything; the listing's other facts are read."""
    assert package_weight({"attributes": {"item_package_weight": attribute}}, FRANCE) == PackageWeight(
        problem="unreadable"
    )


async def test_attributes_are_asked_for_where_weights_are_wanted() -> None:
    """By the same call: none more is made for them, and what they are is not asked for where nobody wants it."""
    attributes = {"item_package_weight": [{"unit": "kilograms", "value": 1.2, "marketplace_id": FRANCE}]}
    reading = Reading(results(record(), token="more"), results(record(attributes=attributes)))
    assert [one.weight for one in (await reading.page()).listings] == [None]
    assert reading.asked["includedData"] == "summaries,fulfillmentAvailability"
    page = await reading.page(weights=True)
    assert [(one.weight, one.quantity) for one in page.listings] == [(PackageWeight(1200), 7)]
    assert reading.asked["includedData"] == "summaries,fulfillmentAvailability,attributes"
    assert len(reading.outward.requests) == 2


async def test_one_bad_weight_never_spoils_its_page() -> None:
    """The listing is read all the same, and so are the others."""
    bad = record("A", attributes={"item_package_weight": [{"unit": "stones", "value": 1}]})
    page = await Reading(results(bad, record("B"))).page(weights=True)
    assert {one.sku: one.weight for one in page.listings} == {"A": PackageWeight(problem="unit_unknown"), "B": None}
    assert page.unreadable == ()
