"""What Amazon lets through although its documentation asks for something else: listed with the call, never refused."""

import re

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
