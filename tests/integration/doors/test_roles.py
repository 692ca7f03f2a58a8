"""
What a member's role does not allow is refused, on every route of the four services.

Seen red with the role not compared, with a form's dependency that compares none, with a route that is in no table, and
with every account taken for support staff.
"""

from sqlalchemy import text

from shared.access.roles import PERMISSIONS, Role
from shared.db.unit_of_work import transaction
from tests.integration.auth.conftest import Visitor
from tests.integration.doors.conftest import Service
from tests.integration.doors.permissions import EVERYBODY, NOBODY, ROUTES
from tests.integration.doors.test_forms import send
from tests.routes import STAFF, Route

_ROLE = text("update account set role = :role where organisation_id = :organisation")


async def test_each_route_is_open_to_the_roles_of_its_permission(service: Service) -> None:
    """
    Every route stands in the table with the permission its code asks for; the least role that it allows is let in,
    and every one below gets 403 with a sentence: from its very next request on. What is for the operator's staff is
    there for no role.
    """
    told = {name: permission for permission, names in ROUTES[service.name].items() for name in names}
    routes = [route for route in service.routes if route.method != "HEAD"]
    asked = {str(route): route.permission for route in routes}
    assert asked == {name: "" if p in {EVERYBODY, NOBODY} else p for name, p in told.items()}
    visitor = await service.signed_up()
    who, wrong = await service.principal_of(visitor), []
    for role in reversed(Role):
        async with transaction(service.auth.engine) as connection:
            await connection.execute(_ROLE, {"role": role.value, "organisation": who.organisation_id})
        for route in routes:
            # Each role may do what those below it may: of the allowed the least is asked.
            if route.permission == STAFF:
                wrong += await _opened(visitor, route, who.csrf_token)
            allowed = PERMISSIONS.get(route.permission, frozenset())
            if not allowed or (role in allowed and role is not max(allowed, key=list(Role).index)):
                continue
            answer = await send(visitor, route, who.csrf_token)
            refused = answer.status_code == 403 and ("role-forbids" in answer.text or "Your role" in answer.text)
            if refused is (role in allowed):
                wrong.append(f"{role} {route}: {answer.status_code}")
    assert wrong == []


async def _opened(visitor: Visitor, route: Route, token: str | None) -> list[str]:
    """The route, if its answer is another than that of an address that is nobody's."""
    answer = await send(visitor, route, token)
    return [] if answer.status_code == 404 else [f"{route}: {answer.status_code}"]
