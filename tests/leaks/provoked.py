"""What a person, a program and a bad publisher get wrong, each with a word of its own that nobody may repeat."""

import asyncio
import json
import re
import sys
from typing import Any
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaProducer

from deploy.local.stack import Stack
from shared.access.scopes import AUTH_SESSIONS_RESOLVE, AUTH_TOKENS_USE, ORDERS_READ, ORDERS_RECIPIENT_READ
from shared.events.orders import OrderReceivedV1
from shared.events.topics import ORDERS_ORDER
from tests.e2e import faults_of_octopia
from tests.e2e.databases import open_databases
from tests.e2e.searched import BUYERS, OWN_SECRET
from tests.leaks.between import Between
from tests.leaks.search import Canary
from tests.shop import PASSWORD, Shop

# Nobody's, typed by mistake or by an attacker.
MISTYPED = "A-long-passphrase-2025-mistyped"
STALE_SESSION = "Stale-session-Kw0kka-9913-of-nobody"
BAD_BEARER = "Bad-bearer-Quokk4-5521-of-nobody"
BAD_CODE = "Bad-code-Numb4t-7730-of-nobody"
SEARCHED = "Searched-Tlaquepaque-4417"
UNREADABLE_FIELD = "Unreadable-field-Axol0tl-2281"
TYPED = [
    Canary("a mistyped password", MISTYPED),
    Canary("a stale session id", STALE_SESSION),
    Canary("a false access token", BAD_BEARER),
    Canary("a false consent code", BAD_CODE, frozenset({"urls"})),
    Canary("what was searched for", SEARCHED, frozenset({"urls"})),
    Canary("a seller's own client secret", OWN_SECRET),
    Canary("another seller's own client secret", faults_of_octopia.OWN_SECRET),
    Canary("a field of a parked event", UNREADABLE_FIELD, frozenset({"topic", "database", "parked show"})),
]
PARKED_NUMBER = "PARKED-4711"
_PARKED_WITHIN_SECONDS = 120
_PARKED = "select 1 from inbox where parked_since is not null and subject = cast(:subject as uuid)"
_BUYER = {f"{marketplace}_{key}": value for marketplace, buyer in BUYERS.items() for key, value in buyer.items()}


