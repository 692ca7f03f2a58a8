"""
What every answer of every route tells a browser, whoever asks and whatever goes wrong: policies and cookies.

Seen red with no headers installed, with an inline style allowed, with a cookie that scripts can read, with session and
form cookies that are not bound to this host, and with the gateway's own answers as they were, without any.
"""

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from typing import Any

import httpx

from deploy.local.gateway import make_app
from shared.access.access import Access
from shared.kernel.errors import Unavailable
from tests.integration.auth.conftest import PASSWORD
from tests.integration.doors.conftest import PUBLIC_URL, Service
from tests.routes import Route

_ALLOWED = {
    "default-src": {"'none'"}, "script-src": {"'self'"}, "style-src": {"'self'"}, "img-src": {"'self'", "data:"},
    "connect-src": {"'self'"}, "form-action": {"'self'"}, "base-uri": {"'none'"}, "frame-src": {"'none'"},
    "frame-ancestors": {"'none'"},
}  # fmt: skip
_FIXED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
# A label is shown on our page, in a frame.
_FRAMED = {
    "/shipments/{shipment_id}": {"frame-src": {"'self'"}},
    "/shipments/{shipment_id}/label.pdf": {"frame-ancestors": {"'self'"}},
}
_TOLD = ("server", "x-powered-by", "access-control-allow-origin")
# Chooses words and opens nothing.
_FREE_COOKIES = {"passerelle_language"}


class Broken:
    """Nobody can be asked, or everything is a bug."""

    async def resolve(self, _cookie: str) -> Any:
        raise Unavailable("auth is away")

    async def verify(self, _token: str) -> Any:
        raise ZeroDivisionError


async def test_every_answer_is_guarded(service: Service) -> None:
    """As nobody and signed in, right and wrong methods, wrong addresses, with auth away, with nothing working."""
    visitor, statuses, wrong = await service.signed_up(), set[int](), []
    token = await service.token_of(visitor)
    async for answer in answers(service, visitor.client, token):
        statuses.add(answer.status_code)
        asked_for = f"{answer.request.method} {answer.request.url.path} {answer.status_code}"
        wrong += [f"{asked_for}: {each}" for each in unguarded(answer)]
    assert statuses >= {200, 303, 401, 403, 404, 405, 413, 422, 500, 503}
    assert wrong == []


async def answers(service: Service, signed_in: httpx.AsyncClient, token: str) -> AsyncIterator[httpx.Response]:
    """All routes, in every state that the application may be in."""
    nobody, broken, state = service.client(), Access(Broken(), Broken(), PUBLIC_URL), service.app.state
    program = service.client(headers={"authorization": "Bearer x"})
    access, held = state.access, getattr(state, service.name)
    for client, one_access, one_held, one_token in (
        (nobody, access, held, ""),
        (signed_in, access, held, ""),
        (signed_in, access, held, token),
        (signed_in, access, None, token),
        (signed_in, broken, held, token),
        (program, broken, held, token),
    ):
        state.access = one_access
        setattr(state, service.name, one_held)
        # Where nothing works, nobody reads what is asked for.
        queries = ("?language=fr", "?limit=x&cursor=x") if one_access is access and one_held else ("",)
        async for answer in asked(client, service.routes, one_token, queries):
            yield answer


async def asked(
    client: httpx.AsyncClient, routes: list[Route], token: str, queries: tuple[str, ...]
) -> AsyncIterator[httpx.Response]:
    """Each route as a person and as a program, by a method it has not, with too much; and what is no route."""
    for route in routes:
        address, own = route.address(), "" if route.path == "/signout" else token  # the session is needed further on
        sent: dict[str, Any] = {"data": {"csrf_token": own}} if route.changes else {}
        sent = {"content": "{}"} if route.is_api else sent
        for accept in ("text/html", "application/json"):
            headers = {"accept": accept, "x-csrf-token": own}
            for query in queries:
                yield await client.request(route.method, address + query, headers=headers, **sent)
        yield await client.request("PROPFIND", address)
        yield await client.request(route.method, address, headers={"content-length": str(2**30)})
    for nowhere in ("/", "/nix", "/api/nix", "/static/nix", "/internal/v1/nix", "/%00"):
        yield await client.get(nowhere)


