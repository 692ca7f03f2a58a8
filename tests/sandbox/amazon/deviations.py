"""What Amazon lets through although its documentation asks for something else: listed with the call, never refused."""

import re
from collections.abc import Sequence

from starlette.requests import Request

_HOST = re.compile(r"^[A-Za-z0-9.-]+(:\d+)?$")
_AMZ_DATE = re.compile(r"^\d{8}T\d{6}Z$")
_AGENT_MOST = 500


def odd_headers(request: Request) -> list[str]:
    """Deviations in the headers every call should have."""
    found = []
    if not _HOST.match(request.headers.get("host", "")):
        found.append("odd Host header")
    date = request.headers.get("x-amz-date")
    if date is None:
        found.append("x-amz-date missing")
    elif not _AMZ_DATE.match(date):
        found.append("x-amz-date is not ISO 8601 basic")
    agent = request.headers.get("user-agent", "")
    if not agent or len(agent) > _AGENT_MOST:
        found.append("user-agent missing or longer than 500 characters")
    return found


def odd_query(pairs: Sequence[tuple[str, str]], raw: str, known: frozenset[str]) -> list[str]:
    """Deviations in the query: parameters the model does not have, repeated ones, an unescaped `+`."""
    names = [name for name, _ in pairs]
    found = [f"unknown parameter {name}" for name in dict.fromkeys(names) if name not in known]
    found += [f"repeated parameter {name}" for name in dict.fromkeys(names) if names.count(name) > 1]
    if "+" in raw:
        found.append("raw + in the query")
    return found
