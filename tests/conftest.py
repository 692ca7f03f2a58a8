"""
Fixtures that any test may ask for. A server is started when the first test wants it, and once per session; side by side
all workers share a PostgreSQL, its migrated databases, and a Kafka.

Models (`test_*_model.py`) are walked the same few hundred steps in every run, and a failure is shown as it was met.
`MODEL_WALKS=50` walks fifty times as many, others each time, and takes its time to find the shortest failure:
`MODEL_WALKS=50 .venv/bin/pytest -k model --timeout 0`.

Side by side (`-n 4 --no-loadscope-reorder`) a file stays with one worker. The files of `e2e`, which wait more than they
work, go first and to two workers only: each of these runs a whole product.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from xdist.remote import Producer
from xdist.scheduler.loadfile import LoadFileScheduling
from xdist.workermanage import WorkerController

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
        "test_hand_over",
        "test_pause",
        "test_erasure",
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


_SERVICES = ("auth", "orders", "inventory", "labels")
_SHARED = pytest.StashKey[tuple[str, str]]()


def pytest_configure_node(node: WorkerController) -> None:
    """In the process that starts the workers: the servers they share, which go with it."""
    config, run = node.config, node.workerinput["testrunuid"]
    if _SHARED not in config.stash:
        servers = ExitStack()
        config.add_cleanup(servers.close)
        url = servers.enter_context(running_postgres())
        servers.callback(_drop_templates, servers.enter_context(DatabaseServer(url)), run)
        config.stash[_SHARED] = url, servers.enter_context(running_kafka())
    node.workerinput["servers"] = config.stash[_SHARED]


def pytest_collection() -> None:
    """See the next."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the collector of garbage need not look at it again and again."""
    gc.freeze()
    gc.enable()


def _shared(config: pytest.Config) -> tuple[str, str] | None:
    """URL of PostgreSQL and bootstrap servers of Kafka; None: this process is alone."""
    worker: dict[str, Any] = getattr(config, "workerinput", {})
    return worker.get("servers")


@pytest.fixture(scope="session")
def database_server(request: pytest.FixtureRequest) -> Iterator[DatabaseServer]:
    """A real PostgreSQL: makes and drops databases."""
    if shared := _shared(request.config):
        with DatabaseServer(shared[0]) as server:
            yield server
        return
    with running_postgres() as server_url, DatabaseServer(server_url) as server:
        yield server


@pytest.fixture(scope="session")
def kafka_bootstrap_servers(request: pytest.FixtureRequest) -> Iterator[str]:
    """A real Kafka, shared by all tests: keep apart by `topic_prefix` and by consumer group."""
    if shared := _shared(request.config):
        yield shared[1]
        return
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
def migrated_template(
    request: pytest.FixtureRequest, database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeDatabase]:
    """`migrated_template("orders")` gives the name of a database the service has migrated, once for all workers."""
    shared = _shared(request.config) is not None
    run = request.config.workerinput["testrunuid"] if shared else unique_name("run")  # type: ignore[attr-defined]
    notes = tmp_path_factory.getbasetemp().parent if shared else tmp_path_factory.getbasetemp()

    @cache
    def make(service: str) -> str:
        name = _template(service, run)
        with (notes / name).open("a+") as note:
            flock(note, LOCK_EX)
            if note.seek(0, os.SEEK_END) == 0:
                database_server.create(name)
                migrate(service, database_server.url(name))
                note.write("made")
        return name

    yield make
    if not shared:
        _drop_templates(database_server, run)


def _template(service: str, run: str) -> str:
    return f"{service}_template_{run}"


def _drop_templates(server: DatabaseServer, run: str) -> None:
    for service in _SERVICES:
        server.drop(_template(service, run))


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
