"""Octopia: offers, the packages that change them, and what became of each request."""

from typing import Any

import pytest

from tests.contract.sandbox.far_octopia import SELLER, OctopiaFar, errors


async def offers(far: OctopiaFar, channel: str = "CDISFR", **params: str) -> dict[str, dict[str, Any]]:
    """One page of a channel's offers, by SKU."""
    answer = await far.get("/offers", salesChannelId=channel, **params)
    return {row["sellerExternalReference"]: row for row in answer.raise_for_status().json()["items"]}


async def test_a_quantity_is_pushed(octopia: OctopiaFar) -> None:
    """Create, fill, wait, submit, wait, read the results: then buyers see it."""
    await octopia.control.offers(SELLER, {"sku": "A", "quantity": 5}, {"sku": "B", "quantity": 0})
    created = await octopia.new_package()
    assert (created.status_code, created.content) == (201, b"")
    package_id = octopia.package_id(created)
    assert (await octopia.package(package_id))["state"] == "WaitingForCompletion"
    assert (await octopia.fill(package_id, {"A": 0, "B": 7})).status_code == 202
    seen = []
    for _ in range(3):
        seen.append((await octopia.package(package_id))["state"])
        octopia.now += 2
    assert seen == ["IntegrationPending", "WaitingForCompletion", "WaitingForCompletion"]
    assert (await octopia.submit(package_id)).status_code == 204
    for state in ("Ready", "IntegrationPending", "Integrated"):
        assert (await octopia.package(package_id))["state"] == state
        assert (await octopia.control.stock(SELLER, "A")) == {"A": {"CDISFR": 0 if state == "Integrated" else 5}}
        octopia.now += 2
    shown = await offers(octopia)
    assert [(o["quantity"], o["offerState"]) for o in shown.values()] == [(0, "Inactive"), (7, "Active")]
    assert [row["integrationStatus"] for row in await octopia.results(package_id)] == ["Integrated"] * 2
    assert (await octopia.package(package_id))["result"] == {"integrated": 2, "rejected": 0}
    assert await octopia.deviations() == []


async def test_a_package_is_submitted_only_while_it_waits(octopia: OctopiaFar) -> None:
    """Not while an upload is taken in, not empty, not twice, and with no other word than Ready."""
    package_id = octopia.package_id(await octopia.new_package())
    assert "empty" in errors(await octopia.submit(package_id))
    await octopia.fill(package_id, {"A": 1})
    assert "IntegrationPending" in errors(await octopia.submit(package_id))
    octopia.now += 2
    assert "Ready" in errors(await octopia.submit(package_id, "ready"))
    assert (await octopia.submit(package_id)).status_code == 204
    assert "not WaitingForCompletion" in errors(await octopia.submit(package_id))
    assert "nothing can be added" in errors(await octopia.fill(package_id, {"B": 1}))


async def test_one_package_at_a_time_on_a_channel(octopia: OctopiaFar) -> None:
    """A second one is 409 until the first is integrated; another channel is free."""
    await octopia.control.octopia_seller(SELLER, channels=["CDISFR", "ONBUGB"])
    package_id = octopia.package_id(await octopia.new_package())
    assert errors(await octopia.new_package(), 409)
    assert (await octopia.new_package(channel="ONBUGB")).status_code == 201
    await octopia.fill(package_id, {"A": 1})
    octopia.now += 2
    await octopia.submit(package_id)
    octopia.now += 3.9
    assert errors(await octopia.new_package(), 409)
    octopia.now += 0.1
    assert (await octopia.new_package()).status_code == 201


async def test_the_channel_and_the_kind_must_be_right(octopia: OctopiaFar) -> None:
    """The channel is a header, and one of the seller's; the kind is case sensitive."""
    assert "SalesChannelId" in errors(await octopia.post("/offer-packages", {"packageType": "Update"}))
    assert "SalesChannelId" in errors(await octopia.new_package(channel="ONBUGB"))
    bodies: list[Any] = [{"packageType": "update"}, {}, []]
    for body in bodies:
        assert "packageType" in errors(await octopia.post("/offer-packages", body, SalesChannelId="CDISFR"))


