"""
Refusals as problem documents (`application/problem+json`): title, status, detail, traceId, and `errors` by field.

What exactly went wrong is mostly in `errors`, as public clients report; titles and details are our own words.
"""

from typing import Any

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


class Problem(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, detail: str | None = None, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(detail or _TITLES[status])
        self.status = status
        self.detail = detail
        self.errors = errors

    def body(self, instance: str, trace_id: str) -> dict[str, Any]:
        """The document; `instance` is the path asked for."""
        answer: dict[str, Any] = {"title": _TITLES[self.status], "status": self.status, "instance": instance}
        if self.detail:
            answer["detail"] = self.detail
        if self.errors:
            answer["errors"] = self.errors
        return answer | {"traceId": trace_id}


def invalid(field: str, text: str) -> Problem:
    """400 that names a field."""
    return Problem(400, "One or more validation errors occurred.", {field: [text]})


def cannot_switch(wanted: str, status: str) -> Problem:
    """400 of an order or line that is not where the change starts from."""
    return invalid("status", f"Cannot switch to {wanted} status from {status} status.")


def forbidden() -> Problem:
    """403: this client may not act for this seller; the answer does not say why."""
    return Problem(403, "You do not have permission to access this resource.")
