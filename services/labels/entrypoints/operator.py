"""What an operator does by hand: look at parked events and try them again, publish events again."""

import argparse
import sys

from services.labels import bootstrap
from services.labels.settings import MigrationSettings
from shared.db.errors import Conflict, DatabaseUnavailable
from shared.kernel.clock import SystemClock
from shared.messaging.parked import run_parked, run_republish


async def run(arguments: argparse.Namespace, settings: MigrationSettings) -> int:
    """The exit status of `parked …` or `republish …`."""
    engine = bootstrap.engine_of(settings, "operator")
    try:
        if arguments.command == "parked":
            return await run_parked(arguments, bootstrap.applier_on(engine, SystemClock()))
        return await run_republish(arguments, engine)
    except (DatabaseUnavailable, Conflict) as error:
        sys.stderr.write(f"not done: {type(error).__name__}: {error}\n")
        return 1
    finally:
        await engine.dispose()
