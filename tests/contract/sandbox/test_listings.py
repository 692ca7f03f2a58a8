"""Listings and their quantities: what Amazon shows, takes, applies later, and refuses (sandbox.md points 6 and 10)."""

from typing import Any

import pytest

from tests.contract.sandbox.far import FRANCE, GERMANY, SELLER, Far, told
from tests.sandbox.world import Options


async def available(far: Far, sku: str = "A", store: str = FRANCE) -> list[Any]:
    found: list[Any] = (await far.item(sku, store)).raise_for_status().json()["fulfillmentAvailability"]
    return found


async def test_accepted_is_applied_later(far: Far) -> None:
    """A merge is accepted at once, counts ten seconds later, and keeps the handling time."""
    await far.control.listings(SELLER, ["A"], quantity=9, lead_time_days=3)
    answer = (await far.patch("A", told())).json()
    assert (answer["sku"], answer["status"], answer["issues"]) == ("A", "ACCEPTED", [])
    far.now += 9
    assert await available(far) == [{"fulfillmentChannelCode": "DEFAULT", "quantity": 9}]
    far.now += 1
    assert await available(far) == [{"fulfillmentChannelCode": "DEFAULT", "quantity": 5}]
    [one] = await far.attribute("A")
    assert (one["fulfillment_channel_code"], one["quantity"], one["lead_time_to_ship_max_days"]) == ("DEFAULT", 5, 3)


async def test_what_a_package_weighs_is_an_attribute(far: Far) -> None:
    """As the seller sent it, of each store; sent none, there is none."""
    await far.control.listings(SELLER, ["A"], package_weight={"unit": "kilograms", "value": 1.25})
    await far.control.listings(SELLER, ["B"])
    for store in (FRANCE, GERMANY):
        told_there = (await far.item("A", store)).json()["attributes"]["item_package_weight"]
        assert told_there == [{"unit": "kilograms", "value": 1.25, "marketplace_id": store}]
    assert "item_package_weight" not in (await far.item("B")).json()["attributes"]


async def test_how_late_is_an_option() -> None:
    """A sandbox may apply patches at once."""
    far = await Far(Options(patch_applied_seconds=0)).ready()
    await far.control.listings(SELLER, ["A"])
    await far.patch("A", told())
    assert await available(far) == [{"fulfillmentChannelCode": "DEFAULT", "quantity": 5}]
    await far.close()


async def test_each_store_has_its_own_quantity(far: Far) -> None:
    """A patch names its store; the others are left alone."""
    await far.control.listings(SELLER, ["A"], quantity=9)
    await far.patch("A", told(), store=GERMANY)
    far.now += 10
    assert (await far.units("A"), await far.units("A", GERMANY)) == (9, 5)


@pytest.mark.parametrize("op", ["replace", "add"])
async def test_replace_drops_the_handling_time(far: Far, op: str) -> None:
    """What a replaced entry does not say is gone."""
    await far.control.listings(SELLER, ["A"])
    await far.patch("A", told(op))
    far.now += 10
    expected = {"fulfillment_channel_code": "DEFAULT", "quantity": 5, "marketplace_id": FRANCE}
    assert await far.attribute("A") == [expected]


async def test_a_quantity_told_to_an_fba_listing_adds_a_warehouse(far: Far) -> None:
    """It is accepted: why clients must look first."""
    await far.control.listings(SELLER, ["A"], fba=True, quantity=7)
    await far.patch("A", told())
    far.now += 10
    assert [one["fulfillmentChannelCode"] for one in await available(far)] == ["AMAZON_EU", "DEFAULT"]


async def test_delete_takes_a_warehouse_away(far: Far) -> None:
    """By its selector."""
    await far.control.listings(SELLER, ["A"])
    await far.patch("A", told("delete"))
    far.now += 10
    assert await available(far) == []


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ({"op": "merge", "path": "/attributes/fulfillmentAvailability", "value": [{"quantity": 5}]}, "90000900"),
        ({"op": "merge", "path": "/attributes/fulfillment_availability", "value": [{"quantity": 5}]}, "90244"),
        (told(quantity=-1), "90225"),
        (told(quantity="5"), "90225"),
    ],
)
async def test_a_wrong_patch_is_a_200(far: Far, patch: dict[str, Any], code: str) -> None:
    """INVALID in a success: camelCase, no selector, no quantity. Nothing changes."""
    await far.control.listings(SELLER, ["A"], quantity=9)
    answer = await far.patch("A", patch)
    assert (answer.status_code, answer.json()["status"]) == (200, "INVALID")
    assert [issue["code"] for issue in answer.json()["issues"]] == [code]
    far.now += 10
    assert await far.units("A") == 9


