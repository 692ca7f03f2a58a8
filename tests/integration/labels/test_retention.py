"""The laws of how long shipments are kept: 18 months after their order's last change; on a real PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.labels import bootstrap
from services.labels.domain.labels import Asked
from services.labels.domain.shipment import Told
from services.labels.usecases import delete_old, write_back
from services.labels.usecases.act import ShipmentUnknown, void_label
from services.labels.usecases.ask_for_batch import ask_for_batch
from services.labels.usecases.delete_old import delete_old_orders
from shared.db.retention import delete_all
from shared.db.unit_of_work import transaction
from shared.events.base import Event
from shared.events.orders import OrderStateV1
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Unavailable
from shared.messaging.inbox import Inbox
from tests.integration.labels.conftest import Labels

KEEP = timedelta(days=540)
TODAY = SystemClock().now()
OLD = TODAY - KEEP - timedelta(hours=1)
YOUNG = TODAY - KEEP + timedelta(hours=1)
HANGING = ("fulfilment", "shipment", "write_back", "inbox")
HTML = {"accept": "text/html"}


class Killed(Exception):
    pass


async def delete_due(labels: Labels) -> None:
    """As the worker does each hour."""
    await delete_all(bootstrap.retention_on(labels.engine, {"amazon": KEEP}), asyncio.Event())


async def count(labels: Labels, table: str) -> int:
    [(rows,)] = await labels.rows(f"select count(*) from {table}")  # noqa: S608 - a name of this file's
    return int(rows)


async def grown_old(labels: Labels, *orders: OrderStateV1, at: Any = OLD) -> None:
    """The marketplace has not changed these since."""
    for one in orders:
        await labels.execute(
            f"update fulfilment set updated_at = '{at.isoformat()}' where order_id = '{one.order_id}'"  # noqa: S608
        )


async def test_an_order_goes_with_its_parcels(labels: Labels) -> None:
    """Shipments, write-backs, numbers of events; not its neighbour's. Seen red without each of the deletions."""
    order, other = await labels.order(), await labels.order()
    await labels.settle_everything()
    async with transaction(labels.engine) as connection:
        for one in (order, other):
            await Inbox(connection, "labels").accept(one.TOPIC, [Event(uuid4(), one.order_id, 1, TODAY, one)])
    assert (await labels.told(order.order_id)).state is Told.CONFIRMED
    await grown_old(labels, order)
    told = await count(labels, "outbox")
    await delete_due(labels)
    assert {table: await count(labels, table) for table in HANGING} == dict.fromkeys(HANGING, 1)
    assert len(await labels.shipments(other.order_id)) == 1
    assert await count(labels, "outbox") == told, "nobody is told"


async def test_its_time_begins_when_the_marketplace_changed_it(labels: Labels) -> None:
    """As orders tells it, and not when we heard of that. Seen red with the time of the event kept."""
    gone = await labels.order(updated_at=OLD)
    kept = await labels.order(updated_at=YOUNG)
    told_by_an_earlier_version = await labels.order()
    await delete_due(labels)
    rows = {row for (row,) in await labels.rows("select order_id from fulfilment")}
    assert rows == {kept.order_id, told_by_an_earlier_version.order_id}
    assert gone.order_id not in rows


async def test_a_time_that_lies_ahead_keeps_nothing_longer(labels: Labels) -> None:
    """It was changed at the latest when orders told of it. Seen red with the time as told."""
    await labels.order(updated_at=TODAY.replace(year=2099))
    [(since,)] = await labels.rows("select now() - updated_at from fulfilment")
    assert timedelta(0) <= since < timedelta(hours=1)


async def test_an_erasure_does_not_make_it_younger(labels: Labels) -> None:
    """That its buyer's data went is no change of the marketplace's. Seen red with the time of the event kept."""
    order = await labels.order(updated_at=OLD)
    await labels.news(order.model_copy(update={"erased_at": TODAY}))
    await delete_due(labels)
    assert await count(labels, "fulfilment") == 0


