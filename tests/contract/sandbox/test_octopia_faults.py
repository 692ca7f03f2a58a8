"""Octopia's faults: each does what its name says, as often as asked, and to whom."""

from email.utils import parsedate_to_datetime

import pytest

from tests.contract.sandbox.far_octopia import SELLER, OctopiaFar, errors
from tests.sandbox.faults import KINDS
from tests.sandbox.octopia.operations import OPERATIONS


async def statuses(far: OctopiaFar, count: int = 2) -> list[int]:
    """The statuses of some lists in a row."""
    return [(await far.get("/orders")).status_code for _ in range(count)]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("throttle", 429),
        ("server_error", 500),
        ("html_502", 502),
        ("revoked_grant", 403),
        ("token_rejected", 401),
    ],
)
async def test_a_fault_strikes_as_often_as_asked(octopia: OctopiaFar, kind: str, status: int) -> None:
    """Once, and then the far side is well again and the fault is gone."""
    await octopia.control.fault("octopia.listOrders", kind, times=1)
    assert await statuses(octopia) == [status, 200]
    assert await octopia.control.faults() == []
    assert (await octopia.control.calls("octopia.listOrders"))["calls"][0]["fault"] == kind


async def test_a_bad_gateway_speaks_html(octopia: OctopiaFar) -> None:
    """Not a problem document."""
    await octopia.control.fault("octopia.listOrders", "html_502", times=1)
    assert (await octopia.get("/orders")).headers["content-type"].startswith("text/html")


async def test_a_fault_may_be_one_sellers(octopia: OctopiaFar) -> None:
    """Others are served meanwhile, also with the same token."""
    await octopia.control.octopia_seller("555")
    await octopia.control.fault("octopia.listOrders", "throttle", seller_id="555")
    assert await statuses(octopia) == [200, 200]
    octopia.seller_id = "555"
    assert await statuses(octopia) == [429, 429]


async def test_a_fault_may_be_all_of_octopias(octopia: OctopiaFar) -> None:
    """`octopia.*` strikes any operation, the token endpoint where it knows the kind, and nothing of Amazon's."""
    await octopia.control.fault("octopia.*", "server_error")
    assert await statuses(octopia) == [500, 500]
    assert (await octopia.ask_token()).status_code == 500
    answer = await octopia.http.get("/amazon/eu/orders/2026-01-01/orders")
    assert answer.status_code == 403


@pytest.mark.parametrize(("kind", "status"), [("expired_secret", 401), ("server_error", 500), ("throttle", 429)])
async def test_faults_of_the_token_endpoint(octopia: OctopiaFar, kind: str, status: int) -> None:
    """In Keycloak's shape."""
    await octopia.control.fault("octopia.token", kind, times=1)
    answer = await octopia.ask_token()
    assert answer.status_code == status
    assert answer.json()["error"]
    assert (await octopia.ask_token()).status_code == 200


async def test_a_malformed_token_answer_has_no_access_token(octopia: OctopiaFar) -> None:
    """A 200 that is worth nothing."""
    await octopia.control.fault("octopia.token", "malformed_record", times=1)
    assert "access_token" not in (await octopia.ask_token()).raise_for_status().json()


async def test_timeout_has_no_effect(octopia: OctopiaFar) -> None:
    """No answer for as long as asked, then a gateway's; nothing was written."""
    order_id = (await octopia.planted())["order_id"]
    await octopia.control.fault("octopia.createShipments", "timeout", times=1, seconds=0.01)
    assert (await octopia.ship(order_id)).status_code == 504
    assert (await octopia.state(order_id))["confirmations"] == 0
    assert (await octopia.control.calls("octopia.createShipments"))["calls"][0]["status"] is None


async def test_timeout_after_effect_has_one(octopia: OctopiaFar) -> None:
    """No answer, but the parcel is recorded: the repeat is refused, the order read again tells."""
    order_id = (await octopia.planted())["order_id"]
    await octopia.control.fault("octopia.createShipments", "timeout_after_effect", times=1, seconds=0.01)
    assert (await octopia.ship(order_id)).status_code == 504
    assert (await octopia.state(order_id))["confirmations"] == 1
    assert "Cannot switch" in errors(await octopia.ship(order_id))
    octopia.now += 3
    assert (await octopia.order(order_id))["lines"][0]["parcels"]


async def test_an_answer_to_a_waiting_order_may_be_lost_too(octopia: OctopiaFar) -> None:
    """It was taken: the order goes on."""
    order_id = (await octopia.planted(status="WaitingAcceptance"))["order_id"]
    await octopia.control.fault("octopia.approveOrder", "timeout_after_effect", times=1, seconds=0.01)
    assert (await octopia.approve(order_id)).status_code == 504
    octopia.now += 3
    assert (await octopia.order(order_id))["status"] == "InPreparation"


