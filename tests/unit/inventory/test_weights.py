"""What a SKU weighs: the seller's word before the listings', of several listings the heaviest that is told now."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.inventory.domain.listing import Listing, listed_weight
from services.inventory.domain.sku import Sku, StockRow
from services.inventory.usecases.set_stock import clear_weight
from services.inventory.usecases.take_weights import ConnectionUnknown, WeightsNotTold, take_weights
from shared.kernel.errors import Unavailable
from shared.kernel.ids import ConnectionId, OrganisationId, SkuId, new_id
from shared.marketplaces import listings as marketplace
from shared.marketplaces.listings import PackageWeight
from tests.unit.inventory.builders import CONNECTION, NOW, ORGANISATION, order, order_line
from tests.unit.inventory.channels import MARKETPLACE, Channels
from tests.unit.inventory.far_sides import Singly, offer

HOUR = timedelta(hours=1)


def listing(grams: int | None = None, *, told_now: bool = True, gone: bool = False) -> Listing:
    one = Listing(new_id(), ORGANISATION, ConnectionId(CONNECTION), "FR", "mug", seen_at=NOW)
    weighed = replace(one, weight_grams=grams, weight_at=None if grams is None else NOW - HOUR * (not told_now))
    return replace(weighed, gone_at=NOW if gone else None)


@pytest.mark.parametrize(
    ("before", "listings", "grams"),
    [
        (None, [], None),
        (None, [listing()], None),
        (None, [listing(), listing(300)], 300),
        (900, [listing(300), listing(350), listing(10)], 350),
        (900, [listing(300), listing(900, gone=True)], 300),
        (900, [listing(300), listing(900, told_now=False)], 300),
        (200, [listing(200, gone=True), listing(250, told_now=False)], 200),
        (210, [listing(200, gone=True), listing(250, told_now=False)], 250),
        (210, [listing()], None),
    ],
)
def test_the_heaviest_of_those_that_tell_it_now(before: int | None, listings: list[Listing], grams: int | None) -> None:
    """Where none does, it stays what one once told: a parcel that was ready does not begin to wait."""
    assert listed_weight(listings, before) == grams
    assert listed_weight(listings[::-1], before) == grams


@pytest.mark.parametrize(
    ("own", "listed", "weighs", "origin"),
    [(None, None, None, None), (None, 300, 300, "listing"), (400, 300, 400, "seller"), (400, None, 400, "seller")],
)
def test_the_sellers_word_goes_first(own: int | None, listed: int | None, weighs: int | None, origin: str) -> None:
    """Whatever listings tell; without it theirs counts."""
    sku = Sku(SkuId(new_id()), ORGANISATION, "mug", own, listed_weight_grams=listed)
    assert (sku.weighs, sku.weight_origin) == (weighs, origin)


@pytest.mark.parametrize(
    ("told", "grams", "problem"),
    [
        (PackageWeight(350), 350, None),
        (PackageWeight(problem="not_positive"), 300, "not_positive"),
        (None, 300, None),
    ],
)
def test_a_weight_once_told_stays_until_another_is(told: PackageWeight | None, grams: int, problem: str | None) -> None:
    """One that cannot be is shown, and is not of now any more."""
    later = NOW + HOUR
    again = listing(300).seen(offer("mug"), shared=False, now=later).weighed(told)
    assert (again.weight_grams, again.weight_problem) == (grams, problem)
    assert again.tells_weight == (told is not None and told.grams is not None)


class Weighed(Channels):
    """Listings of one connection that tell weights, each SKU's counted."""

    def __init__(self, **weights: marketplace.PackageWeight | int | None) -> None:
        super().__init__(Singly(), channels=("FR",))
        self.offer(**weights)

    def offer(self, **weights: marketplace.PackageWeight | int | None) -> None:
        told = {sku: PackageWeight(one) if isinstance(one, int) else one for sku, one in weights.items()}
        self.far.offers = {"FR": [offer(sku, weight=one) for sku, one in told.items()]}

    async def take(self, taken: bool = True, **others: object) -> None:
        given: dict[str, object] = {"organisation_id": ORGANISATION, "telling": {MARKETPLACE}} | others
        await take_weights(ConnectionId(CONNECTION), taken=taken, store=self.store, clock=self.clock, **given)  # type: ignore[arg-type]

    def weight(self, code: str) -> int | None:
        return self.sku(code).weighs

    def told_weights(self, event: object) -> list[int | None]:
        return [line.weight_grams for one in self.told(event) for line in one.body.lines]  # type: ignore[arg-type]


