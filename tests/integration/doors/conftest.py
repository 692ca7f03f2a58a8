"""The four applications over real databases, each with auth's own sessions and tokens."""

import base64
import html
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.auth.entrypoints.api import make_app as make_auth
from services.inventory import bootstrap as inventory
from services.inventory.entrypoints.api import make_app as make_inventory
from services.labels import bootstrap as labels
from services.labels.entrypoints.api import make_app as make_labels
from services.labels.settings import Settings as LabelsSettings
from services.orders import bootstrap as orders
from services.orders.entrypoints.api import make_app as make_orders
from shared.access.access import Access
from shared.access.principal import Principal, session_cookie_name
from shared.access.scopes import SELLER_SCOPES
from shared.crypto.keyring import KeyRing
from shared.db.engine import make_engine
from shared.db.unit_of_work import transaction
from tests.infrastructure import MakeDatabase
from tests.integration.auth.conftest import PASSWORD, Running, Visitor, run_auth, settings_for
from tests.routes import Route, routes_of
from tests.sandbox_client import Sandbox

PUBLIC_URL = "https://passerelle.example"
SERVICES = ("auth", "orders", "inventory", "labels")
_COOKIE = session_cookie_name(PUBLIC_URL)
_NOWHERE = "http://127.0.0.1:1"
_KEYS = "test:" + base64.b64encode(bytes(range(32))).decode()
_TABLES = "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"


@dataclass
class Service:
    """One of the four. `auth` makes visitors and tokens for all."""

    name: str
    app: FastAPI
    engine: AsyncEngine
    auth: Running

    @property
    def routes(self) -> list[Route]:
        return routes_of(self.app)

    async def signed_up(self) -> Visitor:
        """The browser of a new organisation, at this service."""
        visitor = await Visitor(self.client(self.auth.app), self.auth.sandbox).sign_up()
        cookies = dict(visitor.client.cookies)
        return replace(visitor, client=self.client(cookies=cookies))

    async def program_of(self, visitor: Visitor) -> str:
        """A token of the organisation's own program, for all that one may do."""
        browser = self.client(self.auth.app, cookies=dict(visitor.client.cookies))
        form = {"csrf_token": await self.token_of(visitor), "name": "ERP", "scopes": sorted(SELLER_SCOPES)}
        form |= {"password": PASSWORD, "once": uuid4().hex}
        page = (await browser.post("/settings/api-clients", data=form)).text
        found = dict(re.findall(r'id="client-(id|secret)">([^<]+)<', page))
        return await self.access_token(found["id"], html.unescape(found["secret"]), *SELLER_SCOPES)

    async def access_token(self, client_id: str, secret: str, *scopes: str) -> str:
        """What the token endpoint gives this client."""
        form = {"grant_type": "client_credentials", "scope": " ".join(scopes)}
        given = await self.client(self.auth.app).post("/oauth/token", data=form, auth=(client_id, secret))
        return str(given.raise_for_status().json()["access_token"])

    def client(self, app: FastAPI | None = None, **told: Any) -> httpx.AsyncClient:
        """Whoever asks here, or at this application."""
        made = httpx.AsyncClient(transport=httpx.ASGITransport(app or self.app), base_url=PUBLIC_URL, **told)
        self.auth.visitors.append(made)
        return made

    async def principal_of(self, visitor: Visitor) -> Principal:
        """Whose session this browser has."""
        found = await self.auth.app.state.access.sessions.resolve(visitor.client.cookies[_COOKIE])
        assert isinstance(found, Principal)
        return found

    async def token_of(self, visitor: Visitor) -> str:
        """What this browser's forms carry."""
        return str((await self.principal_of(visitor)).csrf_token)

    async def kept(self) -> dict[str, list[str]]:
        """Every row of every table."""
        async with transaction(self.engine) as connection:
            names = [row.table_name for row in await connection.execute(text(_TABLES))]
            return {
                name: sorted(str(row) for row in await connection.execute(text(f'select * from "{name}"')))  # noqa: S608
                for name in names
            }


@pytest.fixture(autouse=True)
def no_lines() -> Iterator[None]:
    """Thousands of requests, each with a line, some with a trace: writing them takes longer than all the rest."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture(params=SERVICES)
async def service(request: pytest.FixtureRequest, migrated_database: MakeDatabase) -> AsyncIterator[Service]:
    """Each of the four."""
    settings = settings_for(migrated_database("auth"), _NOWHERE, public_url=PUBLIC_URL)
    async with Sandbox(_NOWHERE) as sandbox:
        auth = run_auth(settings, sandbox)
        name: str = request.param
        engine = auth.engine if name == "auth" else make_engine(migrated_database(name), "tests")
        yield Service(name, _app(name, engine, auth), engine, auth)
        await engine.dispose()
        await auth.close()


def _app(name: str, engine: AsyncEngine, auth: Running) -> FastAPI:
    access: Access = auth.app.state.access
    match name:
        case "auth":
            return make_auth(auth.held, access, form_targets=())
        case "orders":
            return make_orders(orders.orders_on(engine, KeyRing.parse(_KEYS), auth.clock), access)
        case "inventory":
            return make_inventory(inventory.inventory_on(engine, auth.clock), access)
        case _:
            return make_labels(labels.labels_on(engine, _labels_settings(), auth.outward, auth.clock), access)


def _labels_settings() -> LabelsSettings:
    told = dict.fromkeys(("kafka_bootstrap_servers", "client_id", "client_secret"), "none")
    urls = {"database_url": "postgresql+asyncpg://none", "orders_url": _NOWHERE, "auth_url": _NOWHERE}
    return LabelsSettings.model_validate(told | urls | {"public_url": PUBLIC_URL, "http_port": 1, "metrics_port": 1})
