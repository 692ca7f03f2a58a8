"""
SKUs in addresses: a seller's code may hold slashes, so it is percent-encoded, and read from the path as it was sent.

Servers decode a path before routing; `/skus/a%2Flevel` would read as the level of `a`.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from urllib.parse import quote, unquote

from fastapi import Depends

from services.inventory.domain.sku import problem_with_code
from services.inventory.entrypoints.schemas import CODE_PROBLEMS
from shared.web.problems import Problem, not_found

App = Callable[[Any, Any, Any], Awaitable[None]]
PREFIX = "/api/inventory/v1/skus/"


class RawSkuPaths:
    """ASGI middleware: below PREFIX routes see the path still encoded."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            scope = {**scope, "path": scope["raw_path"].decode("latin-1")}
        await self.app(scope, receive, send)


def sku_code(sku: str) -> str:
    """Dependency: the code in the path, as orders or the seller wrote it. Raises Problem 404 for what can be none."""
    try:
        code = unquote(sku, errors="strict")
    except UnicodeDecodeError:
        raise not_found() from None
    if not code or "\0" in code:
        raise not_found()
    return code


def code_to_set(code: Annotated[str, Depends(sku_code)]) -> str:
    """Dependency: a code a seller may give. Raises Problem 422."""
    if problem := problem_with_code(code):
        raise Problem(422, "invalid", "Something in the request is not valid.", CODE_PROBLEMS[problem], "sku")
    return code


def sku_address(code: str) -> str:
    """Where a SKU's page is."""
    return "/stock/sku/" + quote(code, safe="")
