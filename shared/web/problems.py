"""
Errors as the caller gets them: problem+json for programs (RFC 9457), a page for people.

`type` is `urn:passerelle:problem:<name>` and stable; `errors` names the fields. Never a stack, never what was sent.
"""

import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from shared.access.errors import Forbidden, FormExpired, NotSignedIn, RoleForbids, SignInFirst
from shared.db.errors import Conflict, DatabaseUnavailable, NotMigrated
from shared.kernel.errors import Retryable
from shared.web.languages import HERE
from shared.web.pages import Pages

_FOR_PROGRAMS = ("/api/", "/internal/", "/oauth/", "/.well-known/")
_SOON_SECONDS = 5.0

log = structlog.get_logger()


class FieldError(BaseModel):
    """`field`: path of the field, such as `lines.0.quantity`. `message` never repeats what was sent."""

    field: str
    message: str
    code: str


class ProblemBody(BaseModel):
    """What a program gets instead of what it asked for, as application/problem+json (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[FieldError] | None = None


class Problem(Exception):
    """
    An answer other than success. `name` ends the type's URN, such as `consent-lost`.

    `title` and `detail` are English sentences; on a page they are translated where the catalogue has them. `template`:
    the page, where it has another way on than to the start page.
    """

    def __init__(
        self,
        status: int,
        name: str,
        title: str,
        detail: str | None = None,
        field: str | None = None,
        retry_after: float | None = None,
        *,
        errors: Sequence[FieldError] = (),
        template: str = "error.html",
    ) -> None:
        super().__init__(f"{status} {name}")
        self.status = status
        self.name = name
        self.title = title
        self.detail = detail
        self.errors = [*errors, *([FieldError(field=field, message=detail or title, code=name)] if field else [])]
        self.retry_after = retry_after
        self.template = template

    def body(self) -> dict[str, Any]:
        """The members of ProblemBody that say something."""
        kind = f"urn:passerelle:problem:{self.name}"
        body = ProblemBody(
            type=kind, title=self.title, status=self.status, detail=self.detail, errors=self.errors or None
        )
        return body.model_dump(exclude_none=True)

    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"retry-after": str(max(1, math.ceil(self.retry_after)))}


def not_found() -> Problem:
    """Also for what belongs to another organisation: that it exists is not told."""
    return Problem(404, "not-found", "There is nothing here.")


def install_problems(app: FastAPI) -> None:
    """Every error becomes a problem or a page. Pages are the service's (`app.state.pages`), else the shared ones."""
    app.state.shared_pages = Pages(templates=HERE / "templates", catalogues=None)
    for kind in _READERS:
        app.add_exception_handler(kind, _answer_error)
    app.add_exception_handler(SignInFirst, _to_sign_in)


def answer_problem(request: Request, problem: Problem) -> Response:
    """problem+json or a page, by who asks."""
    if _for_program(request):
        return JSONResponse(
            problem.body(), problem.status, headers=problem.headers(), media_type="application/problem+json"
        )
    pages: Pages = getattr(request.app.state, "pages", None) or request.app.state.shared_pages
    principal = getattr(request.state, "principal", None)
    page = pages.render(request, problem.template, principal=principal, status=problem.status, problem=problem)
    page.headers.update(problem.headers())
    return page


async def _answer_error(request: Request, error: Exception) -> Response:
    reader = next(_READERS[kind] for kind in type(error).__mro__ if kind in _READERS)
    nowhere = isinstance(error, RequestValidationError) and _is_of_path(error) and not _for_program(request)
    response = answer_problem(request, not_found() if nowhere else reader(error))
    if isinstance(error, HTTPException):
        response.headers.update(error.headers or {})
    return response


async def _to_sign_in(_request: Request, error: Exception) -> Response:
    return RedirectResponse("/signin?" + urlencode({"next": cast(SignInFirst, error).next_path}), 303)


def _for_program(request: Request) -> bool:
    if request.url.path.startswith(_FOR_PROGRAMS):
        return True
    accepted = request.headers.get("accept", "")
    return "json" in accepted and "html" not in accepted


def _is_of_path(error: RequestValidationError) -> bool:
    """The address itself cannot be one of ours: to a person that is a page that does not exist."""
    return any(each["loc"][0] == "path" for each in error.errors())


def _database_away() -> Problem:
    return Problem(503, "database-unavailable", "The database does not answer just now.", retry_after=_SOON_SECONDS)


def _from_not_migrated(error: Exception) -> Problem:
    """Told as what it is before a migration, and to the operator, as it is our bug after one."""
    log.error("http.not_migrated", reason=str(error))
    return _database_away()


def _from_http(error: Exception) -> Problem:
    status = cast(HTTPException, error).status_code
    if status == 404:
        return not_found()
    if status == 413:
        return Problem(413, "too-large", "The request is too large.")
    phrase = HTTPStatus(status).phrase
    return Problem(status, phrase.lower().replace(" ", "-"), phrase + ".")


def _from_validation(error: Exception) -> Problem:
    errors = [_field_error(dict(each)) for each in cast(RequestValidationError, error).errors()]
    return Problem(422, "invalid", "Something in the request is not valid.", errors=errors)


def _field_error(error: dict[str, Any]) -> FieldError:
    """pydantic's own sentence, cut before it quotes (`found `x` at 1`); its input and context are left out."""
    location = [str(part) for part in error["loc"]]
    path = ".".join(location[1:] if location[0] in {"body", "query", "path", "header", "cookie"} else location)
    if error["type"] == "json_invalid":
        return FieldError(field="body", message="This is not JSON.", code="json_invalid")
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"].endswith("_parsing"):
        message = message.split(",")[0].split(":")[0]
    return FieldError(field=path or location[0], message=message, code=str(error["type"]))


def _from_retryable(error: Exception) -> Problem:
    wait = cast(Retryable, error).retry_after_seconds or _SOON_SECONDS
    return Problem(503, "far-side-unavailable", "Something this needs does not answer just now.", retry_after=wait)


_READERS: dict[type[Exception], Any] = {
    Problem: lambda error: error,
    HTTPException: _from_http,
    RequestValidationError: _from_validation,
    NotSignedIn: lambda _: Problem(401, "not-signed-in", "Sign in, or bring a valid token."),
    Forbidden: lambda error: Problem(403, "forbidden", "This is not allowed.", f"It {error}."),
    RoleForbids: lambda _: Problem(
        403, "role-forbids", "Your role does not allow this.", "An owner of your organisation can give you another one."
    ),
    FormExpired: lambda _: Problem(
        403, "form-expired", "This form is no longer valid.", "Open the page again and send it once more."
    ),
    Retryable: _from_retryable,
    DatabaseUnavailable: lambda _: _database_away(),
    NotMigrated: _from_not_migrated,
    Conflict: lambda _: Problem(503, "busy", "Somebody changes the same just now.", retry_after=1),
}
