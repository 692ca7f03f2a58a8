"""The laws of erasing buyers' data: in time, for good, and told; on a real PostgreSQL."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.orders.usecases import erase
from services.orders.usecases.erase import erase_batch
from shared.events.orders import OrderChangedV1, OrderPersonalDataErasedV1
from shared.kernel.errors import Refused
from shared.kernel.ports import LeaseLost
from shared.marketplaces.models import OrderStatus, PersonalData, UnreadableOrder
from tests.integration.orders.browsers import PERSONAL
from tests.integration.orders.erasing import LONG_AGO, NEVER, delivered, erased
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import CONNECTION_ID, NOW, connection, order, page, waiting


class Killed(Exception):
    pass


async def everything(orders: OrdersService) -> str:
    """Every value of every table but the audit of looks."""
    names = ("marketplace_order", "order_line", "timeline", "outbox", "unreadable_record", "acceptance", "shipments")
    return "\n".join([str(tuple(row)) for name in names for row in await orders.rows(name)])


async def test_an_order_is_erased_when_its_time_is_over_and_not_before(orders: OrdersService) -> None:
    """Key, sealed bytes and digests go; what the seller needs for his books stays. Seen red with `<=` turned round."""
    await orders.connect()
    await orders.receive(page(delivered(1), order(2, deliver_by=NEVER)))
    assert await orders.erase()
    gone, kept = sorted(await orders.rows("marketplace_order"), key=lambda row: row.marketplace_order_id)
    assert (gone.data_key, gone.sealed_personal, gone.sealed_raw, gone.recipient_digest) == (None, None, None, None)
    assert (gone.content_digest, gone.erased_at, gone.version, gone.total_minor) == ("", NOW, 1, 2500)
    assert kept.erased_at is None
    assert all((kept.data_key, kept.sealed_personal, kept.sealed_raw, kept.recipient_digest))
    assert not await orders.erase(), "nothing is left to be erased"


async def test_erasing_is_told_once_with_the_orders_whole_state(orders: OrdersService) -> None:
    """The next number of the subject, and an entry of the timeline. Seen red without `add_all`."""
    await erased(orders)
    first, told = await orders.events()
    assert isinstance(told, OrderPersonalDataErasedV1)
    assert (told.erased_at, told.recipient_digest, told.erase_after) == (NOW, None, LONG_AGO + timedelta(days=30))
    changed = {"erased_at", "recipient_digest"}
    assert told.model_dump(exclude=changed) == first.model_dump(exclude=changed)
    assert sorted(row.sequence for row in await orders.rows("outbox")) == [1, 2]
    assert (await orders.codes())[-1] == "order.erased"
    assert not await orders.erase()
    assert len(await orders.events()) == 2


async def test_a_later_reading_updates_the_order_and_brings_nothing_back(orders: OrdersService) -> None:
    """
    The tombstone holds whatever is read: status and lines go on, nothing of the buyer is stored, told or decided anew.

    Seen red with erased orders read like the others.
    """
    await orders.connect()
    await orders.receive(page(order(deliver_by=LONG_AGO)))
    assert await orders.erase()
    for number, status in enumerate((OrderStatus.OPEN, OrderStatus.SHIPPED)):
        later = NOW + timedelta(minutes=number)
        await orders.receive(page(order(status=status, updated_at=later, deliver_by=None, delivered_at=LONG_AGO)))
    row = await orders.one("marketplace_order")
    assert (row.status, row.data_key, row.sealed_personal, row.sealed_raw, row.recipient_digest) == (
        "shipped", None, None, None, None,
    )  # fmt: skip
    events = await orders.events()
    assert [type(event) for event in events[2:]] == [OrderChangedV1]
    assert [event.erased_at for event in events] == [None, NOW, NOW]
    assert (events[1].lines[0].decision, events[2].lines[0].decision) == ("ship", "not_ours")
    assert "order.recipient_changed" not in await orders.codes()
    found = await everything(orders)
    assert not any(secret in found for secret in PERSONAL)


async def test_a_reading_that_changes_nothing_of_an_erased_order_leaves_no_trace(orders: OrdersService) -> None:
    """As it is with every order: the far side repeats itself."""
    await erased(orders)
    before = await everything(orders)
    assert (await orders.receive(page(delivered()))).unchanged == 1
    assert await everything(orders) == before


async def test_the_database_itself_refuses_to_bring_data_back(orders: OrdersService) -> None:
    """A constraint says so, whoever writes."""
    await erased(orders)
    with pytest.raises(IntegrityError, match="ck_marketplace_order_erased"):
        async with orders.engine.begin() as opened:
            await opened.execute(text("update marketplace_order set sealed_personal = 'x'"))


async def test_words_of_the_marketplace_go_with_the_buyers_data(orders: OrdersService) -> None:
    """A refusal is quoted as it came, and may quote the buyer. Seen red without either of the two updates."""
    await orders.connect()
    await orders.receive(page(waiting(deliver_by=LONG_AGO)))
    (event,) = await orders.events()
    await orders.answer(event.order_id, accept=True)
    orders.acceptance.errors = [Refused("Anne Exemple lives in no delivery area")]
    assert await orders.send_answers()
    assert "Anne" in await everything(orders)
    assert await orders.erase()
    found = await everything(orders)
    assert not any(secret in found for secret in PERSONAL)
    assert (await orders.one("acceptance")).state == "refused"


async def test_a_record_that_cannot_be_read_dies_after_its_last_reading(orders: OrdersService) -> None:
    """Nobody knows when its order is delivered; read again, its time begins again. Seen red without the new time."""
    await orders.connect()
    record, other = UnreadableOrder("402-9", "bad", b'{"name": "Anne"}'), UnreadableOrder(None, "bad", b"Anne")
    orders.clock.at = LONG_AGO
    await orders.receive(page(unreadable=(record, other)))
    orders.clock.at = NEVER
    await orders.receive(page(unreadable=(record,)))
    assert await orders.erase()
    assert [row.marketplace_order_id for row in await orders.rows("unreadable_record")] == ["402-9"]
    assert not await orders.erase()


async def test_what_is_erased_is_erased_whatever_the_connections_state(orders: OrdersService) -> None:
    """Revoked, or never heard of: the data is here, so it goes. Seen red with active connections only."""
    await orders.revoke(connection())
    await orders.receive(page(delivered()))
    assert await orders.erase()
    assert (await orders.one("marketplace_order")).erased_at == NOW


async def test_batches_follow_each_other_within_a_turn(orders: OrdersService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a transaction of its own; one lease works off all of them."""
    monkeypatch.setattr(erase, "BATCH", 2)
    await orders.connect()
    await orders.receive(page(*(delivered(number) for number in range(5))))
    assert await orders.erase()
    assert {row.erased_at for row in await orders.rows("marketplace_order")} == {NOW}
    assert len(await orders.events()) == 10


