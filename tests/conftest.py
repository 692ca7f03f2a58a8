"""
Fixtures that any test may ask for. A server is started when the first test wants it, and once per session.

Models (`test_*_model.py`) are walked the same few hundred steps in every run, and a failure is shown as it was met.
`MODEL_WALKS=50` walks fifty times as many, others each time, and takes its time to find the shortest failure:
`MODEL_WALKS=50 .venv/bin/pytest -k model --timeout 0`.
"""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import Phase, settings

from tests.infrastructure import DatabaseServer, MakeDatabase, running_kafka, running_postgres, unique_name

_WALKS = int(os.environ.get("MODEL_WALKS", "1"))
settings.register_profile(
    "models",
    max_examples=40 * _WALKS,
    stateful_step_count=30,
    deadline=None,
    derandomize=_WALKS == 1,
    phases=(Phase.explicit, Phase.generate) if _WALKS == 1 else tuple(Phase),
)


@pytest.fixture(scope="session")
def database_server() -> Iterator[DatabaseServer]:
    """A real PostgreSQL: makes and drops databases."""
    with running_postgres() as server_url:
        yield DatabaseServer(server_url)


@pytest.fixture(scope="session")
def kafka_bootstrap_servers() -> Iterator[str]:
    """A real Kafka, shared by all tests: keep apart by `topic_prefix` and by consumer group."""
    with running_kafka() as bootstrap_servers:
        yield bootstrap_servers


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for topics (and consumer groups) that no other test uses."""
    return unique_name("t") + "."


@pytest.fixture
def database(database_server: DatabaseServer) -> Iterator[MakeDatabase]:
    """`database("orders")` gives the URL (SQLAlchemy, asyncpg) of a fresh, empty database; dropped after the test."""
    made: list[str] = []

    def make(what: str) -> str:
        made.append(unique_name(what))
        database_server.create(made[-1])
        return database_server.url(made[-1])

    yield make
    for name in made:
        database_server.drop(name)


@pytest.fixture(scope="session")
def migrated_template(database_server: DatabaseServer) -> Iterator[MakeDatabase]:
    """`migrated_template("orders")` gives the name of a database the service has migrated, made once per session."""
    made: dict[str, str] = {}

    def make(service: str) -> str:
        if service not in made:
            made[service] = unique_name(f"{service}_template")
            database_server.create(made[service])
            migrate(service, database_server.url(made[service]))
        return made[service]

    yield make
    for name in made.values():
        database_server.drop(name)


@pytest.fixture
def migrated_database(database_server: DatabaseServer, migrated_template: MakeDatabase) -> Iterator[MakeDatabase]:
    """`migrated_database("orders")` gives the URL of a fresh database with the service's tables; dropped after."""
    made: list[str] = []

    def make(service: str) -> str:
        made.append(unique_name(service))
        database_server.create(made[-1], template=migrated_template(service))
        return database_server.url(made[-1])

    yield make
    for name in made:
        database_server.drop(name)


def migrate(service: str, database_url: str) -> None:
    """Runs the service's own migration command, as a deployment does."""
    name = service.upper()
    environment = os.environ | {f"{name}_DATABASE_URL": database_url}
    command = [sys.executable, "-m", f"services.{service}", "migrate"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
