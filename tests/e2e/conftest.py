"""One running product for all tests here; each opens shops of its own in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from tests.infrastructure import DatabaseServer, unique_name
from tests.shop import stack_for_tests


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stack(
    tmp_path_factory: pytest.TempPathFactory, database_server: DatabaseServer, kafka_bootstrap_servers: str
) -> AsyncIterator[Stack]:
    """
    The product on the session's own PostgreSQL and Kafka, with databases and topics of its own.

    Ended when its worker goes on to other tests.
    """
    folder: Path = tmp_path_factory.mktemp("product")
    name = unique_name("e2e")
    settings = {
        "DATABASE_SERVER_URL": database_server.server_url,
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap_servers,
        "DATABASE_PREFIX": f"{name}_",
        "TOPIC_PREFIX": f"{name}.",
        # No consent here is a year old, but the one of a test.
        "AUTH_EXPIRED_GOES_ON": "false",
    }
    async with stack_for_tests(folder, settings) as running:
        yield running
    for service in ("auth", "orders", "inventory", "labels"):
        database_server.drop(f"{name}_{service}")