async def test_nothing_is_asked_or_taken_before_somebody_wants_it() -> None:
    """Off by default, listings are read as they always were."""
    shop = Weighed(mug=300)
    await shop.order(order([order_line("mug", 1)]))
    await shop.discover()
    assert shop.far.weighed == [False]
    assert shop.weight("mug") is None
    assert shop.listing("FR", "mug").weight_at is None


async def test_who_waits_for_a_weight_hears_of_it_once() -> None:
    """Switched on, listings are read at once; a later pass that tells the same says nothing again."""
    shop = Weighed(mug=300, cup=PackageWeight(problem="too_heavy"))
    waiting = order([order_line("mug", 1), order_line("cup", 1)])
    await shop.order(waiting)
    await shop.discover()
    await shop.take()
    for _ in range(2):
        await shop.discover()
        assert shop.told_weights(waiting) == [None, None, 300, None]
    shop.offer(mug=310, cup=90)
    await shop.discover()
    assert shop.told_weights(waiting)[-2:] == [310, 90]


async def test_a_sku_first_seen_in_an_order_weighs_what_its_listing_told() -> None:
    """The very first reservation of it says so: nothing waits."""
    shop = Weighed(mug=300)
    await shop.take()
    await shop.discover()
    first = order([order_line("mug", 1)])
    await shop.order(first)
    assert shop.told_weights(first) == [300]


async def test_the_sellers_own_weight_is_never_touched() -> None:
    """Neither by a listing, nor is anybody told; taken back, the listing's counts, and who waits hears of it."""
    shop = Weighed(mug=300)
    await shop.set(StockRow("mug", weight_grams=400))
    waiting = order([order_line("mug", 1)])
    await shop.order(waiting)
    await shop.take()
    await shop.discover()
    assert (shop.weight("mug"), shop.sku("mug").listed_weight_grams) == (400, 300)
    assert shop.told_weights(waiting) == [400]
    await clear_weight("mug", ORGANISATION, store=shop.store, clock=shop.clock)
    assert shop.told_weights(waiting) == [400, 300]


async def test_what_was_taken_stays_when_it_is_no_longer_wanted() -> None:
    """It is not asked for any more, and no parcel begins to wait."""
    shop = Weighed(mug=300)
    await shop.count("mug", 1)
    await shop.take()
    await shop.discover()
    await shop.take(taken=False)
    shop.offer(mug=900)
    await shop.discover()
    assert shop.far.weighed == [True, False]
    assert shop.weight("mug") == 300
    assert not shop.listing("FR", "mug").tells_weight


async def test_a_page_under_way_is_of_what_was_chosen_before_it() -> None:
    """Switched off while it is read, its weights are not taken; the listings are."""
    shop = Weighed(mug=300)
    await shop.count("mug", 1)
    await shop.take()
    shop.far.during = lambda: shop.take(taken=False)
    await shop.discover()
    assert shop.weight("mug") is None
    assert shop.listing("FR", "mug").sku == "mug"


async def test_a_page_that_fails_leaves_the_weights_to_the_next_one() -> None:
    """The setting outlives trouble of the far side."""
    shop = Weighed(mug=300)
    await shop.count("mug", 1)
    await shop.take()
    shop.far.answers.append(Unavailable("down"))
    with pytest.raises(Unavailable):
        await shop.discover()
    await shop.discover()
    assert shop.weight("mug") == 300


async def test_a_listing_mapped_by_hand_takes_its_weight_with_it() -> None:
    """The SKU it was has it no more, the one it is has it."""
    shop = Weighed(mug=300)
    await shop.set(StockRow("mug", counted=1), StockRow("cup", counted=1))
    await shop.take()
    await shop.discover()
    await shop.choose(shop.listing("FR", "mug"), sku="cup")
    assert (shop.weight("mug"), shop.weight("cup")) == (None, 300)


async def test_who_may_not_switch_it() -> None:
    """Another organisation's connection is not there, and a marketplace that tells no weight says so."""
    shop = Weighed()
    with pytest.raises(ConnectionUnknown):
        await shop.take(organisation_id=OrganisationId(UUID(int=9)))
    with pytest.raises(WeightsNotTold):
        await shop.take(telling=frozenset())
    assert not shop.discovery.weights
