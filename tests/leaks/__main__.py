"""
`python -m tests.leaks`: all fault proofs with planted buyers, then a search for them and for our secrets; the last line
is the verdict, and a place without its control value is a finding too.

`--only PART`: the courses that have a proof with this in its name.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import structlog

from deploy.local import postgres
from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres
from deploy.local.sandbox_apps import OCTOPIA
from deploy.local.stack import Stack
from tests.e2e.courses import Proofs
from tests.e2e.databases import open_databases
from tests.e2e.searched import BUYERS, proof_refused
from tests.e2e.test_far_side_faults import COURSES
from tests.infrastructure import DatabaseServer, Running
from tests.leaks import provoked
from tests.leaks.between import Between
from tests.leaks.collector import Collector
from tests.leaks.given import given_to_people
from tests.leaks.heard import Heard
from tests.leaks.places import Place, all_places
from tests.leaks.search import Canary, Needles
from tests.leaks.secrets import buyers, secrets
from tests.ports import free_ports
from tests.shop import stack_for_tests

_PASSWORD = f"Database-password-{uuid4().hex}"
# A batch of spans leaves after five seconds.
_TRACES_LEAVE_SECONDS = 8


async def main(only: str) -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    heard, collector, between = Heard(), Collector(), Between()
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.endpoint
    folders = tempfile.TemporaryDirectory(prefix="passerelle-leaks-")
    with folders as folder, servers(Path(folder)) as settings, between.running():
        async with collector.running(), product(Path(folder), settings, between) as stack:
            failed = await prove(stack, heard, names_of(only))
            client, connection_id = await get_wrong(stack, heard)
            await provoked.between_services(stack, between)
            parked = await provoked.parked_event(stack)
            await asyncio.sleep(_TRACES_LEAVE_SECONDS)
            logs = {path.stem: path.read_bytes() for path in Path(folder).glob("*.serverlog")}
            places = await all_places(stack, heard, collector, between, logs, parked, connection_id)
            canaries = [*buyers(), *secrets(stack, heard, _PASSWORD), *client]
            return verdict(canaries, places, [*failed, *not_planted(heard)])


def names_of(only: str) -> list[str]:
    """The proofs of each course that has such a one: what comes first in a course prepares the next."""
    chosen = [course for course in COURSES if any(only in case.name for case in course.cases)]
    return [case.name for course in chosen for case in course.cases]


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, str]]:
    """PostgreSQL and Kafka whose logs can be read; the product's settings for them. The database has a password."""
    port, *ports = free_ports(3)
    database = Postgres(folder / "postgres", port, settings=tuple(postgres.NOT_DURABLE.items()))
    kafka = Kafka(folder / "kafka", *ports)
    running = {
        signal.SIGQUIT: Running(database, folder / "postgres.serverlog"),
        signal.SIGKILL: Running(kafka, folder / "kafka.serverlog"),
    }
    try:
        for server in running.values():
            server.start()
        url = database.url("postgres")
        with DatabaseServer(url) as made:
            made.execute(f"create role product superuser login password '{_PASSWORD}'")
        parts = urlsplit(url)
        own = urlunsplit(parts._replace(netloc=f"product:{_PASSWORD}@{parts.hostname}:{port}"))
        yield {"DATABASE_SERVER_URL": own, "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers}
    finally:
        for which, server in running.items():
            server.end(which)


@asynccontextmanager
async def product(folder: Path, settings: dict[str, str], between: Between) -> AsyncIterator[Stack]:
    """The whole product, at debug level, its services talking through `between`; its logs are kept whole."""
    told = settings | between.settings
    async with stack_for_tests(folder / "run", told, before=between.stand_before) as stack:
        stack.supervisor._cutting.cancel()
        yield stack


async def prove(stack: Stack, heard: Heard, names: list[str]) -> list[str]:
    """Runs these proofs side by side; what failed, a line each."""
    failed = []
    async with open_databases(stack) as databases:
        proofs = Proofs(stack, databases, COURSES, set(names), open_shop=heard.open_shop)
        for done, name in enumerate(names, 1):
            try:
                await proofs.of(name)
            except Exception as error:  # noqa: BLE001 - told in the end
                failed.append(f"proof {name}: {type(error).__name__}: {error}")
            if done % 20 == 0:
                print(f"proved {done} of {len(names)}", flush=True)
        await proofs.all_done()
        await proofs.close()
    return failed


async def get_wrong(stack: Stack, heard: Heard) -> tuple[list[Canary], str]:
    """A shop that does everything wrong once; the secrets it was given, and the id of its connection."""
    async with (
        heard.open_shop(stack, levels={"SKU-001": 9}, skus=["SKU-001"]) as shop,
        heard.open_shop(stack, connected=False, marketplace=OCTOPIA) as claimant,
    ):
        await shop.confirmed(await shop.plant(1, lines=[{"sku": "SKU-001", "quantity": 1}]))
        given = await provoked.api_client(shop, stack.origin)
        given += await given_to_people(shop, stack)
        await provoked.refusals(shop, stack.origin)
        await proof_refused(claimant)
        await provoked.closed(claimant)
        await provoked.no_http(stack.options.port)
        return given, str((await shop.connection())["id"])


def not_planted(heard: Heard) -> list[str]:
    """Cities that no seller read: then nothing was proved."""
    cities = [buyer["city"] for buyer in BUYERS.values()]
    return [f"{city} did not come through" for city in cities if city not in heard.came_through]


def verdict(canaries: list[Canary], places: list[Place], failed: list[str]) -> int:
    """Prints what was found, what was not searched, and the last line."""
    needles = Needles(canaries)
    findings = [
        f"{canary.what} in {place}: {around!r}"
        for place in places
        for canary, around in needles.found(place.content).items()
        if place.kind not in canary.may_be
    ]
    empty = [
        f"{place}: nothing that must be there ({len(place.content)} bytes)" for place in places if not place.is_searched
    ]
    for line in (*failed, *empty, *findings):
        print(line)
    size = sum(len(place.content) for place in places)
    print(f"{len(canaries)} canaries in {len(places)} places, {size} bytes searched, {len(findings)} found")
    return 1 if failed or empty or findings else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", metavar="PART")
    sys.exit(asyncio.run(main(parser.parse_args().only)))
