"""A marketplace that knows no key of ours: it is read before anything is sent again."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest

from services.labels.domain.actions import LOOK_FIRST, retry_sentence
from services.labels.domain.labels import Asked
from services.labels.domain.shipment import Told
from services.labels.domain.write_back import Timing
from services.labels.usecases.act import retry
from shared.events.orders import OrderLineV1, PackageLineV1, PackageV1
from shared.kernel.errors import AlreadyDone, OutcomeUnknown, Refused, Throttled
from shared.marketplaces.models import MarketplacePackage
from tests.integration.labels.conftest import Labels
from tests.integration.labels.dying import Killed, die_at
from tests.integration.labels.fakes import FakeTracking

LAG = Timing(read_back_seconds=0, lag_seconds=120, repeat_after_seconds=600)
LOST = ("lost", OutcomeUnknown())


@dataclass
class Readable(FakeTracking):
    """Its parcels have no reference; one that is sent twice is there twice."""

    async def read_packages(self, *arguments: Any) -> tuple[MarketplacePackage, ...]:
        return tuple(replace(one, reference=None) for one in await super().read_packages(*arguments))


class Shop:
    """One order on such a marketplace."""

    def __init__(self, labels: Labels) -> None:
        self.labels, self.tracking = labels, labels.tracking

    async def start(self) -> None:
        self.order = await self.labels.order()
        await self.labels.make_labels()

    async def tell(self, *outcomes: Any) -> tuple[Told, str | None]:
        """One round, whose writes answer so."""
        self.tracking.outcomes.extend(outcomes)
        await self.labels.tell()
        told = await self.labels.told(self.order.order_id)
        return told.state, told.reason

    async def pass_time(self, seconds: float) -> None:
        earlier = f"sent_at - interval '{seconds} seconds'"
        await self.labels.execute(f"update write_back set sent_at = {earlier}")  # noqa: S608 - a number of ours
        await self.labels.make_due()

    async def retry(self) -> None:
        await self.labels.act(
            retry, (await self.labels.shipment(self.order.order_id)).shipment_id, Asked(None, self.labels.clock.now())
        )

    async def package(self, number: str | None = None) -> MarketplacePackage:
        """A parcel over the order's units, with our number unless another is given."""
        shipment = await self.labels.shipment(self.order.order_id)
        lines = tuple((line.marketplace_line_id, line.quantity) for line in shipment.lines)
        return MarketplacePackage(None, None, number or shipment.tracking_number, None, lines)

    def show(self, package: MarketplacePackage) -> None:
        self.tracking.packages[self.order.marketplace_order_id] = {"": package}


@pytest.fixture
async def shop(labels: Labels) -> Shop:
    tracking = Readable(capabilities=replace(labels.tracking.capabilities, write="readable"))
    labels.tracking = tracking
    labels.telling = replace(labels.telling, trackings={"amazon": tracking}, timing=lambda _: LAG)
    made = Shop(labels)
    await made.start()
    return made


async def test_a_parcel_is_sent_read_back_by_its_number_and_confirmed(shop: Shop) -> None:
    """The marketplace shows no reference: the number is what it is known by."""
    assert await shop.tell() == (Told.SENT, None)
    assert await shop.tell() == (Told.CONFIRMED, None)
    assert len(shop.tracking.sent) == 1


async def test_a_lost_answer_is_looked_for_and_not_sent_again(shop: Shop) -> None:
    """It had its effect: nothing is sent before the read lag is over, and nothing after it was seen."""
    with pytest.raises(OutcomeUnknown):
        await shop.tell(LOST)
    assert await shop.tell() == (Told.SENT, "outcome_unknown")
    await shop.pass_time(121)
    assert await shop.tell() == (Told.CONFIRMED, None)
    assert len(shop.tracking.sent) == 1


async def test_a_write_that_is_missing_after_the_lag_is_repeated(shop: Shop) -> None:
    """It had no effect: read early it may be late; read after the lag it is missing, and sent once more."""
    with pytest.raises(OutcomeUnknown):
        await shop.tell(OutcomeUnknown())
    await shop.labels.make_due()
    assert await shop.tell() == (Told.SENT, "outcome_unknown")
    await shop.pass_time(121)
    assert await shop.tell() == (Told.OWED, "not_seen_yet")
    assert shop.tracking.sent == []
    assert await shop.tell() == (Told.SENT, None)
    assert await shop.tell() == (Told.CONFIRMED, None)
    assert len(shop.tracking.sent) == 1