async def test_what_was_deleted_is_not_planned_again(labels: Labels) -> None:
    """
    Its parcels may have left: orders' later word of an order placed so long ago makes none. Of one that is here it is
    heard. Seen red with orders of any age planned.
    """
    placed = OLD - timedelta(days=1)
    order = await labels.order()
    here = await labels.order()
    await labels.settle_everything()
    await grown_old(labels, order)
    await delete_due(labels)
    await labels.change(order, placed_at=placed, updated_at=TODAY)
    assert await count(labels, "fulfilment") == 1
    newer = await labels.change(here, placed_at=placed, updated_at=TODAY)
    known = (await labels.fulfilment(here.order_id)).order
    assert known is not None
    assert known.version == newer.order_version


async def test_a_reservation_of_an_order_that_is_gone_goes_in_its_time(labels: Labels) -> None:
    """Heard of, never told by orders: 18 months after that. Seen red with marketplaces' orders only."""
    order = await labels.order()
    await grown_old(labels, order)
    await delete_due(labels)
    await labels.reserve(order)
    await delete_due(labels)
    assert await count(labels, "fulfilment") == 1
    await grown_old(labels, order)
    await delete_due(labels)
    assert await count(labels, "fulfilment") == 0


async def test_a_number_that_is_still_owed_goes_and_is_counted(labels: Labels) -> None:
    """The marketplace's limit is a hard one; operators hear of it. Seen red with owed ones kept, and not counted."""
    before = _deleted("owed_parcel")
    labels.tracking.outcomes.append(Unavailable("away"))
    order = await labels.order()
    assert await labels.make_labels()
    assert (await labels.told(order.order_id)).state is Told.OWED
    await grown_old(labels, order)
    await delete_due(labels)
    assert (await count(labels, "write_back"), _deleted("owed_parcel") - before) == (0, 1)
    assert not await labels.tell()


async def test_an_order_that_orders_no_longer_has_is_told_all_the_same(labels: Labels) -> None:
    """Its number was made before: telling it needs nothing of orders."""
    order = await labels.order()
    assert await labels.make_labels()
    labels.recipients.fails = Unavailable("not asked")
    await labels.settle_everything()
    assert (await labels.told(order.order_id)).state is Told.CONFIRMED