async def test_a_repeated_reference_rejects_both(octopia: OctopiaFar) -> None:
    """Also across uploads; the others are applied."""
    await octopia.control.offers(SELLER, {"sku": "A", "quantity": 5}, {"sku": "B", "quantity": 5})
    package_id = octopia.package_id(await octopia.new_package())
    for quantities in ({"A": 1, "B": 2}, {"A": 3}):
        await octopia.fill(package_id, quantities)
    octopia.now += 2
    await octopia.submit(package_id)
    octopia.now += 4
    found = [(r["sellerExternalReference"], r["integrationStatus"]) for r in await octopia.results(package_id)]
    assert found == [("A", "Duplicated"), ("B", "Integrated"), ("A", "Duplicated")]
    assert await octopia.control.stock(SELLER) == {"A": {"CDISFR": 5}, "B": {"CDISFR": 2}}


async def test_a_reference_nobody_knows_is_rejected_with_a_code(octopia: OctopiaFar) -> None:
    """So is one whose units lie at the marketplace; each by itself."""
    await octopia.control.offers(SELLER, "A", {"sku": "FBC", "supply_mode": "Fulfillment", "quantity": 4})
    rows = await octopia.results(await octopia.pushed({"A": 1, "NONE": 2, "FBC": 3}))
    assert [row["integrationStatus"] for row in rows] == ["Integrated", "Rejected", "Rejected"]
    assert rows[1]["results"][0]["resultCode"] == "4001"
    assert await octopia.control.stock(SELLER) == {"A": {"CDISFR": 1}, "FBC": {"CDISFR": 4}}


async def test_results_are_kept_for_three_days(octopia: OctopiaFar) -> None:
    """Not before integration, and not after."""
    package_id = octopia.package_id(await octopia.new_package())
    path = f"/offer-packages/{package_id}/offer-requests-results"
    await octopia.fill(package_id, {"A": 1})
    octopia.now += 2
    await octopia.submit(package_id)
    assert errors(await octopia.get(path), 404)
    octopia.now += 4
    assert (await octopia.get(path)).status_code == 200
    octopia.now += 3 * 86_400
    octopia.token = await octopia.access_token()
    assert errors(await octopia.get(path), 404)
    assert (await octopia.package(package_id))["state"] == "Integrated"


async def test_results_are_paged_by_a_link(octopia: OctopiaFar) -> None:
    """In the order of the requests, each once; the last page has no link."""
    skus = [f"S{n:02d}" for n in range(25)]
    package_id = await octopia.pushed(dict.fromkeys(skus, 1))
    answer = await octopia.get(f"/offer-packages/{package_id}/offer-requests-results", limit="10")
    found = [row["sellerExternalReference"] for row in answer.json()["items"]]
    while "next" in answer.links:
        answer = await octopia.follow(answer.links["next"]["url"])
        found += [row["sellerExternalReference"] for row in answer.json()["items"]]
    assert found == skus
    too_many = await octopia.get(f"/offer-packages/{package_id}/offer-requests-results", limit="1001")
    assert "limit" in errors(too_many)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "$"),
        ({"sellerExternalReference": "A"}, "$"),
        ([{"sellerExternalReference": f"S{n}", "quantity": 1} for n in range(101)], "$"),
        (["A"], "[0]"),
        ([{"quantity": 1}], "sellerExternalReference"),
        ([{"sellerExternalReference": "X" * 51}], "sellerExternalReference"),
        ([{"sellerExternalReference": "A", "quantity": -1}], "quantity"),
        ([{"sellerExternalReference": "A", "quantity": 1.5}], "quantity"),
        ([{"sellerExternalReference": "A", "quantity": "3"}], "quantity"),
    ],
)
async def test_an_upload_that_breaks_a_rule_is_400(octopia: OctopiaFar, body: object, field: str) -> None:
    """At most a hundred requests, references of 1 to 50 characters, whole quantities; nothing of it is taken."""
    package_id = octopia.package_id(await octopia.new_package())
    assert field in errors(await octopia.post(f"/offer-packages/{package_id}/offer-requests", body))
    assert "empty" in errors(await octopia.submit(package_id))


