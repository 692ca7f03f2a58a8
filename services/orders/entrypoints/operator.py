"""What an operator does by hand: see what is kept and erased, try parked events again, publish events again."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from services.orders import bootstrap
from services.orders.settings import MigrationSettings
from shared.db.errors import Conflict, DatabaseUnavailable
from shared.kernel.clock import SystemClock
from shared.messaging.parked import run_parked, run_republish


async def run(arguments: argparse.Namespace, settings: MigrationSettings) -> int:
    """The exit status of `erasures`, `parked …` or `republish …`."""
    engine = bootstrap.engine_of(settings, "operator")
    try:
        if arguments.command == "erasures":
            _print(await bootstrap.erasures_on(engine), as_json=arguments.json)
            return 0
        if arguments.command == "parked":
            return await run_parked(arguments, bootstrap.applier_on(engine, SystemClock()))
        return await run_republish(arguments, engine)
    except (DatabaseUnavailable, Conflict) as error:
        sys.stderr.write(f"not done: {type(error).__name__}: {error}\n")
        return 1
    finally:
        await engine.dispose()


def _print(found: Sequence[Mapping[str, str | int]], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    if not found:
        sys.stdout.write("no order is kept\n")
        return
    table = Table(*found[0], box=None, pad_edge=False)
    for facts in found:
        table.add_row(*(str(fact) for fact in facts.values()))
    Console(file=sys.stdout, width=400).print(table)
