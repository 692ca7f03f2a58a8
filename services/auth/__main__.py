"""python -m services.auth api|worker|migrate|republish"""

import argparse
import asyncio
import sys
from pathlib import Path

from services.auth.settings import load, load_for_migration


def main() -> int:
    """Each command imports only what it needs: `migrate` runs at every deployment and must start fast."""
    arguments = _parser().parse_args()
    match arguments.command:
        case "api":
            from services.auth.entrypoints import api

            return asyncio.run(api.run(load()))
        case "worker":
            from services.auth.entrypoints import worker

            return asyncio.run(worker.run(load()))
        case "migrate":
            return asyncio.run(_migrate())
        case _:
            from services.auth.entrypoints import operator

            return asyncio.run(operator.run(arguments, load_for_migration()))


def _parser() -> argparse.ArgumentParser:
    from shared.messaging.parked import add_republish_command

    parser = argparse.ArgumentParser(prog="python -m services.auth", description="Accounts, consents and tokens.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("api", help="pages, APIs and the token endpoint")
    commands.add_parser("worker", help="publishes events, probes consents, keeps keys young")
    commands.add_parser("migrate", help="brings the database to its newest revision, makes our topics and signing key")
    add_republish_command(commands)
    return parser


async def _migrate() -> int:
    from services.auth.first_key import make_first_key
    from shared.db.errors import DatabaseUnavailable
    from shared.db.migrations import migrate
    from shared.messaging.kafka import KafkaSettings, TopicsNotMade, ensure_topics

    settings = load_for_migration()
    try:
        await migrate(settings.database_url.get_secret_value(), Path(__file__).parent / "migrations")
        await make_first_key(settings)
        if settings.kafka_bootstrap_servers:
            await ensure_topics(KafkaSettings(settings.kafka_bootstrap_servers, settings.topic_prefix), "auth")
    except (DatabaseUnavailable, TopicsNotMade) as error:
        sys.stderr.write(f"not migrated: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
