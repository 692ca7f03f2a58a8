"""The laws of forgetting the buyer: at orders' word or when the time is over, whichever comes first."""

from datetime import datetime, timedelta

import httpx
import pytest

from services.labels import bootstrap
from services.labels.domain.labels import Asked, NotPossible
from services.labels.domain.shipment import State, Told
from services.labels.usecases.erase import Erasing, erase_due
from services.labels.usecases.ports import RecipientGone
from shared.events.auth import ChannelV1, ConnectionDisconnectedV1
from shared.events.orders import OrderPersonalDataErasedV1, OrderStateV1
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Refused, Unavailable
from shared.kernel.ports import LeaseLost
from tests.integration.labels.conftest import CHANNEL, Labels
from tests.unit.orders.builders import FakeErasures

BEFORE = SystemClock().now() - timedelta(minutes=10)
HTML = {"accept": "text/html"}
QUOTED = "ul. Długa 5 is unknown"


async def erase(labels: Labels, certificate: FakeErasures | None = None) -> bool:
    """As the worker does; False: nothing was due."""
    async with labels.claims.lease("erase") as lease:
        if lease is not None:
            await erase_due(lease, erasing=Erasing(certificate or FakeErasures(), labels.planner))
        return lease is not None


def gone(of: OrderStateV1) -> OrderPersonalDataErasedV1:
    """Orders says that it has destroyed its own."""
    told = of.model_dump() | {"erased_at": BEFORE, "recipient_digest": None}
    return OrderPersonalDataErasedV1.model_validate(told)


async def told_everything(labels: Labels) -> str:
    told = ("select * from fulfilment", "select * from shipment", "select * from write_back")
    return str([await labels.rows(one) for one in told])


@pytest.mark.parametrize("by", ["orders' word", "labels' own clock"])
async def test_forgetting_the_buyer_leaves_the_parcel(labels: Labels, by: str) -> None:
    """
    A label that is made stays made, and its number is still told. Seen red with the digests compared, and with the
    order's own kept until orders says so.
    """
    order = await labels.order(erase_after=BEFORE)
    assert await labels.make_labels()
    before = await labels.shipment(order.order_id)
    if by == "orders' word":
        await labels.news(gone(order))
    else:
        assert await erase(labels)
    after = await labels.shipment(order.order_id)
    assert (after.state, after.recipient_digest) == (State.LABEL_CREATED, None)
    assert before.recipient_digest is not None
    assert f"'{before.recipient_digest}'" not in await told_everything(labels)
    assert after.tracking_number == before.tracking_number
    await labels.settle_everything()
    assert (await labels.told(order.order_id)).state is Told.CONFIRMED


async def test_labels_own_clock_forgets_without_orders_word(labels: Labels) -> None:
    """When the time is over, whatever the connection's state; once. Seen red with the first time kept."""
    order = await labels.order()
    await labels.news(order.model_copy(update={"erase_after": BEFORE}))
    await labels.order(erase_after=BEFORE + timedelta(days=1))
    await labels.order()
    await labels.settle_everything()
    await labels.revoke()
    assert (await labels.shipment(order.order_id)).recipient_digest == "digest-1"
    assert await erase(labels)
    assert (await labels.shipment(order.order_id)).recipient_digest is None
    assert len(await labels.rows("select 1 from fulfilment where erased_at is not null")) == 1
    assert not await erase(labels)
    erased_at = (await labels.fulfilment(order.order_id)).erased_at
    await labels.news(gone(order))
    assert (await labels.fulfilment(order.order_id)).erased_at == erased_at


async def test_a_parcel_that_waits_never_gets_its_label(labels: Labels) -> None:
    """Neither by the machine nor by a person, who is told why. Seen red without the hold."""
    await labels.mode(automatic=False)
    order = await labels.order()
    await labels.news(gone(order))
    parcel = await labels.shipment(order.order_id)
    assert (parcel.state, parcel.reason) == (State.PLANNED, "address_erased")
    with pytest.raises(NotPossible) as refused:
        await labels.ask_label(parcel.shipment_id, Asked(labels.person, BEFORE))
    assert refused.value.code == "address_erased"
    await labels.mode(automatic=True)
    assert not await labels.make_labels()


async def test_a_label_that_is_due_while_its_address_goes_is_held(labels: Labels) -> None:
    """Orders answers *erased* before its event comes: no number is drawn, nothing fails."""
    labels.recipients.gone = RecipientGone(erased=True)
    order = await labels.order()
    assert await labels.make_labels()
    parcel = await labels.shipment(order.order_id)
    assert (parcel.state, parcel.reason, parcel.number) == (State.PLANNED, "address_erased", None)
    await labels.news(gone(order))
    assert (await labels.shipment(order.order_id)).reason == "address_erased"


