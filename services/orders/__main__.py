"""python -m services.orders api|worker|poller|migrate|keys|erasures|parked|republish"""

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
                from services.orders.entrypoints import api
                from services.orders.settings import load

            return uvloop.run(api.run(load()))
        case "worker":
            with loading():
                from services.orders.entrypoints import worker
                from services.orders.settings import load

            return uvloop.run(worker.run(load()))
        case "poller":
            with loading():
                from services.orders.entrypoints import poller
                from services.orders.settings import load

            return uvloop.run(poller.run(load()))
        case "migrate":
            return uvloop.run(_migrate())
        case "keys":
            with loading():
                import structlog

                from services.orders.entrypoints import keys_operator
                from services.orders.settings import load_for_migration

            # Standard output is for what was asked.
            structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
            return uvloop.run(keys_operator.run(arguments, load_for_migration()))
        case _:
            with loading():
                from services.orders.entrypoints import operator
                from services.orders.settings import load_for_migration

            return uvloop.run(operator.run(arguments, load_for_migration()))


def _parser() -> argparse.ArgumentParser:
    from shared.messaging.parked import add_parked_commands, add_republish_command

    parser = argparse.ArgumentParser(prog="python -m services.orders", description="What was sold.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("api", help="pages and API")
    commands.add_parser("worker", help="publishes and applies events")
    commands.add_parser("poller", help="reads orders from the marketplaces")
    commands.add_parser("migrate", help="brings the database to its newest revision, makes our topics")
    keys = commands.add_parser("keys", help="data keys: under which key-encryption key they are, and rotation")
    actions = keys.add_subparsers(dest="action", required=True)
    for action, help_ in (("status", "how many are under which; 3 while some are left"), ("rotate", "rewraps all now")):
        actions.add_parser(action, help=help_).add_argument("--json", action="store_true", help="for programs")
    erasures = commands.add_parser("erasures", help="how many orders' personal data is kept, due and erased")
    erasures.add_argument("--json", action="store_true", help="for programs")
    add_parked_commands(commands)
    add_republish_command(commands)
    return parser


async def _migrate() -> int:
    with loading():
        from services.orders.settings import load_for_migration
        from shared.messaging.migrations import migrate_service

    return await migrate_service("orders", load_for_migration(), Path(__file__).parent / "migrations")


if __name__ == "__main__":
    sys.exit(main())
