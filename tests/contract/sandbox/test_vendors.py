"""Vendors at the far side: the one call they are probed by, and who may not make it."""

from tests.contract.sandbox.far import Far
from tests.contract.sandbox.test_official_models import check

PATH = "/vendor/orders/v1/purchaseOrders"


async def test_a_vendor_sees_its_purchase_orders(far: Far) -> None:
    """For all of its codes, and for one; not for another's, nor with a limit that is none."""
    made = await far.control.seller("VENDORGROUP", vendor_codes=["ABC1E"])
    far.token = await far.access_token(made["refresh_token"])
    for query, status in (({}, 200), ({"limit": "1", "orderingVendorCode": "ABC1E"}, 200), ({"limit": "0"}, 400)):
        answer = await far.get(PATH, **query)
        assert answer.status_code == status
        check(answer, PATH)
    answer = await far.get(PATH, orderingVendorCode="OTHER")
    assert answer.status_code == 403
    check(answer, PATH)
    assert (await far.get("/sellers/v1/marketplaceParticipations")).status_code == 403


async def test_a_seller_has_no_purchase_orders(far: Far) -> None:
    """403 with empty details, as every missing role; a vendor without the role is no better."""
    assert (await far.get(PATH)).json()["errors"][0]["details"] == ""
    made = await far.control.seller("VENDORGROUP", vendor_codes=["ABC1E"], roles=[])
    far.token = await far.access_token(made["refresh_token"])
    assert (await far.get(PATH)).status_code == 403