async def test_a_dropped_write_records_nothing(octopia: OctopiaFar) -> None:
    """Accepted in words only: a client finds out by reading back."""
    order_id = (await octopia.planted())["order_id"]
    waiting = (await octopia.planted(status="WaitingAcceptance"))["order_id"]
    for operation in ("createShipments", "approveOrder"):
        await octopia.control.fault(f"octopia.{operation}", "dropped_204", times=1)
    assert (await octopia.ship(order_id)).status_code == 201
    assert (await octopia.approve(waiting)).status_code == 201
    octopia.now += 600
    assert (await octopia.order(order_id))["lines"][0]["parcels"] == []
    assert (await octopia.order(waiting))["status"] == "WaitingAcceptance"
    assert (await octopia.state(order_id))["confirmations"] == 0


async def test_late_visibility_hides_a_write(octopia: OctopiaFar) -> None:
    """Recorded at once, read back much later, by id and in lists."""
    order_id = (await octopia.planted())["order_id"]
    await octopia.control.fault("octopia.createShipments", "late_visibility", times=1, seconds=300)
    await octopia.ship(order_id)
    assert (await octopia.state(order_id))["status"] == "Shipped"
    octopia.now += 299
    assert (await octopia.order(order_id))["status"] == "InPreparation"
    assert await octopia.ids(status="Shipped") == []
    octopia.now += 1
    assert (await octopia.order(order_id))["status"] == "Shipped"
    assert await octopia.ids(status="Shipped") == [order_id]


async def test_late_visibility_of_an_acceptance(octopia: OctopiaFar) -> None:
    """The order goes on only when its acceptance is seen."""
    order_id = (await octopia.planted(status="WaitingAcceptance"))["order_id"]
    await octopia.control.fault("octopia.approveOrder", "late_visibility", times=1, seconds=300)
    await octopia.approve(order_id)
    octopia.now += 299
    assert (await octopia.order(order_id))["status"] == "WaitingAcceptance"
    octopia.now += 1
    assert (await octopia.order(order_id))["status"] == "InPreparation"


async def test_slow_answers_in_the_end(octopia: OctopiaFar) -> None:
    """It waits and then is as good as any answer."""
    await octopia.control.fault("octopia.listOrders", "slow", times=1, seconds=0.01)
    assert await statuses(octopia) == [200, 200]


async def test_a_malformed_record_is_one_of_its_page(octopia: OctopiaFar) -> None:
    """One order of the page cannot be parsed, the others can; by id it may be the order itself."""
    ids = await octopia.control.orders(SELLER, 5)
    await octopia.control.fault("octopia.listOrders", "malformed_record", times=1)
    rows = await octopia.rows()
    assert sorted(isinstance(row["lines"], list) for row in rows) == [False, True, True, True, True]
    assert all(isinstance(row["lines"], list) for row in await octopia.rows())
    await octopia.control.fault("octopia.getOrder", "malformed_record", times=1)
    assert (await octopia.order(ids[0]))["lines"] == "unavailable"


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("getSeller", "/sellers"),
        ("getSubscriptions", "/sellers/subscriptions"),
        ("listCarriers", "/carriers"),
        ("countOrders", "/orders/count"),
    ],
)
async def test_a_malformed_answer_is_a_word(octopia: OctopiaFar, operation: str, path: str) -> None:
    """Where there are no records to spoil, the whole answer is."""
    await octopia.control.fault(f"octopia.{operation}", "malformed_record", times=1)
    assert (await octopia.get(path)).json() == "unavailable"
    assert (await octopia.get(path)).json() != "unavailable"


async def test_a_late_order_comes_later(octopia: OctopiaFar) -> None:
    """A row stays out of lists and counts for the seconds asked, and then is where it belongs in time."""
    planted = await octopia.control.orders(SELLER, 5)
    await octopia.control.fault("octopia.listOrders", "late_order", times=2, seconds=240)
    assert len(await octopia.ids()) == 3
    octopia.now += 239
    assert (await octopia.get("/orders/count")).json() == 3
    octopia.now += 1
    assert await octopia.ids() == planted


async def test_clock_skew_moves_date(octopia: OctopiaFar) -> None:
    """A far side five minutes slow says so in Date."""
    await octopia.control.fault("octopia.listOrders", "clock_skew", times=1, seconds=-300)
    slow, true = await octopia.get("/orders"), await octopia.get("/orders")
    ahead = parsedate_to_datetime(true.headers["Date"]) - parsedate_to_datetime(slow.headers["Date"])
    assert ahead.total_seconds() == 300


async def test_a_package_may_be_rejected_as_a_whole(octopia: OctopiaFar) -> None:
    """Nothing of it is applied, and there are no results."""
    await octopia.control.offers(SELLER, {"sku": "A", "quantity": 5})
    await octopia.control.fault("octopia.submitOfferPackage", "package_rejected", times=1)
    package_id = await octopia.pushed({"A": 9})
    assert (await octopia.package(package_id))["state"] == "Rejected"
    assert (await octopia.control.stock(SELLER))["A"] == {"CDISFR": 5}
    assert (await octopia.get(f"/offer-packages/{package_id}/offer-requests-results")).status_code == 404
    assert (await octopia.new_package()).status_code == 201


