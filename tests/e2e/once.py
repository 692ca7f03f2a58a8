"""What must have happened once: rows, events, what was published of them, units taken from the shelf."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer

from deploy.local.stack import Stack
from shared.events.topics import TOPICS
from tests.e2e.scene import SKU, Scene, until

_GAPS = """
    select topic, subject, array_agg(sequence order by sequence) as numbers from outbox group by topic, subject
    having min(sequence) <> 1 or max(sequence) <> count(*) or count(distinct sequence) <> count(*)
"""


async def nothing_happened_twice(
    scene: Scene, numbers: list[str], *, stock: int, beside: Sequence[tuple[Scene, list[str]]] = ()
) -> None:
    """
    Of a shop that had `stock` units, and has sold one in each of these orders, all confirmed.

    `beside`: its other accounts, and what they have sold of the same units.
    """
    sold = [(scene, numbers), *beside]
    for one, its in sold:
        await one.all_confirmed(its)
        await _stored_once(one, its)
    every = [number for _, its in sold for number in its]
    shipments = Counter(one["marketplace_order_id"] for one in await scene.shop.shipments())
    assert shipments == Counter(every)
    for service in scene.stack.environments.database_urls:
        assert list(await scene.databases.rows(service, _GAPS)) == [], f"{service}: numbered with gaps, or twice"
    await _units_left_once(scene, sold=len(every), stock=stock)


async def _stored_once(scene: Scene, numbers: list[str]) -> None:
    stored = await scene.databases.rows(
        "orders",
        "select marketplace_order_id from marketplace_order where connection_id = :connection",
        connection=UUID((await scene.shop.connection())["id"]),
    )
    assert sorted(row.marketplace_order_id for row in stored) == sorted(numbers)


async def packages_were_told_once(scene: Scene) -> None:
    """Each package of quantities was made, filled and made ready once, and none was refused."""
    steps = ("createOfferPackage", "uploadOfferRequests", "submitOfferPackage")
    answers = {step: [call["status"] for call in await scene.calls(step)] for step in steps}
    made = len(answers["createOfferPackage"])
    assert made > 0
    assert answers == dict(zip(steps, ([201] * made, [202] * made, [204] * made), strict=True))


async def _units_left_once(scene: Scene, *, sold: int, stock: int) -> None:
    async def shipped() -> bool:
        (shelf,) = [sku for sku in await scene.shop.everything("/api/inventory/v1/skus") if sku["sku"] == SKU]
        return (shelf["on_hand"], shelf["reserved"], shelf["short"]) == (stock - sold, 0, 0)

    await until(shipped, f"{stock - sold} units are left and none is reserved")
    changes = [entry["change"] for entry in await scene.shop.everything(f"/api/inventory/v1/skus/{SKU}/ledger")]
    assert Counter(changes) == Counter([stock] + [-1] * sold)


async def published(stack: Stack, subjects: set[str]) -> Counter[tuple[str, str]]:
    """How often each event of these subjects is on its topic, by topic and event id."""
    consumer = AIOKafkaConsumer(
        *(stack.options.topic_prefix + topic.name for topic in TOPICS),
        bootstrap_servers=stack.environments.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
    )
    found: Counter[tuple[str, str]] = Counter()
    await consumer.start()
    try:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found.update(_event(record) for record in records if record.key.decode() in subjects)
    finally:
        await consumer.stop()
    return found


def _event(record: Any) -> tuple[str, str]:
    return record.topic, dict(record.headers)["ce_id"].decode()