async def test_what_was_found_missing_is_sent_also_after_a_moments_wait(shop: Shop) -> None:
    """The budget was used up: it is not read once more, nor counted as another repeat."""
    with pytest.raises(OutcomeUnknown):
        await shop.tell(OutcomeUnknown())
    await shop.pass_time(121)
    await shop.tell()
    assert await shop.tell(Throttled(retry_after_seconds=1)) == (Told.OWED, "not_seen_yet")
    assert await shop.tell() == (Told.SENT, None)
    assert (await shop.labels.told(shop.order.order_id)).repeats == 1


@pytest.mark.parametrize("ours", [True, False])
async def test_a_repeat_that_is_refused_is_read_back(shop: Shop, ours: bool) -> None:
    """The first one came late after all: confirmed. Or a person sees the marketplace's sentence."""
    with pytest.raises(OutcomeUnknown):
        await shop.tell(OutcomeUnknown())
    await shop.pass_time(121)
    await shop.tell()
    assert await shop.tell(Refused("Cannot switch to shipped status.")) == (Told.SENT, "already_done")
    if ours:
        shop.show(await shop.package())
    await shop.pass_time(121)
    state, _ = await shop.tell()
    told = await shop.labels.told(shop.order.order_id)
    assert (state, told.reason_detail) == (
        (Told.CONFIRMED, None) if ours else (Told.NEEDS_PERSON, "Cannot switch to shipped status.")
    )


async def test_a_refusal_is_shown_and_retried_in_new_words(shop: Shop) -> None:
    """Nothing was ever sent: no reading, a person sees why, and the retry sends it."""
    assert await shop.tell(Refused("Cannot switch to shipped status.")) == (Told.REFUSED, "marketplace_refused")
    told = await shop.labels.told(shop.order.order_id)
    assert (told.reason_detail, told.may_have_left) == ("Cannot switch to shipped status.", False)
    await shop.retry()
    assert await shop.tell() == (Told.SENT, None)


async def test_a_retry_of_a_refused_number_is_no_word_about_a_cancellation_request(shop: Shop, ours: Any) -> None:
    """
    Nothing was sent and the buyer asks for a cancellation: the pages say so, and a person decides it by itself.

    Seen red: no page said a word of it, and the retry of the refusal sent the number.
    """
    await shop.tell(Refused("No."))
    await shop.labels.change(shop.order, cancel_requested=True)
    page = f"/shipments/{(await shop.labels.shipment(shop.order.order_id)).shipment_id}"
    for address in (page, f"{page}/retry"):
        assert "a demandé l’annulation de cette commande" in (await ours.get(f"{address}?language=fr")).text
        assert "asked for a cancellation of this order" in (await ours.get(f"{address}?language=en")).text
    await shop.retry()
    assert await shop.tell() == (Told.NEEDS_PERSON, "cancel_requested")
    assert shop.tracking.sent == []
    assert "although the buyer asked for a cancellation" in (await ours.get(f"{page}/retry")).text
    await shop.retry()
    assert await shop.tell() == (Told.SENT, None)


async def test_a_refused_number_that_somebody_entered_there_is_confirmed(shop: Shop) -> None:
    """The seller typed it at the marketplace: the next poll shows it, and nothing is left to do."""
    await shop.tell(Refused("No."))
    number = (await shop.package()).tracking_number
    line = shop.order.lines[0]
    there = PackageV1(tracking_number=number, lines=(PackageLineV1(line_id=line.line_id, quantity=line.ordered),))
    await shop.labels.news(shop.order.model_copy(update={"packages": (there,)}))
    assert (await shop.labels.told(shop.order.order_id)).state is Told.CONFIRMED


@pytest.mark.parametrize(("number", "state"), [(None, Told.CONFIRMED), ("ANOTHER", Told.SHIPPED_ELSEWHERE)])
async def test_what_the_order_shows_already_is_not_sent(shop: Shop, number: str | None, state: Told) -> None:
    """Our number there = done; another's parcel over our units = shipped elsewhere. Nothing is written."""
    package = await shop.package(number)
    line = shop.order.lines[0]
    lines = (PackageLineV1(line_id=line.line_id, quantity=line.ordered),)
    there = PackageV1(tracking_number=package.tracking_number, lines=lines)
    await shop.labels.execute("update connection set state = 'paused'")  # its write-back has not begun
    await shop.labels.news(shop.order.model_copy(update={"packages": (there,)}))
    await shop.labels.execute("update connection set state = 'authorised'")
    await shop.tell()
    assert (await shop.labels.told(shop.order.order_id)).state is state
    assert shop.tracking.sent == []


