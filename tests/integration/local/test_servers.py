"""The servers that tests and `make run` start are real ones: they answer, and they survive a kill."""

import asyncio
import subprocess
from pathlib import Path

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.classes import use
from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres, create_databases
from tests.infrastructure import MakeDatabase, Running
from tests.ports import free_port, free_ports


async def test_each_test_has_databases_of_its_own(database: MakeDatabase) -> None:
    """Two databases made for the same service are two, and both answer."""
    urls = {database("orders"), database("orders")}
    assert len(urls) == 2
    for url in urls:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        assert await connection.fetchval("select 1") == 1
        await connection.close()


async def test_topics_can_be_made_as_soon_as_kafka_is_ready(kafka_bootstrap_servers: str, topic_prefix: str) -> None:
    """Ready means that the broker takes a new topic, not only that its port is open."""
    topic = f"{topic_prefix}orders.order.v1"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap_servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 2, 1)])
        async with asyncio.timeout(60):
            while topic not in await admin.list_topics():  # it is made; the list follows
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def test_postgres_keeps_what_was_committed_before_a_kill(tmp_path: Path) -> None:
    """SIGKILL, a new start on the same folder, and the committed row is there."""
    server = Postgres(tmp_path / "data", free_port())
    running = Running(server, tmp_path / "log")
    running.start()
    try:
        await create_databases(server.url("postgres"), ["orders"])
        await create_databases(server.url("postgres"), ["orders"])  # a second start of `make run` does it again
        await _execute(server.url("orders", role="orders"), "create table t as select 7 as x")
        running.kill()
        running.start()
        connection = await asyncpg.connect(server.url("orders", role="orders"))
        assert await connection.fetchval("select x from t") == 7
        await connection.close()
    finally:
        running.stop()


async def test_a_role_sees_only_its_own_database(tmp_path: Path) -> None:
    """One role per service: labels cannot connect to the database of orders."""
    server = Postgres(tmp_path / "data", free_port())
    running = Running(server, tmp_path / "log")
    running.start()
    try:
        await create_databases(server.url("postgres"), ["orders", "labels"])
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(server.url("orders", role="labels"))
    finally:
        running.stop()


async def test_kafka_comes_back_after_a_kill(tmp_path: Path) -> None:
    """SIGKILL, a new start on the same folder: the topic is still there."""
    server = Kafka(tmp_path, *free_ports(2))
    running = Running(server, tmp_path / "log")
    running.start()
    try:
        admin = AIOKafkaAdminClient(bootstrap_servers=server.bootstrap_servers)
        await admin.start()
        await admin.create_topics([NewTopic("kept", 1, 1)])
        await admin.close()
        running.kill()
        running.start()
        admin = AIOKafkaAdminClient(bootstrap_servers=server.bootstrap_servers)
        await admin.start()
        assert "kept" in await admin.list_topics()
        await admin.close()
    finally:
        running.stop()


def test_prepared_classes_are_those_java_takes(tmp_path: Path) -> None:
    """With `AOTMode=on` Java ends where it would else start without them."""
    broker = Kafka(tmp_path, *free_ports(2))
    broker.prepare()
    command = broker.command()
    assert _starts([*command[:1], "-XX:AOTMode=on", *command[1:-2], "kafka.tools.StorageTool", "random-uuid"])


def test_a_damaged_file_of_classes_keeps_nothing_from_starting(tmp_path: Path) -> None:
    """Java starts without it."""
    damaged = tmp_path / "kafka.aot"
    damaged.write_bytes(b"half a file")
    command = Kafka(tmp_path, *free_ports(2)).command(*use(damaged))
    assert _starts([*command[:-2], "kafka.tools.StorageTool", "random-uuid"])


def _starts(command: list[str]) -> bool:
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    return done.returncode == 0 and len(done.stdout.split()[-1]) == 22


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()
