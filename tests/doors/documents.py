"""What there is to be tried: every operation of the services' OpenAPI documents, and of auth's internal API."""

import json
from dataclasses import dataclass
from typing import Any

import httpx
import schemathesis
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from deploy.local.gateway import PREFIXES
from deploy.local.stack import Stack
from services.auth.entrypoints import internal
from shared.access.dependencies import Access
from shared.web.app import new_app

# What ends a thing is tried when all else was tried with it.
_ENDS = ("/void", "/disconnect")
# Nobody asks what only makes a document.
_NOBODY: Any = None
Operation = APIOperation[Any, Any, Any, Any]


@dataclass(frozen=True)
class Door:
    """`name`: the service, or `internal`. `known`: its whole document, whose words errors may quote."""

    name: str
    base_url: str
    operation: Operation
    known: str


async def doors_of(stack: Stack) -> list[Door]:
    """Those that end something come last."""
    found = []
    async with httpx.AsyncClient(trust_env=False) as client:
        for service in PREFIXES:
            url = stack.layout.api_url(service)
            document = (await client.get(f"{url}/api/{service}/v1/openapi.json")).json()
            found += _doors(service, url, document)
    found += _doors("internal", stack.layout.api_url("auth"), internal_document())
    return sorted(found, key=lambda door: door.operation.path.endswith(_ENDS))


def internal_document() -> dict[str, Any]:
    """Of routes that are for our services only: it is published nowhere, and made as the others are."""
    app = new_app("internal", "", access=Access(_NOBODY, _NOBODY, public_url=""))
    app.include_router(internal.router)
    return app.openapi()


def _doors(name: str, base_url: str, document: dict[str, Any]) -> list[Door]:
    schema = schemathesis.openapi.from_dict(document)
    # Who asks is the caller's to say.
    schema.config.generation.update(with_security_parameters=False)
    known = json.dumps(document)
    found = list(schema.get_all_operations())
    assert all(isinstance(each, Ok) for each in found), f"the document of {name} has operations that cannot be read"
    return [Door(name, base_url, each.ok(), known) for each in found if isinstance(each, Ok)]
