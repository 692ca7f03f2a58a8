"""Multi-Channel Fulfillment at the far side: the one call it is probed by, at both endpoints, and the selling plan."""

from tests.contract.sandbox.far import Far

PATH, ACCOUNT = "/fba/outbound/2020-07-01/fulfillmentOrders", "/sellers/v1/account"


async def test_both_endpoints_take_the_same_token(far: Far) -> None:
    """Also of a seller who takes part in no store; of what is played here the test endpoint knows this call only."""
    made = await far.control.seller("A1MCF", channels=[])
    far.token = await far.access_token(made["refresh_token"])
    headers = {"x-amz-access-token": far.token}
    for root in ("/amazon/eu", "/amazon/sandbox/eu"):
        answer = await far.http.get(root + PATH, params={"queryStartDate": "2026-11-29T12:00:00Z"}, headers=headers)
        assert answer.json() == {"payload": {"fulfillmentOrders": []}}
    assert (await far.http.get("/amazon/sandbox/eu" + ACCOUNT, headers=headers)).status_code == 403
    assert (await far.get(PATH, queryStartDate="yesterday")).status_code == 400
    calls = (await far.control.calls("amazon.listAllFulfillmentOrders"))["calls"]
    assert [call["endpoint"] for call in calls] == ["production", "sandbox", "production"]


async def test_a_selling_plan_is_told_in_europe(far: Far) -> None:
    """Of either kind; elsewhere the call is refused."""
    for professional, plan in ((True, "PROFESSIONAL"), (False, "INDIVIDUAL")):
        made = await far.control.seller("A1PLAN", professional=professional)
        far.token = await far.access_token(made["refresh_token"])
        assert (await far.get(ACCOUNT)).json()["payload"]["sellingPlan"] == plan
    made = await far.control.seller("A1FAR", region="fe")
    token = await far.access_token(made["refresh_token"])
    answer = await far.http.get(f"/amazon/fe{ACCOUNT}", headers={"x-amz-access-token": token})
    assert answer.status_code == 403
