"""What an operator does by hand: publish events again."""

import argparse

from services.auth import bootstrap
from services.auth.settings import MigrationSettings
from shared.messaging.parked import run_republish


async def run(arguments: argparse.Namespace, settings: MigrationSettings) -> int:
    """The exit status of `republish …`."""
    engine = bootstrap.engine_of(settings, "operator")
    try:
        return await run_republish(arguments, engine)
    finally:
        await engine.dispose()
