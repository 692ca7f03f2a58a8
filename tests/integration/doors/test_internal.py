"""
Routes for our services only: for whoever else asks they are shut, and from outside they are not there.

Seen red with the scope not compared, with a token of an organisation let in, with a session let in, with a route of
`/internal` that nothing guards, and with a gateway that knows their prefix.
"""

from deploy.local.gateway import service_for
from shared.access.scopes import SELLER_SCOPES, SERVICE_SCOPES
from tests.integration.doors.conftest import Service
from tests.routes import Route

_SOME_ROUTES = {"auth": 3, "orders": 1, "inventory": 0, "labels": 0}


async def test_only_the_service_with_the_scope_comes_in(service: Service) -> None:
    """Nobody, a session and a false token: 401. A program of a seller, a service with all other scopes: 403."""
    internal = [route for route in service.routes if route.is_internal]
    assert len(internal) >= _SOME_ROUTES[service.name]
    assert [str(route) for route in internal if not route.scope] == []
    visitor = await service.signed_up()
    program = await service.program_of(visitor)
    wrong = []
    for route in internal:
        shut = {"nobody": None, "a false token": "x.y.z", "a program": program} | await _services(
            service, route, but=True
        )
        for name, token in shut.items():
            expected = 403 if name not in {"nobody", "a false token"} else 401
            wrong += [
                (name, str(route), status) for status in [await _ask(service, route, token)] if status != expected
            ]
        by_session = await visitor.client.request(route.method, route.address(), json={})
        wrong += [("a session", str(route), by_session.status_code)] if by_session.status_code != 401 else []
        let_in = await _services(service, route, but=False)
        assert let_in, route
        wrong += [
            (name, str(route), 0) for name, token in let_in.items() if await _ask(service, route, token) in {401, 403}
        ]
    assert wrong == []


async def test_no_service_of_ours_does_what_sellers_do(service: Service) -> None:
    """A service's token opens no route that a seller's session or program opens, whatever scope it was given."""
    tokens = {
        name: await service.access_token(name, f"secret-{name}", *SERVICE_SCOPES[name]) for name in SERVICE_SCOPES
    }
    routes = [route for route in service.routes if route.is_api and not route.is_internal]
    routes = [route for route in routes if not route.path.endswith("/openapi.json")]
    assert routes
    wrong = [
        (name, str(route), status)
        for route in routes
        for name, token in tokens.items()
        if (status := await _ask(service, route, token)) != 403
    ]
    assert wrong == []


async def test_from_outside_there_are_none(service: Service) -> None:
    """Nor by a path that is written in another way."""
    for route in service.routes:
        if route.is_internal:
            path = route.address()
            ways = (path, f"/{path}", f"/orders/..{path}", f"/static/../{path}", path.upper(), f"/.{path}")
            assert [way for way in ways if service_for(way)] == []


async def _services(service: Service, route: Route, *, but: bool) -> dict[str, str | None]:
    """By a name: tokens of our services with the route's scope; `but`: with every other that each may ask for."""
    found = {}
    for name, scopes in SERVICE_SCOPES.items():
        asked = [scope for scope in scopes if (scope != route.scope) == but]
        if asked and not set(asked) & (SELLER_SCOPES - {route.scope} if not but else frozenset()):
            found[f"{name} for {' '.join(asked)}"] = await service.access_token(name, f"secret-{name}", *asked)
    return dict(found)


async def _ask(service: Service, route: Route, token: str | None) -> int:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    client = service.client(headers=headers)
    return (await client.request(route.method, route.address(), json={})).status_code
