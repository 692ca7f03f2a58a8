"""What can be asked of an application: its routes as they are matched, those in no document too."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from inspect import getclosurevars
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant

from services.auth.entrypoints.staff import staff_form, staff_reader
from shared.access import dependencies
from tests.unit.orders.builders import CONNECTION_ID

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# What a route asks that only support staff of the operator has.
STAFF = "support staff"
# For programs with a secret of their own: no cookie opens it.
_NO_COOKIE = ("/oauth/", "/internal/", "/.well-known/")
_VALUES = {
    "connection_id": str(CONNECTION_ID), "marketplace": "amazon", "problem": "used", "sku": "SKU-1",
    "channel_id": "A13V1IB3VIYZZH",
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    """
    `path`: the template. `scope`: what a token of a service of ours needs here; empty where no such token does.
    `permission`: what a member's role must allow, or STAFF; empty where every role may, or nobody is asked for.
    `has_body`: it reads one by its document.
    """

    method: str
    path: str
    scope: str = ""
    has_body: bool = False
    permission: str = ""

    @property
    def changes(self) -> bool:
        """Whether its method says that it may change something."""
        return self.method not in _SAFE

    @property
    def takes_cookies(self) -> bool:
        return not self.path.startswith(_NO_COOKIE)

    @property
    def is_internal(self) -> bool:
        return self.path.startswith("/internal/")

    @property
    def is_api(self) -> bool:
        return self.path.startswith(("/api/", "/internal/"))

    def address(self) -> str:
        """With values of the right form; what they name is there only if a test made it."""
        return re.sub(r"{(\w+)(?::\w+)?}", lambda found: _VALUES.get(found[1], str(uuid4())), self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes_of(app: FastAPI) -> list[Route]:
    """All but mounted files."""
    return list(_routes(app.routes))


def _routes(found: Iterable[Any]) -> Iterator[Route]:
    for route in found:
        if hasattr(route, "effective_candidates"):
            yield from _routes(route.effective_candidates())
            continue
        dependant: Dependant | None = getattr(route, "dependant", None)
        has_body = bool(dependant and dependant.body_params)
        for method in sorted(getattr(route, "methods", None) or ()):
            yield Route(method, route.path, _scope(dependant), has_body, _permission(dependant))


def _scope(dependant: Dependant | None) -> str:
    """What `dependencies.service` was given, if it guards the route."""
    for each in dependant.dependencies if dependant else ():
        call: Any = each.call
        if getattr(call, "__qualname__", "").startswith(f"{dependencies.service.__name__}."):
            return str(getclosurevars(call).nonlocals["scope"])
    return ""


def _permission(dependant: Dependant | None) -> str:
    """What `dependencies.member` or `dependencies.principal` was given, wherever in its dependencies; STAFF by auth."""
    for each in dependant.dependencies if dependant else ():
        call: Any = each.call
        if call in {staff_form, staff_reader}:
            return STAFF
        if getattr(call, "__qualname__", "").split(".")[0] in {"member", "principal"}:
            return str(getclosurevars(call).nonlocals["permission"])
        if found := _permission(each):
            return found
    return ""
