"""auth over a migrated database and a sandbox, as its API process runs it; visitors with cookies of their own."""

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.auth import bootstrap
from services.auth.adapters.passwords import Argon2Passwords
from services.auth.bootstrap import Auth
from services.auth.settings import Settings
from shared.access.scopes import SERVICE_SCOPES
from shared.db.unit_of_work import transaction
from shared.http.outward import Outward
from shared.marketplaces import registry
from shared.marketplaces.amazon.stores import HOMES
from tests.engines import give_back, lend_engine
from tests.infrastructure import MakeDatabase
from tests.integration.auth.amazons import AMAZONS, REGIONS, amazon_settings
from tests.integration.auth.amazons import APP as APP
from tests.integration.auth.amazons import MCF_APP as MCF_APP
from tests.integration.auth.amazons import VENDOR_APP as VENDOR_APP
from tests.integration.auth.applications import application_over, put_away
from tests.integration.auth.clock import TurnedClock
from tests.integration.auth.delegating import APP as OUR_BAZAAR_APP
from tests.integration.auth.delegating import BAZAAR, PROFILE, REGION, Bazaar
from tests.sandbox_client import Sandbox, start_sandbox

ROOT = Path(__file__).parents[3]
PUBLIC_URL = "http://127.0.0.1:8080"
SENDER = "Passerelle <no-reply@passerelle.example>"
PASSWORD = "Correct horse battery 9"


def settings_for(database_url: str, sandbox_url: str, **changed: Any) -> Settings:
    """As deployed, with far sides of the sandbox and a secret per service client (`secret-<service>`)."""
    clients = [
        {"id": name, "secret_hash": hashlib.sha256(f"secret-{name}".encode()).hexdigest(), "scopes": list(scopes)}
        for name, scopes in SERVICE_SCOPES.items()
    ]
    return Settings.model_validate(
        {
            "database_url": database_url,
            "kafka_bootstrap_servers": "127.0.0.1:1",
            "http_port": 1,
            "metrics_port": 1,
            "public_url": PUBLIC_URL,
            "key_encryption_keys": SecretStr("k1:" + base64.b64encode(secrets.token_bytes(32)).decode()),
            "service_clients": clients,
        }
        | amazon_settings(sandbox_url)
        | changed
    )


async def _unasked(email: str) -> None:
    """Where no mail is sent, no address is to be confirmed."""


@dataclass
class Visitor:
    """
    A browser: keeps cookies, follows nothing by itself, so that every answer can be looked at. `confirm_email` opens
    the link of the mail that the address gets.
    """

    client: httpx.AsyncClient
    sandbox: Sandbox
    confirm_email: Callable[[str], Awaitable[None]] = _unasked
    organisation: str = ""
    email: str = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={"accept": "text/html"} | headers)

    async def post(self, path: str, **fields: str) -> httpx.Response:
        return await self.client.post(path, data=fields, headers={"accept": "text/html"})

    async def csrf(self, path: str = "/connections") -> str:
        """The form token of a page."""
        page = (await self.get(path)).text
        return page.split('name="csrf_token" value="')[1].split('"')[0]

    async def submit(self, path: str, *, page: str = "/connections", **fields: str) -> httpx.Response:
        return await self.post(path, csrf_token=await self.csrf(page), **fields)

    async def sign_up(self) -> "Visitor":
        self.organisation, self.email = f"Org {secrets.token_hex(4)}", f"{secrets.token_hex(6)}@shop.example"
        fields = {"email": self.email, "password": PASSWORD, "organisation": self.organisation}
        answer = await self.submit("/signup", page="/signup", **fields)
        assert answer.status_code == 303, answer.text
        await self.confirm_email(self.email)
        return self

    async def begin(self, region: str = "eu", **fields: str) -> str:
        """Clicks *Connect*: the address of the consent page."""
        answer = await self.submit("/connections", **({"country": HOMES[region], "marketplace": "amazon"} | fields))
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def confirm(self, consent_address: str, seller_id: str) -> str:
        """Confirms on the far side's page: path and query it sends back to."""
        form = dict(parse_qsl(urlsplit(consent_address).query)) | {
            "selling_partner_id": seller_id,
            "decision": "confirm",
        }
        async with httpx.AsyncClient(trust_env=False, verify=False) as far:  # noqa: S501 - plain HTTP
            answer = await far.post(consent_address, data=form)
        assert answer.status_code == 302, answer.text
        location: str = answer.headers["location"]
        assert location.startswith(PUBLIC_URL)
        return location.removeprefix(PUBLIC_URL)

    async def connect(self, seller_id: str, region: str = "eu", **fields: str) -> httpx.Response:
        """The whole way; the answer of the redirect's target."""
        return await self.get(await self.confirm(await self.begin(region, **fields), seller_id))

    async def connections(self) -> list[dict[str, Any]]:
        answer = await self.client.get("/api/auth/v1/connections")
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@dataclass
class Running:
    """One API process's parts, in this process."""

    settings: Settings
    engine: AsyncEngine
    outward: Outward
    held: Auth
    app: FastAPI
    sandbox: Sandbox
    clock: TurnedClock
    visitors: list[httpx.AsyncClient] = field(default_factory=list)

    def client(self) -> httpx.AsyncClient:
        made = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=PUBLIC_URL)
        self.visitors.append(made)
        return made

    def visitor(self) -> Visitor:
        """Whose address counts as confirmed as soon as they have signed up."""
        return Visitor(self.client(), self.sandbox, self._confirm)

    async def _confirm(self, email: str) -> None:
        await self.rows("update account set email_confirmed_at = now() where email = :email", email=email)
        await self.rows("delete from mail where kind = 'confirm'")

    async def service(self, name: str = "orders", scope: str = "auth.tokens:use") -> httpx.AsyncClient:
        """One of our services, with a token of the scope."""
        client = self.client()
        given = await client.post(
            "/oauth/token",
            data={"grant_type": "client_credentials", "scope": scope},
            auth=(name, f"secret-{name}"),
        )
        assert given.status_code == 200, given.text
        client.headers["authorization"] = f"Bearer {given.json()['access_token']}"
        return client

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with transaction(self.engine) as connection:
            answer = await connection.execute(text(statement), values)
            return list(answer) if answer.returns_rows else []

    async def kept(self, *tables: str) -> str:
        """Every row of these tables, whole (`str` of a row cuts it), to be searched for what must not be there."""
        found = [await self.rows(f"select * from {table}") for table in tables]  # noqa: S608 - names of ours
        return "\n".join(repr(tuple(row)) for rows in found for row in rows)

    async def events(self, after: int = 0) -> list[tuple[str, dict[str, Any]]]:
        """Type and body, None without any, of what is in the outbox, in order, but for the first ones."""
        rows = await self.rows("select type, body from outbox order by id offset :after", after=after)
        return [(row.type, json.loads(row.body or "null")) for row in rows]

    async def close(self) -> None:
        for visitor in self.visitors:
            await visitor.aclose()
        stopped = asyncio.Event()
        stopped.set()
        await self.held.tokens.finish(stopped)  # a renewal may outlive its request, not its engine
        await self.outward.close()
        await self.held.keys.close()
        await self.held.revoked.close()
        await give_back(self.engine)
        put_away(self.app)


