"""A small service of a page, a form and an API, on the application every service starts from."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from shared.access.access import Access
from shared.access.dependencies import principal, service, signed_in_page
from shared.access.errors import NotSignedIn
from shared.access.principal import Principal
from shared.access.roles import Role, permissions_of
from shared.access.scopes import AUTH_TOKENS_USE, ORDERS_READ, STOCK_WRITE
from shared.db.errors import Conflict, DatabaseUnavailable, NotMigrated
from shared.kernel.errors import Throttled, Unavailable
from shared.kernel.ids import OrganisationId, UserId
from shared.web.app import mount_static, new_app
from shared.web.forms import PostedForm, posted_form
from shared.web.pages import Pages
from shared.web.problems import Problem, not_found

ORGANISATION = OrganisationId(UUID("01890a5d-ac96-774b-bcce-b302099a8058"))
SELLER = Principal(
    ORGANISATION, UserId(ORGANISATION), permissions_of(Role.OWNER), csrf_token="csrf-1", label="marie@example.com"
)
SERVICE = Principal(None, None, frozenset({AUTH_TOKENS_USE, ORDERS_READ}), label="labels")
CLIENT = Principal(ORGANISATION, None, frozenset({ORDERS_READ}), label="erp")
COOKIE = {"passerelle_session": "marie"}

ERRORS: dict[str, Exception] = {
    "problem": Problem(409, "already-labelled", "The label exists.", "Void it first.", retry_after=2.2),
    "field": Problem(422, "unknown-sku", "The SKU is unknown.", field="lines.0.sku"),
    "missing": not_found(),
    "http": HTTPException(405, headers={"allow": "GET"}),
    "far": Throttled("slow", retry_after_seconds=7.5),
    "auth": Unavailable("auth is away"),
    "database": DatabaseUnavailable("away"),
    "missing-table": NotMigrated('relation "outbox" does not exist'),
    "conflict": Conflict("deadlock"),
    "bug": ValueError("SECRET"),
}


@dataclass
class FakeSessions:
    known: dict[str, Principal] = field(default_factory=lambda: {"marie": SELLER})
    away: bool = False

    async def resolve(self, cookie_value: str) -> Principal | None:
        if self.away:
            raise Unavailable("auth is away")
        return self.known.get(cookie_value)


class FakeTokens:
    """Stands for TokenVerifier."""

    async def verify(self, token: str) -> Principal:
        try:
            return {"service": SERVICE, "client": CLIENT}[token]
        except KeyError:
            raise NotSignedIn("the token is not valid") from None


class Level(BaseModel):
    counted: int = Field(ge=0, le=10)
    when: UUID | None = None


def make_app(sessions: FakeSessions, public_url: str, pages: Pages | None) -> FastAPI:
    access = Access(sessions, FakeTokens(), public_url)
    app = new_app("orders", "Orders.", access=access, pages=pages, form_targets=["https://sellers.example"])
    mount_static(app)

    @app.get("/orders{rest:path}", response_class=HTMLResponse)
    async def page(who: Annotated[Principal, Depends(signed_in_page)]) -> str:
        return who.label

    @app.post("/orders")
    async def post(form: Annotated[PostedForm, Depends(posted_form)]) -> dict[str, list[str]]:
        return {"sku": form.texts("sku"), "one": [form.text("sku")], "none": [form.text("none")]}

    @app.get("/api/orders/v1/orders")
    async def read(who: Annotated[Principal, Depends(principal(ORDERS_READ))]) -> str:
        return str(who.organisation)

    @app.put("/api/orders/v1/level")
    async def write(level: Level, who: Annotated[Principal, Depends(principal(STOCK_WRITE))]) -> int:
        return level.counted

    @app.post("/internal/v1/token")
    async def internal(who: Annotated[Principal, Depends(service(AUTH_TOKENS_USE))]) -> str:
        return who.label

    @app.get("/api/orders/v1/thing/{thing_id}")
    @app.get("/thing/{thing_id}")
    async def thing(thing_id: UUID) -> UUID:
        return thing_id

    @app.api_route("/api/orders/v1/error/{name}", methods=["GET"])
    @app.api_route("/error/{name}", methods=["GET"])
    async def fail(name: str) -> None:
        raise ERRORS[name]

    @app.post("/api/orders/v1/body")
    async def body(request: Request) -> int:
        return len(await request.body())

    return app


@pytest.fixture
def sessions() -> FakeSessions:
    return FakeSessions()


@pytest.fixture
def app(sessions: FakeSessions) -> FastAPI:
    return make_app(sessions, "http://127.0.0.1:8080", None)


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        yield client


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as lines:
        yield lines
