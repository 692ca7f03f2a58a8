"""
What an application's OpenAPI document says of refusals, beyond what FastAPI finds by itself.

Each operation names the statuses it may refuse with, worked out from what it takes: who may ask, an id in its path, a
body. A route adds its own (`responses={409: {"description": …}}`).
"""

from typing import Any

from fastapi import FastAPI

PROBLEM_TYPE = "application/problem+json"
# How routes say `and what every route may answer`; FastAPI then adds no 422 of its own.
COMMON = "default"
_SENTENCES = {
    "400": "The body or a part of it cannot be read.",
    "401": "`not-signed-in`: no session and no valid token.",
    "403": "`forbidden`: the token lacks the scope; `form-expired`: the session's X-CSRF-Token is not with it.",
    "404": "`not-found`: it does not exist, or belongs to another organisation.",
    "413": "`too-large`: the body is larger than 2 MiB.",
    "415": "`unsupported-media-type`: a form is sent in UTF-8.",
    "422": "`invalid`: `errors` names the fields.",
    "503": "Something this needs does not answer just now: again after Retry-After.",
}


def install_document(app: FastAPI) -> None:
    """The application's document, made once."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        known = app.openapi_schema is not None
        document = made()
        if not known:
            for path, operations in document["paths"].items():
                for operation in operations.values():
                    _name_refusals(path, operation)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _name_refusals(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    # Under whatever type the route answers with.
    (common,) = responses.pop(COMMON)["content"].values()
    for status in _refusals(path, operation):
        responses.setdefault(status, {"description": _SENTENCES[status]})
    for status, response in responses.items():
        if status >= "4":
            response.setdefault("content", {PROBLEM_TYPE: common})
    operation["responses"] = dict(sorted(responses.items()))


def _refusals(path: str, operation: dict[str, Any]) -> list[str]:
    found = ["503"]
    if "security" in operation:
        found += ["401", "403"]
    if "{" in path:
        found += ["404"]
    if "requestBody" in operation:
        found += ["400", "413"]
        found += ["415"] if any("form" in kind for kind in operation["requestBody"]["content"]) else []
    if "requestBody" in operation or "parameters" in operation:
        found += ["422"]
    return found
