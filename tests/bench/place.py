"""Where a row is measured: servers of its own, and how long it may take."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.engine import make_engine
from shared.messaging.kafka import KafkaSettings, ensure_topics
from tests.conftest import migrate
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

    @contextmanager
    def migrated(self, service: str) -> Iterator[str]:
        """The URL of a database with the service's tables; dropped after."""
        name = unique_name("bench")
        self.server.create(name)
        try:
            migrate(service, self.server.url(name))
            yield self.server.url(name)
        finally:
            self.server.drop(name)
