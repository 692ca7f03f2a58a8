"""Listings of the sandbox read, and quantities told to it: applied once, in the right store, and read back."""

import pytest

from shared.kernel.errors import OutcomeUnknown, Refused, RoleMissing, Throttled, TokenRejected
from shared.kernel.ports import TooLate
from shared.marketplaces.listings import StockLine, StockOutcome
from shared.marketplaces.ports import FarAccount, PageTokenRefused
from tests.contract.amazon.shop import SELLER, Shop
from tests.contract.sandbox.far import FRANCE, GERMANY

PATCH, SEARCH = "amazon.patchListingsItem", "amazon.searchListingsItems"
LUGGAGE = {"product_type": "LUGGAGE"}


def line(sku: str = "A", quantity: int = 5) -> StockLine:
    return StockLine(sku, quantity, LUGGAGE)


async def listed(shop: Shop, *skus: str, **fields: object) -> None:
    await shop.far.control.listings(SELLER, list(skus or ("A",)), product_type="LUGGAGE", **fields)


async def patches(shop: Shop) -> int:
    return int((await shop.far.control.calls(PATCH))["count"])


async def test_every_listing_of_a_store_is_found(shop: Shop) -> None:
    """Over all pages and past the first thousand, each with what telling its quantity needs."""
    skus = [f"S{n:04d}" for n in range(1045)]
    await listed(shop, *skus, quantity=9, marketplace_ids=["FR"])
    await listed(shop, "FBA", "a/b", fba=True)
    found = await shop.listings()
    assert set(found) == {*skus, "FBA", "a/b"}
    assert (found["S0000"].quantity, found["S0000"].facts, found["S0000"].active) == (9, LUGGAGE, True)
    assert found["FBA"].marketplace_fulfilled
    assert set(await shop.listings(GERMANY)) == {"FBA", "a/b"}


async def test_a_record_that_cannot_be_read_is_left_out(shop: Shop) -> None:
    """The others of its page are read."""
    await listed(shop, "A", "B", "C")
    await shop.far.control.fault(SEARCH, "malformed_record", 1)
    assert shop.amazon.listings is not None
    page = await shop.amazon.listings.read_page(shop.account, FRANCE, None, shop.token, shop.budgets)
    assert (len(page.listings), len(page.unreadable)) == (2, 1)


@pytest.mark.parametrize("kind", ["refused_page_token", "repeated_page_token"])
async def test_a_page_token_that_leads_nowhere(shop: Shop, kind: str) -> None:
    """The store is read from its beginning again."""
    await listed(shop, *(f"S{n}" for n in range(45)))
    await shop.far.control.fault(SEARCH, kind, 1)
    with pytest.raises(PageTokenRefused):
        await shop.listings()
    assert len(await shop.listings()) == 45


async def test_trouble_of_reading_is_told_apart(shop: Shop) -> None:
    """Too fast, a refused token, a missing role, a store of another region."""
    assert shop.amazon.listings is not None
    for kind, error in (("throttle", Throttled), ("token_rejected", TokenRejected), ("role_missing", RoleMissing)):
        await shop.far.control.fault(SEARCH, kind, 1)
        with pytest.raises(error):
            await shop.amazon.listings.read_page(shop.account, FRANCE, None, shop.token, shop.budgets)
        shop.fill_budgets()
    with pytest.raises(Refused):
        await shop.listings("ATVPDKIKX0DER")


async def test_a_quantity_is_told_and_read_back(shop: Shop) -> None:
    """In one store only; the handling time stays."""
    await listed(shop, quantity=9)
    assert await shop.tell_stock(line()) == {"A": StockOutcome("A", shown=5)}
    assert (await shop.far.units("A"), await shop.far.units("A", GERMANY)) == (5, 9)
    assert (await shop.far.attribute("A"))[0]["lead_time_to_ship_max_days"] == 2


@pytest.mark.parametrize(("region", "store"), [("na", "ATVPDKIKX0DER"), ("fe", "A1VC38T7YXB528")])
async def test_in_every_region(shop: Shop, region: str, store: str) -> None:
    """The same at the other regions' addresses."""
    made = await shop.far.control.seller("A2", region=region)
    shop.token = shop.token_of(await shop.far.access_token(made["refresh_token"]))
    shop.account = FarAccount(region, "A2")
    await shop.far.control.listings("A2", ["A"], region=region, product_type="LUGGAGE")
    assert list(await shop.listings(store)) == ["A"]
    assert await shop.tell_stock(line(), channel_id=store) == {"A": StockOutcome("A", shown=5)}


async def test_twenty_quantities_cost_twenty_two_calls(shop: Shop) -> None:
    """Within the published quotas: no call is refused for its pace."""
    lines = [line(f"S{n}", n) for n in range(20)]
    await listed(shop, *(one.sku for one in lines), quantity=50)
    assert await shop.tell_stock(*lines) == {one.sku: StockOutcome(one.sku, shown=one.quantity) for one in lines}
    calls = [call for name in (SEARCH, PATCH) for call in (await shop.far.control.calls(name))["calls"]]
    assert [call["status"] for call in calls] == [200] * 22


@pytest.mark.parametrize("sku", ["a/b", "a#b", "50% off", "é+è?", "a,b", "x&y=z", "a%2Fb", "..a"])
async def test_any_sku_can_be_told(shop: Shop, sku: str) -> None:
    """Whatever characters a seller put into it, it is found, told and read back."""
    await listed(shop, sku)
    assert list(await shop.listings()) == [sku]
    assert await shop.tell_stock(line(sku)) == {sku: StockOutcome(sku, shown=5)}