async def test_stock_is_shared_across_channels(octopia: OctopiaFar) -> None:
    """What is told through one channel is shown on all; an offer on one channel only stays there."""
    await octopia.control.octopia_seller(SELLER, channels=["CDISFR", "ONBUGB"], skus=["A"])
    await octopia.control.offers(SELLER, {"sku": "B", "channels": ["ONBUGB"], "quantity": 3})
    await octopia.pushed({"A": 8})
    assert await octopia.control.stock(SELLER) == {"A": {"CDISFR": 8, "ONBUGB": 8}, "B": {"ONBUGB": 3}}
    assert (await offers(octopia, "ONBUGB"))["A"]["quantity"] == 8


async def test_a_sale_lowers_the_stock(octopia: OctopiaFar) -> None:
    """On every channel, not below nothing, and not for an order that came to nothing."""
    await octopia.control.octopia_seller(SELLER, channels=["CDISFR", "ONBUGB"])
    await octopia.control.offers(SELLER, {"sku": "A", "quantity": 5})
    before = (await offers(octopia, "ONBUGB"))["A"]["updatedAt"]
    octopia.now += 10
    await octopia.planted(lines=[{"sku": "A", "quantity": 2}])
    assert await octopia.control.stock(SELLER, "A") == {"A": {"CDISFR": 3, "ONBUGB": 3}}
    assert (await offers(octopia, "ONBUGB"))["A"]["updatedAt"] > before
    await octopia.planted(lines=[{"sku": "A", "quantity": 9}], status="Cancelled")
    await octopia.planted(lines=[{"sku": "A", "quantity": 9}])
    assert await octopia.control.stock(SELLER, "A") == {"A": {"CDISFR": 0, "ONBUGB": 0}}
    assert (await offers(octopia))["A"]["offerState"] == "Inactive"


async def test_a_sale_at_the_marketplaces_warehouse(octopia: OctopiaFar) -> None:
    """Lowers what lies there."""
    await octopia.control.offers(SELLER, {"sku": "F", "quantity": 5, "supply_mode": "Fulfillment"})
    await octopia.planted(lines=[{"sku": "F", "quantity": 2}], supply_mode="Fulfillment")
    assert await octopia.control.stock(SELLER, "F") == {"F": {"CDISFR": 3}}
    assert (await offers(octopia))["F"]["supplyMode"] == "Fulfillment"


async def test_offers_are_made_and_deleted_by_packages(octopia: OctopiaFar) -> None:
    """Upsert needs more than a reference; Delete takes the reference only."""
    wish = {
        "sellerExternalReference": "NEW",
        "product": {"gtin": "3760000000017"},
        "condition": "New",
        "price": {"price": 12.5},
        "quantity": 4,
        "deliveryModes": [{"code": "TRK", "cost": 0}],
    }
    package_id = octopia.package_id(await octopia.new_package("Upsert"))
    path = f"/offer-packages/{package_id}/offer-requests"
    assert "condition" in errors(await octopia.post(path, [wish | {"condition": None}]))
    await octopia.post(path, [wish])
    octopia.now += 2
    await octopia.submit(package_id)
    octopia.now += 4
    assert (await octopia.results(package_id))[0]["results"][0]["resultCode"] == "8000"
    made = (await offers(octopia))["NEW"]
    assert (made["facialPrice"], made["product"]["gtin"], made["quantity"]) == ({"price": 12.5}, "3760000000017", 4)
    gone = octopia.package_id(await octopia.new_package("Delete"))
    await octopia.post(f"/offer-packages/{gone}/offer-requests", [{"sellerExternalReference": "NEW"}])
    octopia.now += 2
    await octopia.submit(gone)
    octopia.now += 4
    assert await offers(octopia) == {}


