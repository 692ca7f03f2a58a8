"""Forms on pages: the posted fields of a signed-in user, once the form is known to be of that session."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

from shared.access.dependencies import signed_in_page
from shared.access.principal import Principal, check_csrf

FIELD = "csrf_token"
_MOST_FIELDS = 2000


@dataclass(frozen=True)
class PostedForm:
    """`text(name)`: a field's value without spaces around; empty where the form has none."""

    principal: Principal
    fields: FormData

    def text(self, name: str) -> str:
        value = self.fields.get(name)
        return value.strip() if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """All values of a field that occurs several times."""
        return [value.strip() for value in self.fields.getlist(name) if isinstance(value, str)]


async def posted_form(request: Request, who: Annotated[Principal, Depends(signed_in_page)]) -> PostedForm:
    """Dependency of form posts. Raises SignInFirst, FormExpired."""
    return _checked(who, await request.form(max_files=0, max_fields=_MOST_FIELDS))


async def posted_file_form(
    request: Request, who: Annotated[Principal, Depends(signed_in_page)]
) -> AsyncIterator[PostedForm]:
    """The same for a form with one file, as large as a request may be (shared/web/limits.py); closed at the end."""
    async with request.form(max_files=1, max_fields=_MOST_FIELDS) as fields:
        yield _checked(who, fields)


def _checked(who: Principal, fields: FormData) -> PostedForm:
    token = fields.get(FIELD)
    check_csrf(who, token if isinstance(token, str) else None)
    return PostedForm(who, fields)


def local_path(wished: str | None, otherwise: str = "/") -> str:
    """`wished` if it is a path of our own, such as a form's `next`; an address of somebody else is never followed."""
    if not wished or not wished.startswith("/") or wished.startswith(("//", "/\\")):
        return otherwise
    return wished if wished.isprintable() and "\\" not in wished else otherwise
