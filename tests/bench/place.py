"""Where a row is measured: servers of its own, and how long it may take."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.engine import make_engine
from shared.messaging.kafka import KafkaSettings, ensure_topics
from tests.infrastructure import DatabaseServer, unique_name
from tests.integration.messaging.conftest import metadata


@dataclass(frozen=True)
class Place:
    """A PostgreSQL and a Kafka; `long`: for figures to be quoted."""

    server: DatabaseServer
    bootstrap_servers: str
    long: bool

    @asynccontextmanager
    async def messaging(self) -> AsyncIterator[tuple[AsyncEngine, KafkaSettings]]:
        """A database with outbox and inbox and topics of its own; dropped after."""
        name = unique_name("bench")
        kafka = KafkaSettings(self.bootstrap_servers, f"{name}.")
        await ensure_topics(kafka, "inventory")
        self.server.create(name)
        engine = make_engine(self.server.url(name), "bench")
        try:
            async with engine.begin() as connection:
                await connection.run_sync(metadata.create_all)
            yield engine, kafka
        finally:
            await engine.dispose()
            self.server.drop(name)
