"""python -m services.orders api|worker|poller|migrate|parked|republish"""

import argparse
import asyncio
import sys
from pathlib import Path

from services.orders.settings import load, load_for_migration


def main() -> int:
    """Each command imports only what it needs: `migrate` runs at every deployment and must start fast."""
    arguments = _parser().parse_args()
    match arguments.command:
        case "api":
            from services.orders.entrypoints import api

            return asyncio.run(api.run(load()))
        case "worker":
            from services.orders.entrypoints import worker

            return asyncio.run(worker.run(load()))
        case "poller":
            from services.orders.entrypoints import poller

            return asyncio.run(poller.run(load()))
        case "migrate":
            return asyncio.run(_migrate())
        case _:
            from services.orders.entrypoints import operator

            return asyncio.run(operator.run(arguments, load_for_migration()))


def _parser() -> argparse.ArgumentParser:
    from shared.messaging.parked import add_parked_commands, add_republish_command

    parser = argparse.ArgumentParser(prog="python -m services.orders", description="What was sold.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("api", help="pages and API")
    commands.add_parser("worker", help="publishes and applies events")
    commands.add_parser("poller", help="reads orders from the marketplaces")
    commands.add_parser("migrate", help="brings the database to its newest revision, makes our topics")
    add_parked_commands(commands)
    add_republish_command(commands)
    return parser


async def _migrate() -> int:
    from shared.db.errors import DatabaseUnavailable
    from shared.db.migrations import migrate
    from shared.messaging.kafka import KafkaSettings, TopicsNotMade, ensure_topics

    settings = load_for_migration()
    try:
        await migrate(settings.database_url.get_secret_value(), Path(__file__).parent / "migrations")
        if settings.kafka_bootstrap_servers:
            await ensure_topics(KafkaSettings(settings.kafka_bootstrap_servers, settings.topic_prefix), "orders")
    except (DatabaseUnavailable, TopicsNotMade) as error:
        sys.stderr.write(f"not migrated: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
