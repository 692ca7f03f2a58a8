"""python -m services.labels api|worker|migrate|parked|republish"""

import argparse
import sys
from pathlib import Path

import uvloop

from shared.runtime.loading import loading


def main() -> int:
    """Each command imports only what it needs: `migrate` runs at every deployment and must start fast."""
    arguments = _parser().parse_args()
    match arguments.command:
        case "api":
            with loading():
                from services.labels.entrypoints import api
                from services.labels.settings import load

            return uvloop.run(api.run(load()))
        case "worker":
            with loading():
                from services.labels.entrypoints import worker
                from services.labels.settings import load

            return uvloop.run(worker.run(load()))
        case "migrate":
            return uvloop.run(_migrate())
        case _:
            with loading():
                from services.labels.entrypoints import operator
                from services.labels.settings import load_for_migration

            return uvloop.run(operator.run(arguments, load_for_migration()))


def _parser() -> argparse.ArgumentParser:
    from shared.messaging.parked import add_parked_commands, add_republish_command

    parser = argparse.ArgumentParser(prog="python -m services.labels", description="Shipments, labels, write-backs.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("api", help="pages and API")
    commands.add_parser("worker", help="publishes and applies events, makes labels, tells the marketplaces")
    commands.add_parser("migrate", help="brings the database to its newest revision, makes our topics")
    add_parked_commands(commands)
    add_republish_command(commands)
    return parser


async def _migrate() -> int:
    with loading():
        from services.labels.settings import load_for_migration
        from shared.messaging.migrations import migrate_service

    return await migrate_service("labels", load_for_migration(), Path(__file__).parent / "migrations")


if __name__ == "__main__":
    sys.exit(main())
