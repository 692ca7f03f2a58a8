"""
Amazon's static sandbox: no orders and no listings, but a file of cases, and the answer of the one a request fits.

Source: the page Selling Partner API Sandbox and the sandbox sections of the models. A case fits when the request says
all it names (a list in a query is joined by commas), and has what the operation requires; of several, the one that
names most. Whether Amazon compares times as texts is not known: here the same moment fits.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse, Response

from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.datasets import csv
from tests.sandbox.amazon.errors import NOT_IN_REGION, denied, invalid
from tests.sandbox.amazon.operations import OPERATIONS, Handler, Operation
from tests.sandbox.amazon.stores import STORES

_RATE, _BURST = 5, 15
_Key = tuple[str, str, str]
# Where a store of another region is refused: other operations let it through.
_KNOWS_REGIONS = ("/orders/2026-01-01/", "/listings/")


@dataclass(frozen=True)
class StaticCase:
    """`named` is what a request must say, by the model's names."""

    named: Mapping[str, Any]
    status: int
    answer: Any

    def fits(self, said: Mapping[str, Any]) -> bool:
        return all(name in said and _fits(value, said[name]) for name, value in self.named.items())


class StaticCases:
    """The operations of a file and those we play otherwise, each with its cases."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        cases: dict[_Key, list[StaticCase]] = {(one.name, one.method, one.path): [] for one in OPERATIONS}
        for row in rows:
            key = (row["operationId"], row["method"], row["path"])
            cases.setdefault(key, []).append(StaticCase(_named(row), int(row["status"]), row["response"]))
        self._operations = [_operation(*key, found) for key, found in cases.items()]

    @classmethod
    def load(cls, file: Path) -> "StaticCases":
        return cls([json.loads(line) for line in file.read_text().splitlines() if line.strip()])

    def find(self, method: str, raw_path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation at a raw path with what its segments name, or None."""
        for operation in self._operations:
            found = operation.match(method, raw_path)
            if found is not None:
                return operation, found
        return None


def _named(row: dict[str, Any]) -> dict[str, Any]:
    parameters = (row.get("request") or {}).get("parameters") or {}
    return {name: one["value"] for name, one in parameters.items() if isinstance(one, dict) and "value" in one}


def _operation(name: str, method: str, path: str, cases: list[StaticCase]) -> Operation:
    """As we play it otherwise, where we do; of another one only what its cases name is known, and any role may."""
    played = next((one for one in OPERATIONS if (one.method, one.path) == (method, path)), None)
    if played is not None:
        return replace(played, rate=_RATE, burst=_BURST, handler=_answer(cases, path, played.required))
    named = frozenset(name for case in cases for name in case.named)
    handler = _answer(cases, path, frozenset())
    return Operation(name, method, path, _RATE, _BURST, role="", handler=handler, parameters=named)


def _answer(cases: list[StaticCase], path: str, required: frozenset[str]) -> Handler:
    ranked = sorted(cases, key=lambda case: -len(case.named))

    def answer(ctx: Context) -> Response:
        if path.startswith(_KNOWS_REGIONS) and not _in_region(ctx):
            raise denied(NOT_IN_REGION)
        said = {**ctx.query, **ctx.path, **_body(ctx)}
        case = next((case for case in ranked if case.fits(said)), None) if required <= said.keys() else None
        if case is None:
            raise invalid("Could not match input arguments")
        return Response(status_code=204) if case.status == 204 else JSONResponse(case.answer, case.status)

    return answer


def _in_region(ctx: Context) -> bool:
    stores = (STORES.get(store) for store in csv(ctx, "marketplaceIds"))
    return all(store is not None and store.region == ctx.seller.region for store in stores)


def _body(ctx: Context) -> dict[str, Any]:
    """Nothing where there is none that is JSON."""
    try:
        return {"body": json.loads(ctx.body)}
    except ValueError:
        return {}


def _fits(named: Any, said: Any) -> bool:
    """What a case names beside a body's value, or a text of the query or path. An object may say more than named."""
    if isinstance(named, dict):
        return isinstance(said, dict) and all(
            name in said and _fits(value, said[name]) for name, value in named.items()
        )
    if isinstance(named, list) and isinstance(said, list):
        return len(named) == len(said) and all(map(_fits, named, said))
    if isinstance(named, list):
        return bool(said == ",".join(map(_text, named)))
    if isinstance(said, str):
        return said == _text(named) or _same_moment(named, said)
    return bool(type(named) is type(said) and named == said)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _same_moment(named: Any, said: str) -> bool:
    try:
        return datetime.fromisoformat(named) == datetime.fromisoformat(said)
    except (TypeError, ValueError):
        return False
