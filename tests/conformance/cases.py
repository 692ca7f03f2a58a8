"""A file of cases: one JSON object a line, as derived from the sandbox sections of Amazon's models."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Misshapen(Exception):
    """The file is not one of cases."""


@dataclass(frozen=True, slots=True)
class Case:
    """
    `number`: its line in the file. `parameters`: the values it names, by the model's names; what it names without a
    value is free. `answer`: the body, as JSON.
    """

    number: int
    operation: str
    spec: str
    method: str
    path: str
    status: int
    parameters: Mapping[str, Any]
    answer: Any

    @property
    def body(self) -> bytes:
        """The answer as it is sent: a 204 has none."""
        return b"" if self.status == 204 else json.dumps(self.answer).encode()


def load(file: Path) -> list[Case]:
    """Every case of the file. Raises Misshapen with a sentence."""
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Misshapen(f"the file cannot be read ({type(error).__name__})") from error
    return [_case(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _case(number: int, line: str) -> Case:
    try:
        row = json.loads(line)
        return Case(
            number=number,
            operation=str(row["operationId"]),
            spec=str(row.get("spec") or ""),
            method=str(row["method"]).upper(),
            path=str(row["path"]),
            status=int(row["status"]),
            parameters=_named(row.get("request")),
            answer=row.get("response"),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Misshapen(f"line {number} is no case ({type(error).__name__}: {error})") from error


def _named(request: Any) -> dict[str, Any]:
    named = (request or {}).get("parameters") or {}
    return {name: one["value"] for name, one in named.items() if isinstance(one, dict) and "value" in one}
