"""Another organisation's ids do not exist, on any route; without a session nothing is answered."""

import ast
import re
from contextlib import AsyncExitStack
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.gateway import PREFIXES, service_for
from deploy.local.stack import Stack
from tests.doors.callers import organisation_of
from tests.owned import owned
from tests.shop import Shop, open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

SERVICES = Path(__file__).parents[2] / "services"
# Routes that belong to nobody's organisation; a calendar's address is its key.
OPEN = re.compile(
    r"^/(connections/(outcome|calendar/{secret}|{marketplace})|health|oauth|\.well-known|static|signin|signup|signout|language|internal|$)"
)


async def routes(stack: Stack) -> list[tuple[str, str]]:
    """Every (method, path template) of the four services: APIs as their OpenAPI documents say, pages as their code."""
    found = pages()
    async with httpx.AsyncClient(trust_env=False) as client:
        for service in PREFIXES:
            url = f"{stack.layout.api_url(service)}/api/{service}/v1/openapi.json"
            document = (await client.get(url)).json()
            found += [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]
    return found


def pages() -> list[tuple[str, str]]:
    """The routes of routers that are in no OpenAPI document."""
    found = []
    for path in SERVICES.glob("*/entrypoints/*.py"):
        tree = ast.parse(path.read_text())
        routers = [call for call in ast.walk(tree) if isinstance(call, ast.Call) and called(call) == "APIRouter"]
        if not any(keyword.arg == "include_in_schema" for call in routers for keyword in call.keywords):
            continue
        prefixes = [k.value for call in routers for k in call.keywords if k.arg == "prefix"]
        prefix = str(prefixes[0].value) if prefixes and isinstance(prefixes[0], ast.Constant) else ""
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and called(call) in {"get", "post"} and call.args:
                target = call.args[0]
                if isinstance(target, ast.Constant) and str(target.value)[:1] in {"", "/"}:
                    found.append((called(call).upper(), f"{prefix}{target.value!s}"))
    return found


def called(call: ast.Call) -> str:
    """The last part of the name that is called."""
    return getattr(call.func, "attr", "") or getattr(call.func, "id", "")


def filled(path: str, ids: dict[str, str]) -> str | None:
    """The path with this shop's ids; None where it has a parameter we have no id for (none: the test says so)."""
    names = re.findall(r"{(\w+)(?::\w+)?}", path)
    if not set(names) <= ids.keys():
        return None
    return re.sub(r"{(\w+)(?::\w+)?}", lambda match: ids[match[1]], path)


async def test_what_is_anothers_is_nowhere(stack: Stack) -> None:
    """
    Each route with an id in its path, asked by another organisation with the owner's ids: 404, as if never made. Each
    without: none of these ids in what it shows.
    """
    async with AsyncExitStack() as opened:
        shop, known = await owned(opened, stack)
        owner = [{**ids, "organisation_id": await organisation_of(stack, shop)} for ids in known]
        stranger = await opened.enter_async_context(open_shop(stack, connected=False))
        every = [(m, p) for m, p in await routes(stack) if not OPEN.match(p)]
        with_ids = [route for route in every if "{" in route[1] and route not in OWN_CODES]
        assert len(with_ids) > 15
        unknown = [path for _, path in with_ids if filled(path, owner[0]) is None]
        wrong = []
        for (method, path), ids in product(with_ids, owner):
            if (target := filled(path, ids)) and (status := await ask(stranger, method, target)) != 404:
                wrong.append((method, path, status))
        shown = ["/", *(path for method, path in every if method == "GET" and "{" not in path)]
        theirs = {value for ids in owner for name, value in ids.items() if name not in {"sku", "channel_id"}}
        texts = {path: (await stranger.browser.open(path)).text for path in shown}
        found = [path for path, text in texts.items() if any(one in text for one in theirs)]
        assert {"/orders", "/stock", "/shipments", "/connections", "/api/orders/v1/orders"} <= set(shown)
        assert (unknown, wrong, found) == ([], [], [])


async def test_without_a_session_nothing_is_answered(stack: Stack) -> None:
    """Pages lead to the sign-in, APIs answer 401; internal routes are not there from outside."""
    wrong = []
    async with httpx.AsyncClient(base_url=stack.origin, trust_env=False) as nobody:
        for method, path in await routes(stack):
            if OPEN.match(path) or service_for(path) is None:
                continue
            target = re.sub(r"{[^}]+}", "00000000-0000-7000-8000-000000000000", path)
            answer = await nobody.request(method, target)
            away = answer.status_code == 303 and "/signin" in answer.headers["location"]
            if not away and answer.status_code not in {401, 403}:
                wrong.append((method, path, answer.status_code))
        assert wrong == []
        assert (await nobody.post("/internal/v1/sessions/resolve", json={"session": "x"})).status_code == 404


async def ask(shop: Shop, method: str, path: str) -> int:
    """The status of a well-formed request under this shop's session, API or form."""
    client: httpx.AsyncClient = shop.browser._client
    headers = {"x-csrf-token": shop.csrf_token, "origin": stack_origin(shop)}
    sent: dict[str, Any] = {}
    if method == "GET":
        sent = {"params": {"answer": "accept"}} if path.endswith("/acceptance") else {}
    else:
        body: Any = next((body for part, body in BODIES.items() if part in path), {})
        form = {"csrf_token": shop.csrf_token, "name": "x", "weight_grams": "5", "counted": "5"} | FORM
        sent = {"json": body} if path.startswith("/api") else {"data": form}
    answer = await client.request(method, stack_origin(shop) + path, headers=headers, follow_redirects=False, **sent)
    return answer.status_code


BODIES: dict[str, Any] = {
    "/disconnect": {"erase": True},
    "/connections/": {"name": "x"},
    "/channels/": {"mode": "manual"},
    "/acceptance-modes/": {"mode": "automatic"},
    "/acceptance": {"accept": True},
    "/listings/": {"buffer": 1},
}
# What forms with an id in their address need to be well-formed.
FORM = {"answer": "accept", "follow": "1", "buffer": "0", "pick": "SKU-001", "client_id": "a", "client_secret": "b"}
# A SKU is the seller's own word: whoever writes one makes their own.
OWN_CODES = {("PUT", "/api/inventory/v1/skus/{sku}"), ("PUT", "/api/inventory/v1/skus/{sku}/level")}


def stack_origin(shop: Shop) -> str:
    return shop.browser._origin
