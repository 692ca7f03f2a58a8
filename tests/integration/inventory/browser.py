"""Two sellers' browsers at inventory's pages and API."""

from typing import Any
from uuid import uuid4

import httpx

from shared.access.principal import Principal
from shared.access.roles import Role, permissions_of
from shared.kernel.ids import OrganisationId, UserId
from tests.unit.inventory.builders import ORGANISATION

OTHERS = OrganisationId(uuid4())
BASE = "/api/inventory/v1"


class KnownSessions:
    """Two sessions: `ours` and `theirs`."""

    async def resolve(self, cookie_value: str) -> Principal | None:
        organisation = {"ours": ORGANISATION, "theirs": OTHERS}.get(cookie_value)
        if organisation is None:
            return None
        return Principal(
            organisation, UserId(uuid4()), permissions_of(Role.OWNER), csrf_token="genuine", label="anna@example.org"
        )


def client(app: Any, session: str | None) -> httpx.AsyncClient:
    cookies = {"passerelle_session": session} if session else None
    headers = {"X-CSRF-Token": "genuine"}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080", cookies=cookies, headers=headers
    )