async def test_a_package_may_take_its_time(octopia: OctopiaFar) -> None:
    """Integrated minutes later."""
    await octopia.control.offers(SELLER, {"sku": "A", "quantity": 5})
    await octopia.control.fault("octopia.submitOfferPackage", "late_visibility", times=1, seconds=300)
    package_id = await octopia.pushed({"A": 9})
    assert (await octopia.package(package_id))["state"] == "IntegrationPending"
    octopia.now += 300
    assert (await octopia.package(package_id))["state"] == "Integrated"


async def test_package_calls_may_do_nothing(octopia: OctopiaFar) -> None:
    """A package that was never made, requests that were lost, a submission that did not take place."""
    await octopia.control.fault("octopia.createOfferPackage", "dropped_204", times=1)
    ghost = octopia.package_id(await octopia.new_package())
    assert (await octopia.get(f"/offer-packages/{ghost}")).status_code == 404
    package_id = octopia.package_id(await octopia.new_package())
    await octopia.control.fault("octopia.uploadOfferRequests", "dropped_204", times=1)
    assert (await octopia.fill(package_id, {"A": 1})).status_code == 202
    assert "empty" in errors(await octopia.submit(package_id))
    await octopia.fill(package_id, {"A": 1})
    octopia.now += 2
    await octopia.control.fault("octopia.submitOfferPackage", "dropped_204", times=1)
    assert (await octopia.submit(package_id)).status_code == 204
    assert (await octopia.package(package_id))["state"] == "WaitingForCompletion"


async def test_package_calls_may_be_lost_after_their_effect(octopia: OctopiaFar) -> None:
    """An open package is found in the list; requests uploaded again would be repeated references."""
    await octopia.control.offers(SELLER, "A")
    await octopia.control.fault("octopia.createOfferPackage", "timeout_after_effect", times=1, seconds=0.01)
    assert (await octopia.new_package()).status_code == 504
    [found] = (await octopia.get("/offer-packages", state="WaitingForCompletion")).json()["items"]
    await octopia.control.fault("octopia.uploadOfferRequests", "timeout_after_effect", times=1, seconds=0.01)
    assert (await octopia.fill(found["packageId"], {"A": 1})).status_code == 504
    await octopia.fill(found["packageId"], {"A": 1})
    octopia.now += 2
    await octopia.control.fault("octopia.submitOfferPackage", "timeout_after_effect", times=1, seconds=0.01)
    assert (await octopia.submit(found["packageId"])).status_code == 504
    assert errors(await octopia.submit(found["packageId"]))
    octopia.now += 4
    assert [row["integrationStatus"] for row in await octopia.results(found["packageId"])] == ["Duplicated"] * 2


async def test_cursors_may_be_repeated_or_refused(octopia: OctopiaFar) -> None:
    """A link that leads to the page it came with, and one that leads to a 400."""
    await octopia.control.offers(SELLER, "A", "B", "C", "D")
    link = (await octopia.get("/offers", salesChannelId="CDISFR", limit="1")).links["next"]["url"]
    await octopia.control.fault("octopia.listOffers", "repeated_page_token", times=1)
    assert (await octopia.follow(link)).links["next"]["url"] == link
    assert (await octopia.follow(link)).links["next"]["url"] != link
    await octopia.control.fault("octopia.listOffers", "refused_page_token", times=1)
    assert "cursor" in errors(await octopia.follow(link))


async def test_malformed_offers_packages_and_results(octopia: OctopiaFar) -> None:
    """One record of a page; the package; the list of packages."""
    await octopia.control.offers(SELLER, "A", "B")
    package_id = await octopia.pushed({"A": 1, "B": 2})
    for operation in ("listOffers", "getOfferResults", "getOfferPackage", "listOfferPackages"):
        await octopia.control.fault(f"octopia.{operation}", "malformed_record", times=1)
    offers = (await octopia.get("/offers", salesChannelId="CDISFR")).json()["items"]
    assert [row["sellerExternalReference"] for row in offers] == ["A", None]
    assert [row["integrationStatus"] for row in await octopia.results(package_id)] == ["Integrated", None]
    assert (await octopia.get(f"/offer-packages/{package_id}")).json() == "unavailable"
    assert (await octopia.get("/offer-packages")).json() == "unavailable"


def test_every_kind_that_makes_sense_is_known() -> None:
    """Of the contract's kinds; roles, data sets and patches are not known at Octopia."""
    promised = (
        "throttle server_error html_502 timeout timeout_after_effect slow dropped_204 malformed_record late_order "
        "late_visibility repeated_page_token refused_page_token revoked_grant expired_secret token_rejected "
        "package_rejected clock_skew"
    )
    known = [kinds for operation, kinds in KINDS.items() if operation.startswith("octopia.")]
    assert set().union(*known) == set(promised.split())


def test_every_operation_can_go_wrong() -> None:
    """Each has its kinds, and so has the token endpoint."""
    known = {name.removeprefix("octopia.") for name in KINDS if name.startswith("octopia.")}
    assert known == {operation.name for operation in OPERATIONS} | {"token", "*"}
