"""The faults: each does what its name says, as often as asked, and to whom."""

from email.utils import parsedate_to_datetime

import pytest

from tests.contract.sandbox.far import SELLER, Far
from tests.sandbox.clock import iso
from tests.sandbox.faults import KINDS


async def statuses(far: Far, count: int = 2) -> list[int]:
    """The statuses of some searches in a row."""
    return [(await far.search(includedData="BUYER,FULFILLMENT")).status_code for _ in range(count)]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("throttle", 429),
        ("server_error", 500),
        ("html_502", 502),
        ("revoked_grant", 403),
        ("expired_secret", 403),
        ("token_rejected", 403),
        ("role_missing", 403),
        ("included_data_400", 400),
    ],
)
async def test_a_fault_strikes_as_often_as_asked(far: Far, kind: str, status: int) -> None:
    """Once, and then the far side is well again and the fault is gone."""
    await far.control.fault("amazon.searchOrders", kind, times=1)
    assert await statuses(far) == [status, 200]
    assert await far.control.faults() == []
    assert (await far.control.calls("amazon.searchOrders"))["calls"][0]["fault"] == kind


async def test_the_faults_of_one_seller_can_be_ended_alone(far: Far) -> None:
    """Scenarios side by side, each with its own seller, do not end each other's faults."""
    await far.control.fault("amazon.searchOrders", "throttle", seller_id=SELLER)
    await far.control.fault("amazon.searchOrders", "server_error", seller_id="SOMEBODY-ELSE")
    await far.control.clear_faults(SELLER)
    assert [fault["seller_id"] for fault in await far.control.faults()] == ["SOMEBODY-ELSE"]
    assert await statuses(far, 1) == [200]


async def test_the_faults_of_one_operation_can_be_ended_alone(far: Far) -> None:
    """Such as those of a token that no seller is named for."""
    await far.control.fault("octopia.token", "throttle")
    await far.control.fault("amazon.searchOrders", "server_error", seller_id="SOMEBODY-ELSE")
    await far.control.clear_faults(operation="octopia.token")
    assert [fault["operation"] for fault in await far.control.faults()] == ["amazon.searchOrders"]


async def test_without_times_a_fault_lasts_until_cleared(far: Far) -> None:
    """0 means until deleted."""
    await far.control.fault("amazon.searchOrders", "server_error")
    assert await statuses(far, 3) == [500] * 3
    await far.control.clear_faults()
    assert await statuses(far) == [200, 200]


async def test_a_fault_may_be_one_sellers(far: Far) -> None:
    """Others are served meanwhile."""
    await far.control.fault("amazon.searchOrders", "throttle", seller_id="A2")
    assert await statuses(far) == [200, 200]
    far.token = await far.access_token((await far.control.seller("A2"))["refresh_token"])
    assert await statuses(far) == [429, 429]


async def test_a_fault_may_be_all_of_amazons(far: Far) -> None:
    """`amazon.*` strikes any operation, the token endpoint where it knows the kind."""
    refresh_token = (await far.control.seller("A2"))["refresh_token"]
    await far.control.fault("amazon.*", "server_error")
    assert await statuses(far) == [500, 500]
    answer = await far.lwa(grant_type="refresh_token", refresh_token=refresh_token)
    assert (answer.status_code, answer.json()["error"]) == (500, "server_error")


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("token_rejected", "The access token you provided is revoked, malformed or invalid."),
        ("expired_secret", "The LWA secret token you provided has expired."),
        ("role_missing", ""),
    ],
)
async def test_the_details_of_refusing_faults(far: Far, kind: str, details: str) -> None:
    """They are the exact texts."""
    await far.control.fault("amazon.getOrder", kind)
    answer = await far.get("/orders/2026-01-01/orders/902-0000000-0000000")
    assert (answer.status_code, answer.json()["errors"][0]["details"]) == (403, details)


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("revoked_grant", 400, "invalid_grant"),
        ("expired_secret", 401, "invalid_client"),
        ("server_error", 500, "server_error"),
        ("throttle", 429, "temporarily_unavailable"),
    ],
)
async def test_faults_of_the_token_endpoint(far: Far, kind: str, status: int, error: str) -> None:
    """In Login with Amazon's own words."""
    token = (await far.control.seller("A2"))["refresh_token"]
    await far.control.fault("amazon.token", kind, times=1, seller_id="A2")
    refused = await far.lwa(grant_type="refresh_token", refresh_token=token)
    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert (await far.lwa(grant_type="refresh_token", refresh_token=token)).status_code == 200


async def test_a_malformed_token_answer_has_no_access_token(far: Far) -> None:
    """A 200 that is worth nothing."""
    token = (await far.control.seller("A2"))["refresh_token"]
    await far.control.fault("amazon.token", "malformed_record", times=1)
    answer = await far.lwa(grant_type="refresh_token", refresh_token=token)
    assert answer.status_code == 200
    assert "access_token" not in answer.json()


async def test_timeout_has_no_effect(far: Far) -> None:
    """No answer for as long as asked, then a gateway's; nothing was written."""
    order = await far.planted()
    await far.control.fault("amazon.confirmShipment", "timeout", times=1, seconds=0.01)
    assert (await far.confirm(order)).status_code == 504
    state = (await far.control.order_states())[order["order_id"]]
    assert state["confirmations"] == 0
    assert (await far.control.calls("amazon.confirmShipment"))["calls"][0]["status"] is None


