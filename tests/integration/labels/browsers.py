"""Browsers and programs of two organisations, over the app as `api` serves it."""

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest

from services.labels.bootstrap import Labels as Held
from services.labels.entrypoints.api import make_app
from shared.access.access import Access
from shared.access.principal import Principal
from shared.access.roles import Role, permissions_of
from shared.access.tokens import TokenVerifier
from shared.kernel.ids import OrganisationId, UserId

BASE = "/api/labels/v1"


class KnownSessions:
    """Three sessions: `ours` and `theirs`, of owners, and `viewer`, of another member of ours."""

    def __init__(self, ours: UUID) -> None:
        self._known = {"ours": OrganisationId(ours), "viewer": OrganisationId(ours), "theirs": OrganisationId(uuid4())}

    async def resolve(self, cookie_value: str) -> Principal | None:
        organisation = self._known.get(cookie_value)
        if organisation is None:
            return None
        may = permissions_of(Role.VIEWER if cookie_value == "viewer" else Role.OWNER)
        return Principal(organisation, UserId(uuid4()), may, csrf_token="genuine", label="anna@example.org")


@pytest.fixture
def app(labels: Any) -> Any:
    held = Held(labels.uow, labels.views, labels.planner, labels.carrier, labels.recipients)
    sessions = KnownSessions(labels.organisation_id)
    return make_app(held, Access(sessions, cast(TokenVerifier, None), "http://127.0.0.1:8080"))


def client(app: Any, session: str | None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1:8080",
        cookies={"passerelle_session": session} if session else None,
        headers={"X-CSRF-Token": "genuine"},
    )


@pytest.fixture
async def ours(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app, "ours") as browser:
        yield browser


@pytest.fixture
async def theirs(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app, "theirs") as browser:
        yield browser


async def listed(browser: httpx.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    answer = await browser.get(f"{BASE}/shipments{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items