@pytest.mark.parametrize(
    "patch",
    [
        {"op": "test", "path": "/attributes/fulfillment_availability"},
        {"op": "merge", "path": "/attributes/fulfillment_availability/0/quantity", "value": [{"quantity": 5}]},
        {"op": "merge", "path": "/attributes/fulfillment_availability", "value": 5},
    ],
)
async def test_what_is_no_patch_is_a_400(far: Far, patch: dict[str, Any]) -> None:
    """Unknown operations, nested attributes, values that are no list."""
    await far.control.listings(SELLER, ["A"])
    assert (await far.patch("A", patch)).status_code == 400


async def test_a_preview_changes_nothing(far: Far) -> None:
    """VALID, and the quantity stays."""
    await far.control.listings(SELLER, ["A"], quantity=9)
    assert (await far.patch("A", told(), mode="VALIDATION_PREVIEW")).json()["status"] == "VALID"
    far.now += 10
    assert await far.units("A") == 9


async def test_a_sku_nobody_lists(far: Far) -> None:
    """Reading it is a 404, patching it is INVALID: the model has no 404 there. The same once it is taken away."""
    assert (await far.item("A")).status_code == 404
    assert (await far.patch("A", told())).json()["status"] == "INVALID"
    await far.control.listings(SELLER, ["A"])
    assert (await far.item("A")).status_code == 200
    await far.control.unlist(SELLER, "A")
    assert (await far.item("A")).status_code == 404
    assert (await far.items()).json()["items"] == []


@pytest.mark.parametrize("sku", ["a/b", "a#b", "50% off", "é+è", "a,b"])
async def test_a_sku_is_one_segment(far: Far, sku: str) -> None:
    """Percent-encoded it arrives; a raw slash makes another path, which is a 403."""
    await far.control.listings(SELLER, [sku])
    assert (await far.item(sku)).json()["sku"] == sku
    assert (await far.patch(sku, told())).json()["sku"] == sku
    raw = await far.get(f"/listings/2021-08-01/items/{SELLER}/a/b", marketplaceIds=FRANCE)
    assert raw.status_code == 403


async def test_another_sellers_listings_are_denied(far: Far) -> None:
    """The token's seller is the path's, and the stores are of the region."""
    await far.control.seller("A2")
    path = "/listings/2021-08-01/items/A2"
    assert (await far.get(path, marketplaceIds=FRANCE)).status_code == 403
    elsewhere = await far.items("ATVPDKIKX0DER")
    assert elsewhere.json()["errors"][0]["details"] == "The marketplaces you provided are not valid for region."


async def test_included_data_is_honoured(far: Far) -> None:
    """Only what is asked for comes, the summaries where nothing is."""
    await far.control.listings(SELLER, ["A"], quantity=0, product_type="LUGGAGE")
    assert (await far.item("A", included="fulfillmentAvailability")).json() == {
        "sku": "A",
        "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT", "quantity": 0}],
    }
    plain = (await far.item("A", included="")).json()
    assert set(plain) == {"sku", "summaries"}
    assert (plain["summaries"][0]["status"], plain["summaries"][0]["productType"]) == (["DISCOVERABLE"], "LUGGAGE")
    assert (await far.item("A", included="everything")).status_code == 400


async def test_a_store_page_by_page(far: Far) -> None:
    """Twenty at most, one store; a token is good with unchanged parameters only."""
    skus = [f"S{n:02d}" for n in range(45)]
    await far.control.listings(SELLER, skus)
    query = {"sortBy": "createdDate", "sortOrder": "ASC", "pageSize": "20"}
    seen: list[str] = []
    page: dict[str, str] = {}
    while True:
        answer = (await far.items(**query, **page)).json()
        seen += [item["sku"] for item in answer["items"]]
        if "pagination" not in answer:
            break
        page = {"pageToken": answer["pagination"]["nextToken"]}
    assert (seen, answer["numberOfResults"]) == (skus, 45)
    assert (await far.items(**{**query, "pageSize": "10"}, **page)).status_code == 400
    far.now += 1
    assert (await far.items(f"{FRANCE},{GERMANY}")).status_code == 400
    assert (await far.items(pageSize="21")).status_code == 400


async def test_a_thousand_can_be_paged_through_and_no_more() -> None:
    """The others are reached by a date of creation."""
    far = await Far(Options(quota_scale=100)).ready()
    await far.control.listings(SELLER, [f"S{n:04d}" for n in range(1005)], marketplace_ids=["FR"])
    query = {"sortBy": "createdDate", "sortOrder": "ASC", "pageSize": "20", "includedData": "summaries"}
    page: dict[str, str] = {}
    seen: list[Any] = []
    while True:
        answer = (await far.items(**query, **page)).json()
        seen += answer["items"]
        if "pagination" not in answer:
            break
        page = {"pageToken": answer["pagination"]["nextToken"]}
    assert (len(seen), answer["numberOfResults"]) == (1000, 1005)
    rest = await far.items(**query, createdAfter=seen[-1]["summaries"][0]["createdDate"])
    assert [item["sku"] for item in rest.json()["items"]] == [f"S{n:04d}" for n in range(999, 1005)]
    await far.close()