async def test_words_of_the_far_side_go_with_the_buyer(labels: Labels) -> None:
    """A refusal is kept as it came, and may quote the address. Seen red with the details kept."""
    labels.tracking.outcomes.append(Refused(QUOTED))
    order = await labels.order(erase_after=BEFORE)
    await labels.settle_everything()
    assert QUOTED in await told_everything(labels)
    assert await erase(labels)
    assert QUOTED not in await told_everything(labels)
    assert (await labels.told(order.order_id)).state is Told.REFUSED


async def test_a_label_of_an_erased_order_is_shown_nowhere(labels: Labels, ours: httpx.AsyncClient) -> None:
    """The page says so in both languages, the document is refused, orders is not asked. Seen red without the check."""
    order = await labels.order(erase_after=BEFORE)
    await labels.settle_everything()
    shipment_id = (await labels.shipment(order.order_id)).shipment_id
    path = f"/shipments/{shipment_id}"
    assert f"{path}/label.pdf" in (await ours.get(path, headers=HTML)).text
    assert await erase(labels)
    looked = len(labels.recipients.asked)
    page = (await ours.get(f"{path}?language=en&preview=true", headers=HTML)).text
    assert "this label can no longer be shown or printed" in page
    assert "label.pdf" not in page
    assert "ne peut plus être affichée" in (await ours.get(f"{path}?language=fr", headers=HTML)).text
    answer = await ours.get(f"/api/labels/v1{path}/label.pdf")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:passerelle:problem:address-erased")
    assert (await ours.get(f"/api/labels/v1{path}")).json()["erased_at"] is not None
    assert len(labels.recipients.asked) == looked


async def test_who_lost_the_lease_forgets_nothing(labels: Labels) -> None:
    """And after an end in the middle the order is due as before."""
    order = await labels.order(erase_after=BEFORE)
    async with labels.impatient("erase", 0.0).lease("erase") as lost, labels.claims.lease("erase") as taken:
        assert lost is not None
        assert taken is not None
        with pytest.raises(LeaseLost):
            await erase_due(lost, erasing=Erasing(FakeErasures(), labels.planner))
    assert (await labels.fulfilment(order.order_id)).erased_at is None
    assert await erase(labels)


async def test_what_is_overdue_is_counted(labels: Labels) -> None:
    """Orders an hour late, for the operators' gauge."""
    count = bootstrap.overdue_on(labels.engine)
    await labels.order(erase_after=BEFORE)
    await labels.order(erase_after=BEFORE - timedelta(hours=2))
    assert await count() == 1
    assert await erase(labels)
    assert await count() == 0


async def test_an_order_of_before_is_read_as_it_was_kept(labels: Labels) -> None:
    """States kept by an earlier version have neither of the two times."""
    order = await labels.order()
    await labels.execute("update fulfilment set order_state = order_state - 'erase_after' - 'erased_at'")
    known = (await labels.fulfilment(order.order_id)).order
    assert known is not None
    assert (known.erase_after, known.erased_at) == (None, None)


async def test_at_the_sellers_wish_all_of_a_connection_is_forgotten(labels: Labels) -> None:
    """Whatever its time; then auth is told, once. Seen red with orders whose time is over only."""
    order, later = await labels.order(), await labels.order(erase_after=BEFORE + timedelta(days=99))
    await labels.settle_everything()
    asked_at, certificate = SystemClock().now() - timedelta(hours=2), FakeErasures()
    await labels.apply(_disconnected(labels, asked_at), labels.connection_id)
    assert await bootstrap.overdue_on(labels.engine)() == 1
    certificate.error = Unavailable("auth is away")
    with pytest.raises(Unavailable):
        await erase(labels, certificate)
    for one in (order, later):
        assert (await labels.shipment(one.order_id)).recipient_digest is None
    await labels.make_due()
    assert await erase(labels, certificate)
    assert certificate.confirmed == [(labels.connection_id, asked_at)] * 2
    await labels.apply(_disconnected(labels, asked_at), labels.connection_id)
    assert not await erase(labels, certificate)
    assert await bootstrap.overdue_on(labels.engine)() == 0


def _disconnected(labels: Labels, asked_at: datetime) -> ConnectionDisconnectedV1:
    channel = ChannelV1(id=CHANNEL, name="Amazon.fr", country="FR", currency="EUR", time_zone="Europe/Paris")
    return ConnectionDisconnectedV1(
        organisation_id=labels.organisation_id, connection_id=labels.connection_id, marketplace="amazon", region="eu",
        seller_id="A1", name="Shop", state="disconnected", consent_version=1, channels=(channel,),
        erase_asked_at=asked_at,
    )  # fmt: skip
