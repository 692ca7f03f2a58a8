"""
Fixtures that any test may ask for. A server is started when the first test wants it, and once per session.

Models (`test_*_model.py`) are walked the same few hundred steps in every run, and a failure is shown as it was met.
`MODEL_WALKS=50` walks fifty times as many, others each time, and takes its time to find the shortest failure:
`MODEL_WALKS=50 .venv/bin/pytest -k model --timeout 0`.

Side by side (`-n 4 --no-loadscope-reorder`) a file stays with one worker. The files of `e2e`, which wait more than they
work, go first and to two workers only: each of these runs a whole product.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from xdist.remote import Producer
from xdist.scheduler.loadfile import LoadFileScheduling

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

# The files of `e2e` by the product they share, the longest first; both are done at about the same time.
_PRODUCTS = {
    "product 1": ("test_far_side_faults", "test_stopped_processes", "test_leaks", "test_slow_sellers"),
    "product 2": (
        "test_demo",
        "test_servers_away",
        "test_octopia",
        "test_two_of_everything",
        "test_journey",
        "test_pause",
        "test_expiry",
        "test_strangers",
    ),
}
_GROUPS = {file: product for product, files in _PRODUCTS.items() for file in files}
_ORDER = list(_GROUPS)


class _Schedule(LoadFileScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        """What stays with one worker: a product's files, any other file by itself."""
        file = str(super()._split_scope(nodeid))
        return _GROUPS.get(Path(file).stem, file) if file.startswith("tests/e2e/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """See above."""
    return _Schedule(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files of `e2e` first, in our order. One that no product names ends the run here."""
    whole = [item for item in items if item.path.parent.name == "e2e"]
    whole.sort(key=lambda item: _ORDER.index(item.path.stem))
    items[:] = [*whole, *(item for item in items if item.path.parent.name != "e2e")]


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