async def test_offers_are_paged_and_filtered(octopia: OctopiaFar) -> None:
    """By a link whose cursor is good for the same question only."""
    await octopia.control.offers(SELLER, *(f"S{n:02d}" for n in range(5)), {"sku": "Z", "quantity": 0})
    answer = await octopia.get("/offers", salesChannelId="CDISFR", limit="4")
    rest = await octopia.follow(answer.links["next"]["url"])
    assert [len(a.json()["items"]) for a in (answer, rest)] == [4, 2]
    assert "next" not in rest.links
    other = answer.links["next"]["url"].replace("CDISFR", "ONBUGB")
    assert "cursor" in errors(await octopia.follow(other))
    assert "cursor" in errors(await octopia.get("/offers", salesChannelId="CDISFR", cursor="invented"))
    assert (await offers(octopia, offerStates="Inactive")).keys() == {"Z"}
    assert (await offers(octopia, sellerExternalReferences="S01,S03")).keys() == {"S01", "S03"}
    wanted = (await offers(octopia))["S02"]
    assert (await offers(octopia, offerIds=wanted["offerId"])).keys() == {"S02"}
    assert (await offers(octopia, gtins=wanted["product"]["gtin"])).keys() == {"S02"}
    assert await offers(octopia, updatedAtMin="2030-01-01T00:00:00Z") == {}
    assert "offerStates" in errors(await octopia.get("/offers", salesChannelId="CDISFR", offerStates="Gone"))
    assert "salesChannelId" in errors(await octopia.get("/offers"))


async def test_fields_are_picked(octopia: OctopiaFar) -> None:
    """What is always there stays; with fields, what is to be expanded is ignored."""
    await octopia.control.offers(SELLER, "A")
    always = {"offerId", "sellerExternalReference", "offerState", "createdAt", "updatedAt"}
    picked = (await offers(octopia, fields="quantity,product.gtin", expand="salesChannelFeedback"))["A"]
    assert picked.keys() == always | {"quantity", "product"}
    assert picked["product"].keys() == {"gtin"}
    assert "salesChannelFeedback" in (await offers(octopia, expand="salesChannelFeedback"))["A"]


async def test_packages_are_listed_the_newest_first(octopia: OctopiaFar) -> None:
    """By state and channel; another seller's are not there."""
    await octopia.control.octopia_seller(SELLER, channels=["CDISFR", "ONBUGB"])
    first = await octopia.pushed({"A": 1})
    second = octopia.package_id(await octopia.new_package(channel="ONBUGB"))

    async def listed(**params: str) -> list[str]:
        answer = await octopia.get("/offer-packages", **params)
        return [row["packageId"] for row in answer.raise_for_status().json()["items"]]

    assert await listed() == [second, first]
    assert await listed(limit="1") == await listed(state="WaitingForCompletion") == [second]
    assert await listed(salesChannelId="CDISFR") == await listed(state="Integrated") == [first]
    assert "state" in errors(await octopia.get("/offer-packages", state="Open"))
    await octopia.control.octopia_seller("555")
    octopia.seller_id = "555"
    assert await listed() == []
    assert errors(await octopia.get(f"/offer-packages/{first}"), 404)
    assert errors(await octopia.fill(second, {"A": 1}), 404)


async def test_five_thousand_skus_fit(octopia: OctopiaFar) -> None:
    """In one package, a hundred at a time, within the quota."""
    skus = [f"S{n:04d}" for n in range(5000)]
    await octopia.control.offers(SELLER, *skus)
    package_id = octopia.package_id(await octopia.new_package())
    for start in range(0, 5000, 100):
        answer = await octopia.fill(package_id, dict.fromkeys(skus[start : start + 100], 7))
        assert answer.status_code == 202
    octopia.now += 2
    await octopia.submit(package_id)
    octopia.now += 4
    assert (await octopia.package(package_id))["result"] == {"integrated": 5000, "rejected": 0}
    assert set(map(str, (await octopia.control.stock(SELLER)).values())) == {"{'CDISFR': 7}"}


@pytest.mark.parametrize(
    "body",
    [
        {"seller_id": SELLER, "offers": [{"sku": "A", "colour": "red"}]},
        {"seller_id": SELLER, "offers": [{"sku": "A", "channels": ["ONBUGB"]}]},
        {"seller_id": SELLER, "offers": [{"sku": "A", "supply_mode": "Drone"}]},
        {"seller_id": "NOBODY", "offers": ["A"]},
    ],
)
async def test_senseless_offers_are_refused(octopia: OctopiaFar, body: dict[str, object]) -> None:
    """A test that asks for the impossible hears so at once; so does one that asks for nobody's stock."""
    assert (await octopia.http.post("/control/offers", json=body)).status_code == 400
    assert (await octopia.http.get("/control/stock", params={"seller_id": "NOBODY"})).status_code == 400
