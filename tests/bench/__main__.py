"""
`python -m tests.bench [ROW ...] [--long] [--write FILE]`: the figures that have a target, each with its rival in the
same run. One line a row; `--write` puts them with machine and versions into a file (`docs/performance.md`), anew after
each row: what was measured stays when a later row is stopped.

Runs on a PostgreSQL and a Kafka of its own. It prints what was measured, met or missed, and never fails for it.
"""

import argparse
import asyncio
import gc
import logging
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import structlog

from tests.bench import calls, consumer, journey, memory, pages, pollers, relay, stored, tokens
from tests.bench.figures import ROUNDS, Figure, machine
from tests.bench.place import Place
from tests.infrastructure import DatabaseServer, running_kafka, running_postgres

ROWS = {
    "a": relay.measure,
    "b": consumer.measure,
    "c": pages.measure,
    "d": journey.measure,
    "e": tokens.measure,
    "f": pollers.measure,
    "g": memory.measure,
    "h": stored.measure,
    "i": calls.measure,
}
_LIBRARIES = ("aiokafka", "asyncpg", "sqlalchemy", "pydantic")


def main() -> None:
    arguments = _arguments()
    gc.freeze()  # as our processes do once their modules are loaded
    logging.disable(logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    figures: list[Figure] = []
    with running_postgres() as url, DatabaseServer(url) as server, running_kafka() as bootstrap_servers:
        for row in arguments.rows or sorted(ROWS):
            figures += asyncio.run(_measure(row, server, bootstrap_servers, long=arguments.long))
            if arguments.write:
                arguments.write.write_text(_page(figures, long=arguments.long))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("rows", nargs="*", choices=[[], *sorted(ROWS)], help="by default all")
    parser.add_argument("--long", action="store_true", help="more events, for figures to be quoted")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table there")
    return parser.parse_args()


async def _measure(row: str, server: DatabaseServer, bootstrap_servers: str, *, long: bool) -> list[Figure]:
    figures = await ROWS[row](Place(server, bootstrap_servers, long))
    for figure in figures:
        print(figure.line(), flush=True)
    return figures


def _page(figures: list[Figure], *, long: bool) -> str:
    command = "make bench LONG=1" if long else "python -m tests.bench --write docs/performance.md"
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    table = [
        f"| {f.row} | {f.what} | {f.measured} | {f.rival} | {f.target} | {'met' if f.met else 'missed'} |"
        for f in figures
    ]
    return "\n".join(
        [
            "# Performance",
            "",
            f"Written by `{command}` on {datetime.now(UTC):%Y-%m-%d}: {machine()};",
            f"{libraries}; PostgreSQL and Kafka on the same machine.",
            f"Medians of {ROUNDS} rounds, ours and the rival in turns.",
            "",
            "| | figure | measured | rival in the same run | target | |",
            "|---|---|---|---|---|---|",
            *table,
            "",
        ]
    )


if __name__ == "__main__":
    main()