async def test_twenty_skus_are_found_at_once(far: Far) -> None:
    """By name; one that is not listed is not in the answer."""
    await far.control.listings(SELLER, ["A", "B"])
    found = await far.items(identifiers="A,B,NOBODY'S", identifiersType="SKU")
    assert {item["sku"] for item in found.json()["items"]} == {"A", "B"}
    assert (await far.items(identifiers="A")).status_code == 400
    many = ",".join(str(n) for n in range(21))
    assert (await far.items(identifiers=many, identifiersType="SKU")).status_code == 400


async def test_an_order_lowers_its_stores_quantity(far: Far) -> None:
    """At once and never below nothing; other stores, Amazon's warehouse and what is not listed stay as they are."""
    await far.control.listings(SELLER, ["A"], quantity=9)
    await far.control.listings(SELLER, ["FBA"], fba=True, quantity=7)
    lines = [{"sku": sku, "quantity": 2} for sku in ("A", "FBA", "NOBODY'S")]
    await far.control.orders(SELLER, 2, lines=lines, marketplace_id=GERMANY)
    await far.control.orders(SELLER, 1, lines=lines, marketplace_id=GERMANY, status="CANCELLED")
    await far.control.orders(SELLER, 1, lines=lines, marketplace_id=GERMANY, fulfilled_by="AMAZON")
    assert (await far.units("A"), await far.units("A", GERMANY)) == (9, 5)
    assert (await available(far, "FBA", GERMANY))[0]["quantity"] == 7
    await far.control.orders(SELLER, 5, lines=lines, marketplace_id=GERMANY)
    assert await far.units("A", GERMANY) == 0


async def test_faults_of_a_patch(far: Far) -> None:
    """Refused in a 200, accepted in words only, done without an answer, shown late."""
    await far.control.listings(SELLER, ["A"], quantity=9)
    fault = "amazon.patchListingsItem"
    await far.control.fault(fault, "patch_invalid", 1)
    assert (await far.patch("A", told())).json()["status"] == "INVALID"
    await far.control.fault(fault, "dropped_204", 1)
    assert (await far.patch("A", told())).json()["status"] == "ACCEPTED"
    far.now += 600
    assert await far.units("A") == 9
    await far.control.fault(fault, "timeout_after_effect", 1, seconds=0.01)
    assert (await far.patch("A", told(quantity=4))).status_code == 504
    far.now += 10
    assert await far.units("A") == 4
    await far.control.fault(fault, "late_visibility", 1, seconds=300)
    await far.patch("A", told(quantity=3))
    far.now += 309
    assert (await far.units("A"), (await available(far))[0]["quantity"]) == (3, 4)
    far.now += 1
    assert (await available(far))[0]["quantity"] == 3


async def test_faults_of_reading(far: Far) -> None:
    """One record of a page, or the item, cannot be parsed; tokens are refused or repeated; a role is missing."""
    await far.control.listings(SELLER, ["A", "B", "C"])
    search = "amazon.searchListingsItems"
    await far.control.fault(search, "malformed_record", 1)
    assert sum(item["sku"] is None for item in (await far.items()).json()["items"]) == 1
    await far.control.fault("amazon.getListingsItem", "malformed_record", 1)
    assert (await far.item("A")).json()["sku"] is None
    token = (await far.items(pageSize="1")).json()["pagination"]["nextToken"]
    await far.control.fault(search, "repeated_page_token", 1)
    assert (await far.items(pageSize="1", pageToken=token)).json()["pagination"]["nextToken"] == token
    await far.control.fault(search, "refused_page_token", 1)
    assert (await far.items(pageSize="1", pageToken=token)).status_code == 400
    made = await far.control.seller(SELLER, roles=["inventory-and-order-tracking"])
    far.token = await far.access_token(made["refresh_token"])
    assert (await far.item("A")).status_code == 403


async def test_the_published_quotas(far: Far) -> None:
    """Five patches at once, five a second after that."""
    await far.control.listings(SELLER, ["A"])
    assert [(await far.patch("A", told())).status_code for _ in range(6)] == [200] * 5 + [429]
    far.now += 1
    assert [(await far.patch("A", told())).status_code for _ in range(6)] == [200] * 5 + [429]


async def test_a_control_that_makes_no_sense(far: Far) -> None:
    """A seller or a store that is not there is told so."""
    for seller, fields in (("NOBODY", {}), (SELLER, {"marketplace_ids": ["US"]}), (SELLER, {"colour": "red"})):
        with pytest.raises(Exception, match="error"):
            await far.control.listings(seller, ["A"], **fields)
