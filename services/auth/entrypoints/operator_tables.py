"""How an operator's command shows what it found: ids and codes, a terminal is no place for what people wrote."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

Facts = Mapping[str, str | int | bool | None]


def print_facts(columns: Sequence[str], found: Sequence[Facts], *, as_json: bool) -> None:
    """A table of these columns; as JSON all there is."""
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    table = Table(*columns, box=None, pad_edge=False)
    for facts in found:
        table.add_row(*(str(facts[name] if facts[name] is not None else "-") for name in columns))
    # As wide as it needs to be: a line that is cut or wrapped cannot be searched.
    Console(file=sys.stdout, width=400).print(table)


def time_of(value: datetime | None) -> str | None:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if value else None
