"""What `migrate` does for a service: its tables, then the topics it publishes."""

import sys
from pathlib import Path

from shared.db.errors import DatabaseUnavailable
from shared.db.migrations import migrate
from shared.messaging.kafka import TopicsNotMade, ensure_topics, kafka_of
from shared.runtime.settings import MigrationSettings


async def migrate_service(service: str, settings: MigrationSettings, script_location: Path) -> int:
    """The exit status; a sentence on standard error where it is not 0. Without brokers no topic is made."""
    try:
        await migrate(settings.database_url.get_secret_value(), script_location)
        if settings.kafka_bootstrap_servers:
            await ensure_topics(kafka_of(settings), service)
    except (DatabaseUnavailable, TopicsNotMade) as error:
        sys.stderr.write(f"not migrated: {error}\n")
        return 1
    return 0
