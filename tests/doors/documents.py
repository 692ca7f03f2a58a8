"""What there is to be tried: every operation of the services' OpenAPI documents, and of their internal APIs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import httpx
import schemathesis
from fastapi import APIRouter
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from deploy.local.gateway import PREFIXES
from deploy.local.stack import Stack
from shared.access.access import Access
from shared.web.app import new_app
from tests.routes import routes_of

# What ends a thing is tried when all else was tried with it.
_ENDS = ("/void", "/disconnect")
# Nobody asks what only makes a document.
_NOBODY: Any = None
Operation = APIOperation[Any, Any, Any, Any]


@dataclass(frozen=True)
class Door:
    """
    `name`: the service, or `internal`. `known`: its whole document, whose words errors may quote. `scope`: what a
    service of ours needs there.
    """

    name: str
    base_url: str
    operation: Operation
    known: str
    scope: str = ""


async def documents(stack: Stack) -> dict[str, dict[str, Any]]:
    """As each service serves its own."""
    async with httpx.AsyncClient(trust_env=False) as client:
        urls = {service: f"{stack.layout.api_url(service)}/api/{service}/v1/openapi.json" for service in PREFIXES}
        return {service: (await client.get(url)).json() for service, url in urls.items()}


async def doors_of(stack: Stack) -> list[Door]:
    """Those that end something come last."""
    found = []
    for service, document in (await documents(stack)).items():
        found += _doors(service, stack.layout.api_url(service), document)
    for service, router in internal_routers():
        app = new_app(service, "", access=Access(_NOBODY, _NOBODY, public_url=""))
        app.include_router(router)
        scopes = {(route.method, route.path): route.scope for route in routes_of(app)}
        for door in _doors("internal", stack.layout.api_url(service), app.openapi()):
            found.append(replace(door, scope=scopes[door.operation.method.upper(), door.operation.path]))
    return sorted(found, key=lambda door: door.operation.path.endswith(_ENDS))


def internal_routers() -> Iterator[tuple[str, APIRouter]]:
    """By service: routes that are for our services only. They are in no document that is published."""
    for service in PREFIXES:
        package = import_module(f"services.{service}.entrypoints")
        modules = [import_module(f"{package.__name__}.{found.name}") for found in iter_modules(package.__path__)]
        routers = {id(held): held for module in modules for held in vars(module).values()}
        for router in routers.values():
            if isinstance(router, APIRouter) and router.prefix.startswith("/internal/"):
                yield service, router


def _doors(name: str, base_url: str, document: dict[str, Any]) -> list[Door]:
    schema = schemathesis.openapi.from_dict(document)
    # Who asks is the caller's to say.
    schema.config.generation.update(with_security_parameters=False)
    known = json.dumps(document)
    found = list(schema.get_all_operations())
    assert all(isinstance(each, Ok) for each in found), f"the document of {name} has operations that cannot be read"
    return [Door(name, base_url, each.ok(), known) for each in found if isinstance(each, Ok)]
