"""A request as it was sent, beside what a case names: lists joined by commas, times as moments, bodies as JSON."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx

from tests.conformance.cases import Case


def time_of(value: Any) -> datetime | None:
    """The moment a text tells (ISO 8601); None: it tells none."""
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def address_difference(case: Case, request: httpx.Request) -> str | None:
    """What is asked where the case names another operation."""
    if request.method == case.method and _segments(case, request) is not None:
        return None
    return f"asks {request.method} {request.url.path} where the case names {case.method} {case.path}"


def said(case: Case, request: httpx.Request) -> dict[str, Any]:
    """What a request says, by the names the case's path and the model give; `body` as JSON."""
    found: dict[str, Any] = dict(_segments(case, request) or {})
    found |= dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
    return found | ({"body": json.loads(request.content)} if request.content else {})


def same(named: Any, told: Any) -> bool:
    """Whether a parameter in a path or query tells what the case names."""
    if isinstance(named, list):
        return bool(told == ",".join(map(_word, named)))
    moment = time_of(named)
    return bool(told == _word(named) or (moment is not None and moment == time_of(told)))


def differences(named: Any, told: Any, where: str = "") -> Iterator[tuple[str, bool]]:
    """Paths in a body whose value differs from the named one, and whether anything is told there."""
    if isinstance(named, dict) and isinstance(told, dict):
        for name, value in named.items():
            path = f"{where}.{name}".lstrip(".")
            if name not in told:
                yield path, False
            else:
                yield from differences(value, told[name], path)
    elif isinstance(named, list) and isinstance(told, list) and len(named) == len(told):
        for number, (one, other) in enumerate(zip(named, told, strict=True)):
            yield from differences(one, other, f"{where}[{number}]")
    elif type(named) is not type(told) or not _same_value(named, told):
        yield where, True


def _same_value(named: Any, told: Any) -> bool:
    moment = time_of(named)
    return bool(named == told or (moment is not None and moment == time_of(told)))


def _segments(case: Case, request: httpx.Request) -> dict[str, str] | None:
    """By name; None: the path is another one. What lies before the model's path belongs to the base URL."""
    patterns = case.path.strip("/").split("/")
    segments = request.url.raw_path.decode("latin-1").partition("?")[0].strip("/").split("/")[-len(patterns) :]
    if len(segments) != len(patterns):
        return None
    pairs = list(zip(patterns, segments, strict=True))
    if any(pattern != segment for pattern, segment in pairs if not pattern.startswith("{")):
        return None
    return {pattern[1:-1]: unquote(segment) for pattern, segment in pairs if pattern.startswith("{")}


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