async def test_an_fba_listing_is_never_patched(shop: Shop) -> None:
    """Amazon would accept it and add a warehouse: it is not asked."""
    await listed(shop, fba=True)
    assert await shop.tell_stock(line()) == {"A": StockOutcome("A", reason="marketplace_fulfilled")}
    assert await patches(shop) == 0


async def test_a_listing_that_is_gone(shop: Shop) -> None:
    """From the beginning, or taken away before it is read back; the others are told."""
    await listed(shop, "A", "B")
    outcomes = await shop.tell_stock(line("A"), line("GONE"))
    assert outcomes == {"A": StockOutcome("A", shown=5), "GONE": StockOutcome("GONE", reason="listing_unknown")}
    state = (await shop.advance((await shop.advance(shop.begin(line("B")))).state or {})).state
    await shop.far.control.unlist(SELLER, "B")
    shop.far.now += 30
    again = (await shop.advance(state or {})).state
    assert (await shop.advance(again or {})).outcomes == (StockOutcome("B", reason="listing_unknown"),)


@pytest.mark.parametrize("kind", ["timeout", "timeout_after_effect", "server_error", "html_502"])
async def test_an_unknown_outcome_is_answered_by_the_same_again(shop: Shop, kind: str) -> None:
    """Whether it happened or not, the same state once more leaves the quantity told."""
    await listed(shop, quantity=9)
    state = (await shop.advance(shop.begin(line()))).state or {}
    await shop.far.control.fault(PATCH, kind, 1)
    shop.timeout_seconds = 0.2 if kind.startswith("timeout") else 20.0
    with pytest.raises(OutcomeUnknown):
        await shop.advance(state)
    shop.timeout_seconds = 20.0
    step = await shop.advance(state)
    shop.far.now += step.wait_seconds
    assert (await shop.advance(step.state or {})).outcomes == (StockOutcome("A", shown=5),)
    assert await shop.far.units("A") == 5


async def test_accepted_and_never_applied_shows_when_read_back(shop: Shop) -> None:
    """Read again for eight minutes, then the old quantity is told; the next submission makes it right."""
    await listed(shop, quantity=9)
    await shop.far.control.fault(PATCH, "dropped_204", 1)
    begun = shop.far.now
    assert await shop.tell_stock(line()) == {"A": StockOutcome("A", shown=9)}
    assert shop.far.now - begun == 480
    assert await shop.tell_stock(line()) == {"A": StockOutcome("A", shown=5)}


async def test_shown_late_is_waited_for(shop: Shop) -> None:
    """Applied, but readers are shown the old quantity for minutes."""
    await listed(shop, quantity=9)
    await shop.far.control.fault(PATCH, "late_visibility", 1, seconds=200)
    assert await shop.tell_stock(line()) == {"A": StockOutcome("A", shown=5)}
    assert await patches(shop) == 1


async def test_a_sale_meanwhile_ends_it_with_what_is_left(shop: Shop) -> None:
    """Amazon counts a sale by itself: what is read back is lower than told, and told as it is."""
    await listed(shop, quantity=9)
    step = await shop.advance((await shop.advance(shop.begin(line()))).state or {})
    shop.far.now += step.wait_seconds
    await shop.far.control.orders(SELLER, 1, lines=[{"sku": "A", "quantity": 1}], marketplace_id=FRANCE)
    assert (await shop.advance(step.state or {})).outcomes == (StockOutcome("A", shown=4),)


async def test_a_refused_quantity_has_its_reason(shop: Shop) -> None:
    """A 200 that says INVALID: our code, Amazon's issue; the other lines are told."""
    await listed(shop, "A", "B")
    await shop.far.control.fault(PATCH, "patch_invalid", 1)
    outcomes = await shop.tell_stock(line("A"), line("B"))
    detail = "90220 The listing cannot be changed now."
    assert outcomes["A"] == StockOutcome("A", reason="quantity_refused", detail=detail)
    assert outcomes["B"] == StockOutcome("B", shown=5)


async def test_a_malformed_answer_costs_one_line_nothing(shop: Shop) -> None:
    """A record that cannot be read among twenty is asked for by itself."""
    await listed(shop, "A", "B", "C")
    await shop.far.control.fault(SEARCH, "malformed_record", 1)
    outcomes = await shop.tell_stock(line("A"), line("B"), line("C"))
    assert [outcomes[sku].shown for sku in "ABC"] == [5, 5, 5]


async def test_a_patch_past_its_moment_never_leaves(shop: Shop) -> None:
    """`send_before` is checked last."""
    await listed(shop)
    state = (await shop.advance(shop.begin(line()))).state or {}
    with pytest.raises(TooLate):
        await shop.advance(state, send_before_seconds=-1.0)
    assert await patches(shop) == 0


async def test_trouble_of_telling_is_no_lines_trouble(shop: Shop) -> None:
    """Too fast, a refused token and a missing role leave the state as it is."""
    await listed(shop)
    state = (await shop.advance(shop.begin(line()))).state or {}
    for kind, error in (("throttle", Throttled), ("token_rejected", TokenRejected), ("role_missing", RoleMissing)):
        await shop.far.control.fault(PATCH, kind, 1)
        with pytest.raises(error):
            await shop.advance(state)
        shop.fill_budgets()
    assert (await shop.advance(state)).wait_seconds == 5
