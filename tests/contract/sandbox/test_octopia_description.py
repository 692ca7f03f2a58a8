"""Our answers are valid by the reconstructed description of Octopia, so that the sandbox cannot drift from it."""

import httpx
import pytest

from tests.contract.sandbox import specs
from tests.contract.sandbox.far_octopia import SELLER, OctopiaFar
from tests.sandbox.octopia.operations import OPERATIONS, Operation
from tests.sandbox.octopia.order import LINE_STATUSES

# Where the description names an operation otherwise than the control API's faults do.
NAMES = {"createShipments": "shipOrder"}


def check(operation: str, answer: httpx.Response, status: int) -> None:
    """An answer of this status against the description."""
    assert answer.status_code == status
    [found] = [o for o in OPERATIONS if o.name == operation]
    specs.check_octopia(found.path, found.method.lower(), answer)


async def test_orders_of_all_kinds(octopia: OctopiaFar) -> None:
    """In lists, by id, and counted."""
    for status in LINE_STATUSES:
        await octopia.control.orders(SELLER, 10, status=status)
    await octopia.control.orders(SELLER, 10, supply_mode=["Seller", "Xdock"], destinations=2, business=True)
    shipped = (await octopia.planted())["order_id"]
    await octopia.ship(shipped)
    octopia.now += 3
    for index in ("1", "2"):
        check("listOrders", await octopia.get("/orders", pageSize="100", pageIndex=index), 200)
    check("getOrder", await octopia.get(f"/orders/{shipped}"), 200)
    check("countOrders", await octopia.get("/orders/count"), 200)


async def test_writes(octopia: OctopiaFar) -> None:
    """Taken and refused."""
    order_id = (await octopia.planted())["order_id"]
    check("createShipments", await octopia.ship(order_id), 201)
    check("createShipments", await octopia.ship(order_id), 400)
    waiting = (await octopia.planted(status="WaitingAcceptance"))["order_id"]
    check("approveOrder", await octopia.approve(waiting), 201)
    check("approveOrder", await octopia.approve(waiting), 400)


async def test_the_seller(octopia: OctopiaFar) -> None:
    """Profile, channels, carriers."""
    check("getSeller", await octopia.get("/sellers"), 200)
    check("getSubscriptions", await octopia.get("/sellers/subscriptions"), 200)
    check("listCarriers", await octopia.get("/carriers"), 200)


async def test_offers_and_packages(octopia: OctopiaFar) -> None:
    """From the offer to its result."""
    await octopia.control.offers(SELLER, "A")
    check("listOffers", await octopia.get("/offers", salesChannelId="CDISFR"), 200)
    check("listOffers", await octopia.get("/offers"), 400)
    created = await octopia.new_package()
    check("createOfferPackage", created, 201)
    check("createOfferPackage", await octopia.new_package(), 409)
    package_id = octopia.package_id(created)
    check("uploadOfferRequests", await octopia.fill(package_id, {"A": 1}), 202)
    check("submitOfferPackage", await octopia.submit(package_id), 400)
    octopia.now += 2
    check("submitOfferPackage", await octopia.submit(package_id), 204)
    octopia.now += 4
    check("getOfferPackage", await octopia.get(f"/offer-packages/{package_id}"), 200)
    check("listOfferPackages", await octopia.get("/offer-packages"), 200)
    check("getOfferResults", await octopia.get(f"/offer-packages/{package_id}/offer-requests-results"), 200)


@pytest.mark.parametrize(("kind", "status"), [("throttle", 429), ("server_error", 500), ("revoked_grant", 403)])
async def test_refusals(octopia: OctopiaFar, kind: str, status: int) -> None:
    """Errors too are of the shape described."""
    await octopia.control.fault("octopia.listOrders", kind)
    check("listOrders", await octopia.get("/orders"), status)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_operations_are_the_described_ones(operation: Operation) -> None:
    """Name, path and parameters."""
    described = specs.octopia()["paths"][operation.path][operation.method.lower()]
    assert described["operationId"] == NAMES.get(operation.name, operation.name)
    parameters = {p["name"] for p in described["parameters"] if p.get("in") == "query"}
    assert parameters <= operation.parameters
    if operation.name != "countOrders":  # "the same filters as /orders" is prose there
        assert parameters == operation.parameters
