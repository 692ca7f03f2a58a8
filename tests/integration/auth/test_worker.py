"""The worker as a process: what happened reaches Kafka, probes are made up for, keys are there."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer

from services.auth.settings import Settings
from shared.events.topics import AUTH_CONNECTION
from tests.infrastructure import MakeDatabase
from tests.integration.auth.conftest import run_auth, settings_for
from tests.integration.auth.processes import migrate, worker_process
from tests.sandbox_client import Sandbox

_WITHIN_SECONDS = 60


async def until(fact: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_WITHIN_SECONDS):
        while not await fact():
            await asyncio.sleep(0.1)


async def read_topic(settings: Settings, events: int) -> list[tuple[str, dict[str, Any]]]:
    """The first so many events: key and body."""
    consumer = AIOKafkaConsumer(
        settings.topic_prefix + AUTH_CONNECTION.name,
        bootstrap_servers=settings.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        async with asyncio.timeout(_WITHIN_SECONDS):
            records = [await consumer.getone() for _ in range(events)]
    finally:
        await consumer.stop()
    return [(record.key.decode(), json.loads(record.value)) for record in records]


async def test_what_happened_reaches_kafka(
    database: MakeDatabase, kafka_bootstrap_servers: str, topic_prefix: str, sandbox: Sandbox
) -> None:
    """
    From an empty database: `migrate` makes tables, topic and signing key (twice is once); a consent whose first probe
    failed is published, then its channels, which the worker found; nothing secret is in it.
    """
    kafka = {"kafka_bootstrap_servers": kafka_bootstrap_servers, "topic_prefix": topic_prefix}
    settings = settings_for(database("auth"), sandbox.base_url, **kafka)
    await asyncio.gather(migrate(settings), migrate(settings))
    auth = run_auth(settings, sandbox)
    assert len(await auth.rows("select kid from signing_key")) == 1
    seller = await sandbox.seller(region="eu", channels=["FR"])
    visitor = await auth.visitor().sign_up()
    await sandbox.fault("amazon.getMarketplaceParticipations", "server_error", times=1)
    await visitor.connect(seller["seller_id"])
    async with worker_process(settings):

        async def channels_known() -> bool:
            return bool((await visitor.connections())[0]["channels"])

        await until(channels_known)
        published = await read_topic(settings, 2)
    (connection,) = await visitor.connections()
    assert {key for key, _ in published} == {connection["id"]}
    assert [body["channels"] for _, body in published] == [[], connection["channels"]]
    assert {UUID(body["connection_id"]) for _, body in published} == {UUID(connection["id"])}
    assert "Atz" not in str(published)
    await auth.close()
