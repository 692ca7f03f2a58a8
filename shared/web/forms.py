"""Forms on pages: the posted fields of a signed-in user, once the form is known to be of that session."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

from shared.access.dependencies import member, signed_in_page
from shared.access.principal import Principal, check_csrf
from shared.web.problems import Problem

FIELD = "csrf_token"
_MOST_FIELDS = 2000
_UTF_8 = frozenset({"utf-8", "utf8"})


@dataclass(frozen=True)
class PostedForm:
    """`text(name)`: a field's value without spaces around; empty where the form has none."""

    principal: Principal
    fields: FormData

    def text(self, name: str) -> str:
        return self.typed(name).strip()

    def typed(self, name: str) -> str:
        """As it was typed: spaces belong to a password."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """All values of a field that occurs several times."""
        return [value.strip() for value in self.fields.getlist(name) if isinstance(value, str)]


async def posted_form(request: Request, who: Annotated[Principal, Depends(signed_in_page)]) -> PostedForm:
    """Dependency of form posts that every role has. Raises SignInFirst, FormExpired."""
    async with sent_fields(request) as fields:
        return _checked(who, fields)


def member_form(permission: str) -> Callable[..., Awaitable[PostedForm]]:
    """Dependency of form posts of members whose role allows this. Raises SignInFirst, RoleForbids, FormExpired."""

    async def dependency(request: Request, who: Annotated[Principal, Depends(member(permission))]) -> PostedForm:
        return await posted_form(request, who)

    return dependency


def member_file_form(permission: str) -> Callable[..., AsyncIterator[PostedForm]]:
    """The same for a form with one file, as large as a request may be (shared/web/limits.py); closed at the end."""

    async def dependency(
        request: Request, who: Annotated[Principal, Depends(member(permission))]
    ) -> AsyncIterator[PostedForm]:
        async with sent_fields(request, most_files=1) as fields:
            yield _checked(who, fields)

    return dependency


@asynccontextmanager
async def sent_fields(
    request: Request, *, most_files: int = 0, most_fields: int = _MOST_FIELDS
) -> AsyncIterator[FormData]:
    """What a form posts, in UTF-8. Other character sets make halves of pairs, which are no text: Problem 415."""
    kind = Message()
    kind["content-type"] = request.headers.get("content-type", "")
    if str(kind.get_param("charset", "utf-8")).lower() not in _UTF_8:
        raise Problem(415, "unsupported-media-type", "A form is sent in UTF-8.")
    async with request.form(max_files=most_files, max_fields=most_fields) as fields:
        yield fields


def _checked(who: Principal, fields: FormData) -> PostedForm:
    token = fields.get(FIELD)
    check_csrf(who, token if isinstance(token, str) else None)
    return PostedForm(who, fields)


def local_path(wished: str | None, otherwise: str = "/") -> str:
    """`wished` if it is a path of our own, such as a form's `next`; an address of somebody else is never followed."""
    if not wished or not wished.startswith("/") or wished.startswith(("//", "/\\")):
        return otherwise
    return wished if wished.isprintable() and "\\" not in wished else otherwise
