"""
`python -m tests.fairness [--small N] [--orders N]`: one very large seller beside many small ones, on a PostgreSQL of
its own, in virtual time. The last line says how long the small ones waited at most; a refused call fails it.
"""

import argparse
import logging
import sys

import structlog

from tests.conftest import migrate
from tests.fairness.reading import read
from tests.fairness.sellers import Size, Waits
from tests.fairness.telling import tell
from tests.fairness.virtual_time import prepare, run
from tests.infrastructure import DatabaseServer, running_postgres, unique_name


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fairness")
    parser.add_argument("--small", type=int, default=99, help="small sellers")
    parser.add_argument("--orders", type=int, default=20_000, help="orders that wait at the big one")
    given = parser.parse_args()
    size = Size(given.small, given.orders)
    logging.disable(logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with running_postgres() as server_url, DatabaseServer(server_url) as server:
        scenes = [_played(server, size, "orders"), _played(server, size, "labels")]
    longest = max(max(one.small) for one in scenes)
    refused = sum(one.refused for one in scenes)
    hours = " and ".join(f"{one.big / 3600:.1f} h" for one in scenes)
    print(
        f"{size.small} small sellers waited at most {longest:.1f} s (virtual), the big one {hours}, "
        f"{refused} refusals beyond the burst"
    )
    sys.exit(1 if refused else 0)


def _played(server: DatabaseServer, size: Size, service: str) -> Waits:
    name = unique_name("fairness")
    server.create(name)
    try:
        migrate(service, server.url(name))
        prepare(server, name)
        waits = run(lambda engine: (read if service == "orders" else tell)(engine, size), server.url(name))
    finally:
        server.drop(name)
    print(waits.line("orders read" if service == "orders" else "parcels told"), flush=True)
    return waits


if __name__ == "__main__":
    main()