async def test_the_gateway_answers_as_guarded() -> None:
    """What is nobody's address, and what nobody serves just now."""
    app = make_app(dict.fromkeys(("auth", "orders", "inventory", "labels"), "http://127.0.0.1:1"), PUBLIC_URL)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) as client,
    ):
        for accept in ("text/html", "application/json"):
            found = [await client.get(path, headers={"accept": accept}) for path in ("/nix", "/orders", "/internal/v1")]
            assert [answer.status_code for answer in found] == [404, 503, 404]
            assert [list(unguarded(answer)) for answer in found] == [[], [], []]


async def test_cookies_are_bound_to_this_host_and_out_of_reach(service: Service) -> None:
    """Signing up, in and out, a form before that, a language: each cookie, where this service sets one."""
    visitor = await service.signed_up()
    made = [await visitor.get("/signup"), await service.client().get("/signin"), await visitor.get("/?language=fr")]
    browser = service.client()
    if service.name == "auth":
        page = await browser.get("/signup")
        form = {"email": "a@shop.example", "password": PASSWORD, "organisation": "A"}
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        made += [page, await browser.post("/signup", data={**form, "csrf_token": token})]
        assert len({name for answer in made for name in answer.cookies}) == 2
    assert [wrong for answer in made for wrong in _of_cookies(answer)] == []


def unguarded(answer: httpx.Response) -> list[str]:
    """What this answer lacks, in a few words each."""
    headers = answer.headers
    route = next((framed for framed in _FRAMED if _fits(answer.request.url.path, framed)), "")
    wrong = [f"{name} is {headers.get(name)!r}" for name, value in _FIXED.items() if headers.get(name) != value]
    wrong += [f"policy: {directive}" for directive in _of_policy(headers.get("content-security-policy", ""), route)]
    wrong += [f"tells {name}" for name in _TOLD if name in headers]
    if headers.get("x-frame-options") not in ({"DENY", "SAMEORIGIN"} if route else {"DENY"}):
        wrong.append("may be framed")
    if "max-age=31536000" not in headers.get("strict-transport-security", ""):
        wrong.append("may be asked without encryption")
    if headers.get("cache-control") != "no-store" and not answer.request.url.path.startswith("/static/"):
        wrong.append("may be kept")
    return wrong + list(_of_cookies(answer))


def _fits(path: str, template: str) -> bool:
    theirs, ours = path.split("/"), template.split("/")
    pairs = zip(theirs, ours, strict=False)
    return len(theirs) == len(ours) and all(one == other or other.startswith("{") for one, other in pairs)


def _of_policy(policy: str, route: str) -> list[str]:
    found = {words[0]: set(words[1:]) for words in (part.split() for part in policy.split(";")) if words}
    usual = found.get("default-src", {"missing"})
    told = {name: found.get(name, usual if name.endswith("-src") else {"missing"}) for name in _ALLOWED}
    wider = _ALLOWED | _FRAMED.get(route, {})
    return [name for name, sources in told.items() if sources - {"'none'"} - wider[name]] + sorted(
        found.keys() - _ALLOWED
    )


def _of_cookies(answer: httpx.Response) -> list[str]:
    """Of each cookie it sets: what is missing."""
    wrong = []
    for header in answer.headers.get_list("set-cookie"):
        for name, made in SimpleCookie(header).items():
            kept = made["secure"] and made["httponly"] and made["samesite"] == "lax" and made["path"] == "/"
            bound = name.startswith("__Host-") and not made["domain"]
            if not kept or not (bound or name in _FREE_COOKIES):
                wrong.append(f"cookie {header.split('=')[0]}: {header.partition(';')[2]}")
    return wrong