async def test_an_end_in_the_middle_leaves_an_order_whole(orders: OrdersService) -> None:
    """Destroying and telling are one transaction: after a kill it is there, untold, and due."""
    await orders.connect()
    await orders.receive(page(delivered()))

    async def killed_after_erasing() -> None:
        async with orders.parts.uow() as store:
            await erase_batch(store, CONNECTION_ID, orders.clock)
            raise Killed

    with pytest.raises(Killed):
        await killed_after_erasing()
    assert (await orders.one("marketplace_order")).data_key is not None
    assert len(await orders.events()) == 1
    assert await orders.erase()


async def test_who_lost_the_lease_erases_nothing(orders: OrdersService) -> None:
    """A process that was stopped beyond its lease finds another at work."""
    await orders.connect()
    await orders.receive(page(delivered()))
    async with orders.claims(lease_seconds=0.0).lease("erase") as lost, orders.claims().lease("erase") as taken:
        assert lost is not None
        assert taken is not None
        with pytest.raises(LeaseLost):
            await erase.erase_due(lost, erasing=orders.erasing)
    assert (await orders.one("marketplace_order")).erased_at is None


async def test_an_order_read_for_the_first_time_after_its_time_is_erased_at_once(orders: OrdersService) -> None:
    """A first window may reach that far back; what comes of it is kept without its buyer."""
    await orders.connect()
    await orders.receive(page(delivered(personal=PersonalData())))
    assert await orders.erase()
    assert (await orders.one("marketplace_order")).sealed_raw is None
