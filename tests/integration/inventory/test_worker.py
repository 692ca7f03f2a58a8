"""Two workers side by side on real Kafka and PostgreSQL: what others publish comes out as inventory's own events."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from services.inventory.domain.sku import StockRow
from shared.events.base import Event
from shared.events.inventory import ReservationChangedV1
from shared.events.topics import INVENTORY_RESERVATION
from shared.messaging import cloudevents
from shared.messaging.kafka import KafkaSettings, ensure_topics
from tests.integration.inventory.conftest import Inventory
from tests.ports import free_ports
from tests.unit.inventory.builders import order, order_line, shipment

ORDERS = 40


@pytest.fixture
async def kafka(kafka_bootstrap_servers: str, topic_prefix: str) -> KafkaSettings:
    settings = KafkaSettings(kafka_bootstrap_servers, topic_prefix)
    for publisher in ("auth", "orders", "labels", "inventory"):
        await ensure_topics(settings, publisher)
    return settings


def wait_until_live(port: int) -> None:
    """A process that is asked to stop before it has begun ends by the signal itself."""
    for _ in range(600):
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/live", trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(f"no worker on {port} within a minute")


@contextmanager
def workers(count: int, inventory: Inventory, kafka: KafkaSettings) -> Iterator[None]:
    """So many worker processes, as a deployment starts them; stopped in good order at the end."""
    url = inventory.engine.url.render_as_string(hide_password=False)
    started = []
    ports = []
    try:
        for _ in range(count):
            http_port, metrics_port = free_ports(2)
            told = {
                "DATABASE_URL": url,
                "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
                "TOPIC_PREFIX": kafka.topic_prefix,
                "HTTP_PORT": str(http_port),
                "METRICS_PORT": str(metrics_port),
                "PUBLIC_URL": "http://127.0.0.1:8080",
                "AUTH_URL": "http://127.0.0.1:1",
                "CLIENT_ID": "inventory",
                "CLIENT_SECRET": "not-used-here",
            }
            environment = os.environ | {f"INVENTORY_{name}": value for name, value in told.items()}
            started.append(subprocess.Popen([sys.executable, "-m", "services.inventory", "worker"], env=environment))
            ports.append(metrics_port)
        for port in ports:
            wait_until_live(port)
        yield
    finally:
        for process in started:
            process.terminate()
        codes = [process.wait(40) for process in started]
    assert codes == [0] * count


async def publish(kafka: KafkaSettings, events: Sequence[Event[Any]]) -> None:
    """As the relay of orders or labels would."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers)
    await producer.start()
    try:
        for event in events:
            row = {
                "event_id": event.id,
                "type": event.body.TYPE,
                "subject": event.subject,
                "sequence": event.sequence,
                "time": event.time,
                "traceparent": None,
            }
            headers = cloudevents.headers(source="tests", row=row)
            body = event.body.model_dump_json().encode()
            await producer.send(
                kafka.topic_prefix + event.body.TOPIC, body, str(event.subject).encode(), headers=headers
            )
        await producer.flush()
    finally:
        await producer.stop()


@asynccontextmanager
async def reservations(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        kafka.topic(INVENTORY_RESERVATION), bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def heard_until(consumer: AIOKafkaConsumer, enough: Callable[[dict[UUID, Event[Any]]], bool]) -> list[Event[Any]]:
    """All events until the newest of each subject satisfy `enough`."""
    heard: list[Event[Any]] = []
    while not enough({event.subject: event for event in heard}):
        record = await asyncio.wait_for(consumer.getone(), 60)
        heard.append(cloudevents.decode(tuple(record.headers), record.value))
    return heard


def settled(newest: dict[UUID, Event[ReservationChangedV1]]) -> bool:
    """Every order has told that one unit is still wanted."""
    return len(newest) == ORDERS and all(event.body.lines[0].wanted == 1 for event in newest.values())


async def test_two_workers_reserve_and_ship_every_order_once(inventory: Inventory, kafka: KafkaSettings) -> None:
    """Orders and parcels, each published twice and in no order between them, leave the right level and no double."""
    await inventory.set(StockRow("mug", counted=1000, weight_grams=350))
    orders = [order([order_line("mug", 3)]) for _ in range(ORDERS)]
    parcels = [shipment(one.subject, [{one.body.lines[0].line_id: 2}]) for one in orders]
    with workers(2, inventory, kafka):
        await publish(kafka, [*parcels[:20], *orders, *parcels, *orders])
        async with reservations(kafka) as consumer:
            heard = await heard_until(consumer, settled)
    (sku,) = await inventory.rows("sku")
    assert (sku.on_hand, sku.reserved, sku.short) == (1000 - 2 * ORDERS, ORDERS, 0)
    assert len(await inventory.rows("ledger_entry")) == 1 + ORDERS
    assert {line.weight_grams for event in heard for line in event.body.lines} == {350}
    for subject in {event.subject for event in heard}:
        numbers = [event.sequence for event in heard if event.subject == subject]
        assert numbers == list(range(1, len(numbers) + 1))