@pytest.mark.parametrize("when", ["before its intent", "during its call", "before its reading", "during its reading"])
async def test_an_order_deleted_while_it_is_told_holds_up_no_other(
    labels: Labels, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome of what is gone is discarded, its neighbour's is kept. Seen red: it was logged as a bug of ours."""
    order, other = await labels.order(), await labels.order()
    await labels.make_labels()
    if "reading" in when:
        assert await labels.tell()
    await grown_old(labels, order)
    where: tuple[Any, str] = {
        "before its intent": (labels.tokens, "get"),
        "during its call": (labels.tracking, "send"),
        "before its reading": (write_back, "read_back"),
        "during its reading": (labels.tracking, "read_packages"),
    }[when]
    _first(monkeypatch, *where, partial(delete_due, labels))
    with capture_logs() as logged:
        await labels.settle_everything()
    assert (await labels.told(other.order_id)).state is Told.CONFIRMED
    assert await count(labels, "fulfilment") == 1
    assert [line for line in logged if line["log_level"] == "error"] == []


@pytest.mark.parametrize("when", ["before its intent", "during its call"])
async def test_an_order_deleted_while_its_label_is_made_holds_up_no_other(
    labels: Labels, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same of a label. Seen red: it was logged as a bug of ours."""
    order, other = await labels.order(), await labels.order()
    await grown_old(labels, order)
    where: tuple[Any, str] = (labels.recipients, "read") if when == "before its intent" else (labels.carrier, "create")
    _first(monkeypatch, *where, partial(delete_due, labels))
    with capture_logs() as logged:
        await labels.settle_everything()
    assert (await labels.told(other.order_id)).state is Told.CONFIRMED
    assert [line for line in logged if line["log_level"] == "error"] == []


async def test_a_person_who_acts_on_a_deleted_parcel_is_told_that_there_is_none(
    labels: Labels, ours: httpx.AsyncClient
) -> None:
    """Page and API answer as of one that never was."""
    order = await labels.order()
    await labels.settle_everything()
    shipment_id = (await labels.shipment(order.order_id)).shipment_id
    assert (await ours.get(f"/shipments/{shipment_id}", headers=HTML)).status_code == 200
    await grown_old(labels, order)
    await delete_due(labels)
    for path in (f"/shipments/{shipment_id}", f"/api/labels/v1/shipments/{shipment_id}"):
        assert (await ours.get(path, headers=HTML)).status_code == 404
    with pytest.raises(ShipmentUnknown):
        await labels.act(void_label, shipment_id)


async def test_what_others_hold_is_left_out_and_waited_for_by_nobody(labels: Labels) -> None:
    """Seen red (it waits for ever) without `skip locked`."""
    order, other = await labels.order(), await labels.order()
    await grown_old(labels, order, other)
    async with labels.uow() as store:
        await store.fulfilments.lock([order.order_id])
        await asyncio.wait_for(delete_due(labels), 5)
        assert await count(labels, "fulfilment") == 1
    await delete_due(labels)
    assert await count(labels, "fulfilment") == 0


async def test_a_kill_in_the_middle_leaves_orders_whole(labels: Labels, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a batch all is there, or nothing; two processes then share what is left."""
    monkeypatch.setattr(delete_old, "BATCH", 1)
    orders = [await labels.order() for _ in range(3)]
    await labels.settle_everything()
    await grown_old(labels, *orders)

    async def killed() -> None:
        async with labels.uow() as store:
            assert await delete_old_orders(store, marketplace="amazon", keep=KEEP) == {"order": 1, "owed_parcel": 0}
            raise Killed

    with pytest.raises(Killed):
        await killed()
    assert {table: await count(labels, table) for table in HANGING[:3]} == dict.fromkeys(HANGING[:3], 3)
    await asyncio.gather(delete_due(labels), delete_due(labels))
    assert {table: await count(labels, table) for table in HANGING[:3]} == dict.fromkeys(HANGING[:3], 0)


async def test_what_was_asked_for_together_goes_in_its_time(labels: Labels) -> None:
    """Its list is a list of orders. Seen red without each of the deletions."""
    await labels.mode(automatic=False)
    order = await labels.order()
    for _ in range(2):
        async with labels.uow() as store:
            await ask_for_batch(
                store, labels.organisation_id, [order.order_id], Asked(labels.person, TODAY), planner=labels.planner
            )
    await labels.execute(
        f"update label_batch set requested_at = '{OLD.isoformat()}' "  # noqa: S608 - a time of this file's
        "where batch_id = (select batch_id from label_batch order by batch_id limit 1)"
    )
    await delete_due(labels)
    assert (await count(labels, "label_batch"), await count(labels, "label_batch_item")) == (1, 1)


async def test_what_is_overdue_is_counted(labels: Labels) -> None:
    """A day late, for the operators' gauge."""
    late = bootstrap.overdue_records_on(labels.engine, {"amazon": KEEP})
    await grown_old(labels, await labels.order())
    await grown_old(labels, await labels.order(), at=OLD - timedelta(days=1))
    assert await late() == 1
    await delete_due(labels)
    assert await late() == 0


def _first(patch: pytest.MonkeyPatch, of: Any, name: str, work: Callable[[], Awaitable[None]]) -> None:
    """`work` is done each time before that is called."""
    asked = getattr(of, name)

    async def after_it(*given: Any, **named: Any) -> Any:
        await work()
        return await asked(*given, **named)

    patch.setattr(of, name, after_it)


def _deleted(kind: str) -> float:
    return REGISTRY.get_sample_value("passerelle_retention_deleted_total", {"kind": kind}) or 0.0
