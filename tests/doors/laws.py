"""
What every answer keeps, whoever asks and whatever they send.

It is documented: its status, its content type, its body. It is no 5xx but a documented one. An error is problem+json,
says which field, and never repeats what was sent.

Seen red with scopes not asked for, of programs and of our services, with the form's token not asked for, with an
organisation left out of a query, with the input in a 422.
"""

from collections.abc import Iterator
from typing import Any

from schemathesis import Case, Response
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.doors.callers import Caller

PROBLEM = "application/problem+json"
_DOCUMENTED = [status_code_conformance, content_type_conformance, response_schema_conformance]
# Of the router and the server, before any operation is found.
_NO_OPERATION = frozenset({405})
# A SKU is the seller's own word: every organisation may have one of the same.
_OWN_WORDS = frozenset({"sku"})
# Shorter words may be in a sentence of ours by chance.
_TELLING_LENGTH = 8


def broken(case: Case[Any], response: Response, caller: Caller, known: str) -> Iterator[str]:
    """What this answer breaks, in a few words each. `known`: the text of the API's document, quoted by errors."""
    status = response.status_code
    if status >= 500 and str(status) not in _responses(case):
        yield f"{status}"
    if status in _NO_OPERATION or not _is_ours(response):
        return
    refused = caller.only and status not in caller.only and _is_guarded(case, caller)
    if refused and not _is_all_unknown(response, caller):
        yield f"{status} instead of {sorted(caller.only)}"
    try:
        case.validate_response(response, checks=_DOCUMENTED)
    except FailureGroup as group:
        yield from (_said(failure) for failure in group.exceptions)
    if status >= 400 and PROBLEM in _content(case, status):
        yield from _not_a_problem(case, response, known)


def _is_all_unknown(response: Response, caller: Caller) -> bool:
    """Where ids are answered one by one: that none of them is known says as little as a 404."""
    if response.status_code != 200 or 404 not in caller.only:
        return False
    body = response.json()
    items = body.get("items") if isinstance(body, dict) else None
    nothing = {"recipient_digest": None, "recipient": None, "state": "unknown"}
    return isinstance(items, list) and bool(items) and all(item == nothing for item in items)


def _is_ours(response: Response) -> bool:
    """A path with `..` in it leads elsewhere, to pages."""
    return str(response.request.path_url).startswith(("/api/", "/internal/", "/oauth/", "/.well-known/"))


def _responses(case: Case[Any]) -> dict[str, Any]:
    return dict(case.operation.definition.raw["responses"])


def _content(case: Case[Any], status: int) -> dict[str, Any]:
    return dict(_responses(case).get(str(status), {}).get("content", {}))


def _is_guarded(case: Case[Any], caller: Caller) -> bool:
    """Another organisation may ask for everything of its own; what has an id in its path is the owner's."""
    raw = case.operation.definition.raw
    if not raw.get("security"):
        return False
    return not caller.ids or any(name in one for one in caller.ids for name in set(case.path_parameters) - _OWN_WORDS)


def _said(failure: Any) -> str:
    text = failure.title if isinstance(failure, Failure) else type(failure).__name__
    return f"{text}: {getattr(failure, 'message', '')}".split("\n\n")[0][:300].replace("\n", " ")


def _not_a_problem(case: Case[Any], response: Response, known: str) -> Iterator[str]:
    try:
        body = response.json()
    except ValueError:
        yield "a refusal that is no JSON"
        return
    if body.get("status") != response.status_code or not str(body.get("type")).startswith("urn:passerelle:problem:"):
        yield "the problem is of another status or type"
    errors = body.get("errors", [])
    if response.status_code == 422 and not all(error["field"] for error in errors or [{"field": ""}]):
        yield "a 422 names no field"
    said = " ".join([body["title"], body.get("detail", ""), *(error["message"] for error in errors)])
    for value in _texts([case.query, case.body, case.path_parameters, dict(case.headers or {})]):
        if len(value) >= _TELLING_LENGTH and value in said and value not in known:
            yield "the error repeats what was sent"


def _texts(value: Any) -> Iterator[str]:
    """All values in it as text."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple | set):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str | int | float):
        yield str(value)