async def test_timeout_after_effect_has_one(far: Far) -> None:
    """No answer, but the package is recorded; the repeat changes nothing."""
    order = await far.planted()
    body = far.confirmation(order)
    await far.control.fault("amazon.confirmShipment", "timeout_after_effect", times=1, seconds=0.01)
    assert (await far.confirm(order, body)).status_code == 504
    assert (await far.control.order_states())[order["order_id"]]["confirmations"] == 1
    assert (await far.confirm(order, body)).status_code == 204
    assert (await far.control.order_states())[order["order_id"]]["confirmations"] == 1


async def test_a_dropped_204_records_nothing(far: Far) -> None:
    """Accepted in words only: a client finds out by reading back."""
    order = await far.planted()
    await far.control.fault("amazon.confirmShipment", "dropped_204", times=1)
    assert (await far.confirm(order)).status_code == 204
    far.now += 600
    assert "packages" not in await far.order(order["order_id"])
    assert (await far.control.order_states())[order["order_id"]]["confirmations"] == 0


async def test_late_visibility_hides_a_write(far: Far) -> None:
    """Recorded at once, read back much later."""
    order = await far.planted()
    await far.control.fault("amazon.confirmShipment", "late_visibility", times=1, seconds=300)
    await far.confirm(order)
    assert (await far.control.order_states())[order["order_id"]]["confirmations"] == 1
    far.now += 299
    assert "packages" not in await far.order(order["order_id"])
    far.now += 1
    assert (await far.order(order["order_id"]))["packages"]


async def test_slow_answers_in_the_end(far: Far) -> None:
    """It waits and then is as good as any answer."""
    await far.control.fault("amazon.searchOrders", "slow", times=1, seconds=0.01)
    assert await statuses(far) == [200, 200]


async def test_a_malformed_record_is_one_of_its_page(far: Far) -> None:
    """One order of the page cannot be parsed, the others can; the next read is whole again."""
    await far.control.orders(SELLER, 5)
    await far.control.fault("amazon.searchOrders", "malformed_record", times=1)
    rows = (await far.search()).json()["orders"]
    assert sorted(isinstance(row["orderItems"], list) for row in rows) == [False, True, True, True, True]
    assert all(isinstance(row["orderItems"], list) for row in (await far.search()).json()["orders"])


async def test_a_late_order_comes_later(far: Far) -> None:
    """A row stays out of lists for the seconds asked, and then is where it belongs in time."""
    ids = set(await far.control.orders(SELLER, 5))
    await far.control.fault("amazon.searchOrders", "late_order", times=2, seconds=240)
    assert len(await far.listed()) == 3
    far.now += 239
    assert len(await far.listed()) == 3
    far.now += 1
    assert set(await far.listed()) == ids


async def test_a_repeated_page_token_goes_nowhere(far: Far) -> None:
    """The second page answers the token it was asked with: a client must notice."""
    await far.control.orders(SELLER, 7)
    token = (await far.search(maxResultsPerPage="2")).json()["pagination"]["nextToken"]
    await far.control.fault("amazon.searchOrders", "repeated_page_token", times=1)
    page = (await far.search(maxResultsPerPage="2", paginationToken=token)).json()
    assert page["pagination"]["nextToken"] == token
    page = (await far.search(maxResultsPerPage="2", paginationToken=token)).json()
    assert page["pagination"]["nextToken"] != token


async def test_a_refused_page_token_is_400(far: Far) -> None:
    """The first page is not touched, the next one is refused."""
    await far.control.orders(SELLER, 3)
    await far.control.fault("amazon.searchOrders", "refused_page_token", times=1)
    token = (await far.search(maxResultsPerPage="2")).json()["pagination"]["nextToken"]
    assert (await far.search(maxResultsPerPage="2", paginationToken=token)).status_code == 400


async def test_included_data_is_refused_for_the_sets_named(far: Far) -> None:
    """By default BUYER and RECIPIENT; a smaller question is answered."""
    await far.control.fault("amazon.searchOrders", "included_data_400")
    assert (await far.search(includedData="FULFILLMENT,RECIPIENT")).status_code == 400
    assert (await far.search(includedData="FULFILLMENT")).status_code == 200
    await far.control.clear_faults()
    await far.control.fault("amazon.searchOrders", "included_data_400", datasets=["FULFILLMENT"])
    assert (await far.search(includedData="FULFILLMENT")).status_code == 400


async def test_clock_skew_moves_date_and_the_two_minute_rule(far: Far) -> None:
    """A far side five minutes slow says so in Date, and calls our idea of two minutes ago the future."""
    before = iso(far.now - 120)
    await far.control.fault("amazon.searchOrders", "clock_skew", seconds=-300)
    refused = await far.search(lastUpdatedBefore=before)
    assert refused.status_code == 400
    await far.control.clear_faults()
    true = await far.search(lastUpdatedBefore=before)
    assert true.status_code == 200
    ahead = parsedate_to_datetime(true.headers["Date"]) - parsedate_to_datetime(refused.headers["Date"])
    assert ahead.total_seconds() == 300


def test_every_kind_of_the_contract_is_known() -> None:
    """The kinds Amazon's side promises, no more and no fewer."""
    promised = (
        "throttle server_error html_502 timeout timeout_after_effect slow dropped_204 malformed_record late_order "
        "late_visibility repeated_page_token refused_page_token revoked_grant expired_secret token_rejected "
        "role_missing included_data_400 patch_invalid clock_skew"
    )
    known = [kinds for operation, kinds in KINDS.items() if operation.startswith("amazon.")]
    assert set().union(*known) == set(promised.split())