@pytest.mark.parametrize(("number", "state"), [(None, Told.CONFIRMED), ("ANOTHER", Told.SHIPPED_ELSEWHERE)])
async def test_already_done_is_judged_by_whose_number_is_there(shop: Shop, number: str | None, state: Told) -> None:
    """Read back at once."""
    shop.show(await shop.package(number))
    assert (await shop.tell(AlreadyDone("Shipped.")))[0] is Told.SENT
    assert (await shop.tell())[0] is state
    assert shop.tracking.sent == []


async def test_anothers_parcel_found_after_a_lost_write_is_not_written_over(shop: Shop) -> None:
    """Ours is not there and somebody else's is: shipped elsewhere, once the lag is over."""
    shop.show(await shop.package("ANOTHER"))
    with pytest.raises(OutcomeUnknown):
        await shop.tell(OutcomeUnknown())
    await shop.pass_time(121)
    assert await shop.tell() == (Told.SHIPPED_ELSEWHERE, "other_parcel_there")


async def test_a_persons_retry_looks_first(shop: Shop) -> None:
    """It never showed, a person has it tried again: our number is there by now, and nothing is sent twice."""
    await shop.tell("dropped")
    await shop.labels.execute("update write_back set repeats = 5")
    await shop.pass_time(601)
    assert await shop.tell() == (Told.NEEDS_PERSON, "never_seen")
    shipment = await shop.labels.shipment(shop.order.order_id)
    assert retry_sentence(shipment, "readable") == LOOK_FIRST
    await shop.retry()
    assert await shop.tell() == (Told.SENT, "outcome_unknown")
    shop.show(await shop.package())
    assert await shop.tell() == (Told.CONFIRMED, None)
    assert len(shop.tracking.sent) == 1


async def test_a_persons_retry_sends_what_is_not_there_despite_a_cancellation_request(shop: Shop) -> None:
    """Looked for, missing, and the person's word outweighs the buyer's wish."""
    with pytest.raises(OutcomeUnknown):
        await shop.tell(OutcomeUnknown())
    await shop.labels.change(shop.order, cancel_requested=True)
    await shop.pass_time(121)
    assert await shop.tell() == (Told.NEEDS_PERSON, "outcome_unknown")
    await shop.retry()
    for expected in (Told.SENT, Told.OWED, Told.SENT, Told.CONFIRMED):
        assert (await shop.tell())[0] is expected
    assert len(shop.tracking.sent) == 1


@pytest.mark.parametrize("after", [False, True])
async def test_a_number_is_told_once_wherever_its_teller_dies(shop: Shop, *, after: bool) -> None:
    """Killed before or after every step: the parcel is there once, and was sent at most once."""
    for at in range(1, 8):
        await die_at(shop.labels, "write_back", at, after=after)
        await _until_confirmed(shop)
        assert len(shop.tracking.sent) == at
        await shop.start()


async def test_a_teller_that_died_after_its_request_left_is_not_followed_by_a_second_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write had its effect and nobody settled it: read, seen, confirmed."""
    send = shop.tracking.send

    async def die_after(*arguments: Any) -> None:
        await send(*arguments)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(shop.tracking, "send", die_after)
        with pytest.raises(Killed):
            await shop.labels.tell()
    await _until_confirmed(shop)
    assert len(shop.tracking.sent) == 1


async def _until_confirmed(shop: Shop) -> None:
    """Rounds of the worker's loop, each after the lag."""
    for _ in range(8):
        await shop.pass_time(121)
        if not await shop.labels.tell() or (await shop.labels.told(shop.order.order_id)).state is Told.CONFIRMED:
            break
    assert (await shop.labels.told(shop.order.order_id)).state is Told.CONFIRMED


async def test_a_number_that_was_there_before_its_label_is_not_sent(shop: Shop) -> None:
    """A person knew it first, such as a carrier's whose answer did not come: seen at the intent, confirmed."""
    await _until_confirmed(shop)
    line = OrderLineV1(
        line_id=uuid4(), marketplace_line_id="far", sku="SKU-1", ordered=1, decision="ship", code="ready", reserve=True
    )  # fmt: skip
    lines = (PackageLineV1(line_id=line.line_id, quantity=1),)
    there = PackageV1(tracking_number="095212340000000020", lines=lines)
    order = await shop.labels.order(lines=(line,), packages=(there,))
    await shop.labels.settle_everything()
    assert (await shop.labels.shipment(order.order_id)).tracking_number == there.tracking_number
    assert (await shop.labels.told(order.order_id)).state is Told.CONFIRMED
    assert len(shop.tracking.sent) == 1
