"""What `migrate` does for a service: its tables, then the topics it publishes."""

import sys
from pathlib import Path

from shared.db.errors import DatabaseUnavailable
from shared.db.migrations import migrate
from shared.messaging.kafka import KafkaSettings, TopicsNotMade, ensure_topics


async def migrate_service(
    service: str, database_url: str, script_location: Path, *, bootstrap_servers: str | None, topic_prefix: str
) -> int:
    """The exit status; a sentence on standard error where it is not 0. Without brokers no topic is made."""
    try:
        await migrate(database_url, script_location)
        if bootstrap_servers:
            await ensure_topics(KafkaSettings(bootstrap_servers, topic_prefix), service)
    except (DatabaseUnavailable, TopicsNotMade) as error:
        sys.stderr.write(f"not migrated: {error}\n")
        return 1
    return 0
