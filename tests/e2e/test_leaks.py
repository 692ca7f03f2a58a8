"""What nobody may find: a buyer, a token, a secret, in topics, logs, databases, URLs, errors and strangers' pages."""

import json
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer
from sqlalchemy import text

from deploy.local.sandbox_apps import AMAZON, OCTOPIA
from deploy.local.secrets import Secrets
from deploy.local.stack import Stack
from shared.db.engine import make_engine
from shared.events.topics import TOPICS
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.kernel.ids import ConnectionId
from tests.e2e.tokens import tokens_at
from tests.shop import PASSWORD, Shop, beside, open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

# By marketplace, as its sandbox is told.
BUYERS = {
    AMAZON: {
        "name": "Canary Featherstonehaugh",
        "street": "77 Quetzalcoatl Alley",
        "city": "Zzyzxville",
        "email": "canary.q7@marketplace.example",
        "phone": "+33 6 99 88 77 66",
    },
    OCTOPIA: {
        "first_name": "Serinette",
        "last_name": "Wojciechowska",
        "line1": "88 impasse Ouagadougou",
        "city": "Xyzzyheim",
        "email": "canary.w8@acheteur.example",
        "phone": "+33 7 11 22 33 44",
    },
}
# Typed into our page, to show that an account is one's own.
OWN_SECRET = "a-sellers-own-Qw3rtz-7431"


async def published(stack: Stack) -> bytes:
    """Everything on every topic of this stack: keys, headers and bodies."""
    consumer = AIOKafkaConsumer(
        *(stack.options.topic_prefix + topic.name for topic in TOPICS),
        bootstrap_servers=stack.environments.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    found = b""
    try:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += b"".join(
                    bytes(record.key) + record.value + repr(record.headers).encode() for record in records
                )
    finally:
        await consumer.stop()
    return found


async def stored(stack: Stack) -> dict[str, str]:
    """Every row of every table, by service, as JSON."""
    rows: dict[str, str] = {}
    for service, url in stack.environments.database_urls.items():
        engine = make_engine(url, "test")
        async with engine.connect() as connection:
            names = await connection.execute(text("select tablename from pg_tables where schemaname = 'public'"))
            tables = [
                json.dumps((await connection.execute(text(_rows_of(name)))).scalars().all()) for name in names.scalars()
            ]
        await engine.dispose()
        rows[service] = "".join(tables)
    return rows


def _rows_of(table: str) -> str:
    return f'select to_jsonb(t)::text from "{table}" t'  # noqa: S608 - a name from the catalogue


def logged(stack: Stack) -> str:
    """Our processes' logs, at debug level; not the far side's and not the servers'."""
    ours = [path for path in Path(stack.folder.logs).glob("*.log*") if path.stem.split("-")[0] in stack.layout.api]
    assert len(ours) >= 9
    return "".join(path.read_text(errors="replace") for path in ours)


async def shipped(shop: Shop) -> str:
    """An order with the planted buyer, confirmed; recipient and label read, as a person does. Our id of it."""
    buyer = BUYERS[shop.marketplace]
    (number,) = await shop.plant(1, lines=[{"sku": "SKU-001", "quantity": 1}], buyer=buyer)
    await shop.confirmed([number])
    order_id = str((await shop.orders())[number]["id"])
    recipient = json.dumps(await shop.get(f"/api/orders/v1/orders/{order_id}/recipient"))
    assert buyer["city"] in recipient, "the canary must have come through, or nothing was proved"
    (shipment,) = [s for s in await shop.shipments() if s["order_id"] == order_id]
    await shop.browser.open(f"/shipments/{shipment['id']}/label.pdf")
    return order_id


async def proof_refused(shop: Shop) -> None:
    """Claims an account, and tries to prove it by credentials."""
    connection = await shop.claim()
    page = await shop.browser.open(f"/connections/{connection['id']}")
    form = page.form("client_id", "client_secret", action="/proof")
    await shop.browser.submit(page, form, client_id="own", client_secret=OWN_SECRET)


async def access_tokens(stack: Stack, shops: Sequence[Shop]) -> list[str]:
    """What opens their accounts just now."""
    outward = Outward(SystemClock())
    tokens = tokens_at(stack, stack.layout.api_url("auth"), outward)
    ids = [ConnectionId(UUID((await shop.connection())["id"])) for shop in shops]
    found = [(await tokens.get(connection_id)).value for connection_id in ids]
    await outward.close()
    return found


async def test_nothing_of_the_buyer_or_of_our_secrets_is_found_anywhere(stack: Stack) -> None:
    """Orders of both marketplaces with planted buyers, to their confirmation; then everything is searched."""
    async with (
        open_shop(stack, levels={"SKU-001": 9}) as shop,
        open_shop(stack, connected=False, marketplace=OCTOPIA) as stranger,
    ):
        shops = [shop, await beside(shop, skus=["SKU-001"])]
        orders = [await shipped(one) for one in shops]
        await proof_refused(stranger)
        pages = ["/", "/orders", "/shipments", "/stock", "/stock/listings", "/connections", "/orders?search=Canary"]
        pages += [f"/orders/{order_id}" for order_id in orders]
        seen_by_stranger = "".join([(await stranger.browser.open(path)).text for path in pages])
        opening = await access_tokens(stack, shops)

    secrets = Secrets(stack.folder.secrets)
    session = next(cookie.value for cookie in shop.browser._client.cookies.jar if "session" in cookie.name)
    hidden = [
        *(value for buyer in BUYERS.values() for value in buyer.values()), PASSWORD, OWN_SECRET, str(session),
        *secrets.far_client_secrets().values(), secrets.client_secret("labels"), secrets.client_secret("orders"),
        *opening, "Atzr|", "Atza|", "spapi_oauth_code=",
    ]  # fmt: skip
    places = {"topics": (await published(stack)).decode(errors="replace"), "logs": logged(stack)}
    places |= {f"database of {service}": rows for service, rows in (await stored(stack)).items()}
    places["a stranger's pages"] = seen_by_stranger
    assert "http.out" in places["logs"]
    found = [(place, value[:12]) for place, content in places.items() for value in hidden if value in content]
    assert found == []