def run_auth(settings: Settings, sandbox: Sandbox, clock: TurnedClock | None = None) -> Running:
    """Another API process's parts over the same database."""
    clock = clock or TurnedClock()
    engine = lend_engine(settings.database_url.get_secret_value())
    outward = Outward(clock)
    cheap = Argon2Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    held = replace(bootstrap.auth_on(engine, settings, outward, clock), hasher=cheap)
    return Running(settings, engine, outward, held, application_over(held, settings), sandbox, clock)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sandbox_url() -> AsyncIterator[str]:
    """A sandbox process for all of auth's tests; emptied by each."""
    async with start_sandbox(quota_scale=1000) as started:
        yield started.base_url


@pytest.fixture
async def sandbox(sandbox_url: str) -> AsyncIterator[Sandbox]:
    """
    That process, emptied. At the end: a strict far side would have refused nothing that we, or browsers, sent. Seen red
    with our calls undated.
    """
    async with Sandbox(sandbox_url) as made:
        await made.empty()
        for name, (_, app) in AMAZONS.items():
            await made.app(
                app["application_id"],
                app["client_id"],
                [app["client_secret"]],
                redirect_uris=[f"{PUBLIC_URL}/connections/{name}/callback"],
                login_uri=f"{PUBLIC_URL}/connections/{name}/login",
                vendors=name == "amazon_vendor",
            )
        yield made
        assert (await made.calls())["deviations"] == []


@pytest.fixture
def auth_settings(migrated_database: MakeDatabase, sandbox_url: str) -> Settings:
    return settings_for(migrated_database("auth"), sandbox_url)


@pytest.fixture
async def auth(auth_settings: Settings, sandbox: Sandbox) -> AsyncIterator[Running]:
    running = run_auth(auth_settings, sandbox)
    yield running
    await running.close()


@pytest.fixture
async def mailing(auth: Running) -> AsyncIterator[Running]:
    """Another process's parts, with the sandbox's mail server, whose box is empty."""
    await auth.sandbox.forget_mails()
    port = await auth.sandbox.mail_port()
    told = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "mail_from": SENDER}
    running = run_auth(auth.settings.model_copy(update=told), auth.sandbox)
    yield running
    await running.close()


@pytest.fixture
def bazaar(monkeypatch: pytest.MonkeyPatch) -> Bazaar:
    """A marketplace where sellers delegate, known to the registry for this test."""
    made = Bazaar()
    monkeypatch.setitem(cast(dict[str, Any], registry.PROFILES), BAZAAR, PROFILE)
    monkeypatch.setitem(registry._BUILDERS, BAZAAR, made.build)
    return made


@pytest.fixture
async def fair(
    bazaar: Bazaar, migrated_database: MakeDatabase, sandbox_url: str, sandbox: Sandbox
) -> AsyncIterator[Running]:
    """auth with an application at both marketplaces."""
    apps = {"amazon": dict.fromkeys(REGIONS, APP), BAZAAR: {REGION: OUR_BAZAAR_APP}}
    running = run_auth(settings_for(migrated_database("auth"), sandbox_url, apps=apps), sandbox)
    yield running
    await running.close()


@pytest.fixture
async def another() -> AsyncIterator[Callable[[Running], Running]]:
    """Makes further API processes' parts over the same database."""
    made: list[Running] = []

    def make(beside: Running) -> Running:
        made.append(run_auth(beside.settings, beside.sandbox))
        return made[-1]

    yield make
    for running in made:
        await running.close()