async def api_client(shop: Shop, origin: str) -> list[Canary]:
    """Makes a program's client on its page, gets a token, is refused with a wrong secret; the secrets."""
    page = await shop.browser.open("/settings/api-clients")
    shown = await shop.browser.submit(page, page.form("name"), name="Ours", scopes=ORDERS_READ, password=PASSWORD)
    client_id, secret = (
        re.findall(rf'id="{field}">([^<]+)<', shown.text)[0] for field in ("client-id", "client-secret")
    )
    form = {"grant_type": "client_credentials", "scope": ORDERS_READ}
    client: httpx.AsyncClient = shop.browser._client
    got = await client.post(f"{origin}/oauth/token", data=form, auth=(client_id, secret))
    token = got.json()["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    await client.get(f"{origin}/api/orders/v1/orders", headers=bearer)
    await client.get(f"{origin}/api/labels/v1/shipments", headers=bearer)
    await client.post(f"{origin}/oauth/token", data=form, auth=(client_id, secret + "x"))
    await client.post(f"{origin}/oauth/token", data=form | {"client_id": client_id, "client_secret": secret + "y"})
    return [Canary("an API client's secret", secret), Canary("an API client's access token", token)]


async def refusals(shop: Shop, origin: str) -> None:
    """Requests that are wrong in each way we know of, full of what must not be repeated."""
    client: httpx.AsyncClient = shop.browser._client
    ours = {"x-csrf-token": shop.csrf_token, "origin": origin, "accept": "application/json"}
    wrong = {"sender": _BUYER, "carrier_name": [PASSWORD], **_BUYER}
    for method, path in (
        ("PUT", "/api/labels/v1/carrier"),
        ("POST", "/api/inventory/v1/skus/bulk"),
        ("POST", "/api/auth/v1/connections"),
        ("POST", f"/api/orders/v1/orders/{uuid4()}/acceptance"),
    ):
        await client.request(method, origin + path, headers=ours, json=wrong)
        await client.request(method, origin + path, headers=ours, content=json.dumps(wrong)[:-9])
    await client.get(f"{origin}/orders?search={SEARCHED}")
    await client.get(f"{origin}/orders?cursor={SEARCHED}")
    callback = {"state": BAD_CODE, "spapi_oauth_code": BAD_CODE, "selling_partner_id": shop.seller_id}
    await client.get(f"{origin}/connections/amazon/callback", params=callback)
    await _as_nobody(shop, origin)


async def _as_nobody(shop: Shop, origin: str) -> None:
    """Signs in with a wrong password and up with a bad one; comes with a false token, and a session that is over."""
    browser, client = shop.browser, shop.browser._client
    kept = dict(client.cookies.items())
    client.cookies.clear()
    await client.get(f"{origin}/api/orders/v1/orders", headers={"authorization": f"Bearer {BAD_BEARER}"})
    page = await browser.open("/signin")
    await browser.submit(page, page.form("email", "password"), email=shop.email, password=MISTYPED)
    page = await browser.open("/signup")
    form = page.form("email", "password")
    await browser.submit(page, form, email="no address", password=MISTYPED, organisation="x" * 500)
    client.cookies.clear()
    for name in kept:
        client.cookies.set(name, STALE_SESSION)
    await client.get(f"{origin}/api/orders/v1/orders")
    client.cookies.clear()
    client.cookies.update(kept)


async def closed(shop: Shop) -> None:
    """Its organisation, first with a wrong password; its owner signs up anew."""
    browser = shop.browser
    page = await browser.open("/settings/organisation/close?language=en")
    name = page.text.split("<h1>Close ")[1].split("?</h1>")[0]
    for password in (MISTYPED, PASSWORD):
        page = await browser.submit(page, page.form("organisation"), organisation=name, password=password)
    assert "The organisation is closed" in page.text
    page = await browser.open("/signup")
    form = page.form("email", "password")
    await browser.submit(page, form, email=shop.email, password=PASSWORD, organisation="Anew")


async def no_http(port: int) -> None:
    """Says something that is no HTTP, with a password in it."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{PASSWORD} {MISTYPED}\r\n\r\n".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def between_services(stack: Stack, between: Between) -> None:
    """What a service of ours is refused by another: in each way we know of, with what must not be repeated."""
    auth, orders = between.api(stack, "auth", "labels"), between.api(stack, "orders", "labels")
    connection, recipients = f"/internal/v1/connections/{uuid4()}", f"/internal/v1/organisations/{uuid4()}/recipients"
    wrong: dict[str, Any] = {**_BUYER, "session": [STALE_SESSION], "rejected": PASSWORD, "consent_version": MISTYPED}
    for path, scope, body in (
        ("/internal/v1/sessions/resolve", AUTH_SESSIONS_RESOLVE, {"session": STALE_SESSION}),
        ("/internal/v1/sessions/resolve", AUTH_SESSIONS_RESOLVE, wrong),
        (f"{connection}/access-token", AUTH_TOKENS_USE, {"rejected": None}),
        (f"{connection}/access-token", AUTH_TOKENS_USE, wrong),
        (f"{connection}/consent-lost", AUTH_TOKENS_USE, {"consent_version": 1}),
        (f"{connection}/consent-lost", AUTH_TOKENS_USE, wrong),
        (f"{connection}/access-token", AUTH_SESSIONS_RESOLVE, wrong),
    ):
        answer = await auth.call("POST", path, scope=scope, operation="leaks", body=body)
        assert answer.status >= 400, path
    asked = {"order_id": str(uuid4()), "destination": 0}
    for one, scope in (
        (asked | {"order_id": MISTYPED}, ORDERS_RECIPIENT_READ),
        (asked | {"destination": MISTYPED}, ORDERS_RECIPIENT_READ),
        (asked, AUTH_TOKENS_USE),
    ):
        answer = await orders.call("POST", recipients, scope=scope, operation="leaks", body={"asked": [one]})
        assert answer.status >= 400, one
    async with httpx.AsyncClient(trust_env=False) as nobody:
        for url in (
            between.url("auth") + connection + "/access-token",
            between.url("orders") + recipients,
        ):
            await nobody.request("POST", url, headers={"authorization": f"Bearer {BAD_BEARER}"}, json=wrong)
    await auth.outward.close()
    await orders.outward.close()


async def parked_event(stack: Stack) -> str:
    """Publishes an event of which one field cannot be read; its subject, once inventory and labels have parked it."""
    subject = str(uuid4())
    told = {
        "ce_id": str(uuid4()), "ce_type": OrderReceivedV1.TYPE, "ce_subject": subject, "ce_sequence": "1",
        "ce_time": "2026-11-01T00:00:00Z", "ce_source": "/passerelle/orders", "ce_specversion": "1.0",
    }  # fmt: skip
    body = json.dumps({"marketplace_order_id": PARKED_NUMBER, "organisation_id": UNREADABLE_FIELD}).encode()
    producer = AIOKafkaProducer(bootstrap_servers=stack.environments.kafka_bootstrap_servers)
    await producer.start()
    topic = stack.options.topic_prefix + ORDERS_ORDER.name
    await producer.send_and_wait(topic, body, subject.encode(), headers=[(k, v.encode()) for k, v in told.items()])
    await producer.stop()
    async with asyncio.timeout(_PARKED_WITHIN_SECONDS), open_databases(stack) as databases:
        for service in ("inventory", "labels"):
            while not await databases.rows(service, _PARKED, subject=subject):
                await asyncio.sleep(0.5)
    return subject


async def operator(stack: Stack, service: str, *arguments: str) -> bytes:
    """What `python -m services.X parked …` prints, errors too."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"services.{service}", "parked", *arguments,
        env=stack.environments.of(service, "migrate"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await process.communicate()
    return printed
