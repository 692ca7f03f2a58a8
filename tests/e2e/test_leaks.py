"""What nobody may find: a buyer, a token, a secret, in topics, logs, databases, URLs, errors and strangers' pages."""

import json
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from sqlalchemy import text

from deploy.local.secrets import Secrets
from deploy.local.stack import Stack
from shared.db.engine import make_engine
from shared.events.topics import TOPICS
from tests.shop import PASSWORD, open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

BUYER = {
    "name": "Canary Featherstonehaugh",
    "street": "77 Quetzalcoatl Alley",
    "city": "Zzyzxville",
    "email": "canary.q7@marketplace.example",
    "phone": "+33 6 99 88 77 66",
}


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


async def test_nothing_of_the_buyer_or_of_our_secrets_is_found_anywhere(stack: Stack) -> None:
    """An order with a planted buyer, to its confirmation; its label and recipient read; then everything is searched."""
    async with open_shop(stack, levels={"SKU-001": 9}) as shop, open_shop(stack, connected=False) as stranger:
        (number,) = await shop.plant(1, lines=[{"sku": "SKU-001", "quantity": 1}], buyer=BUYER)
        await shop.confirmed([number])
        order = (await shop.orders())[number]
        recipient = await shop.get(f"/api/orders/v1/orders/{order['id']}/recipient")
        assert BUYER["name"] in json.dumps(recipient), "the canary must have come through, or nothing was proved"
        (shipment,) = [s for s in await shop.shipments() if s["order_id"] == order["id"]]
        await shop.browser.open(f"/shipments/{shipment['id']}/label.pdf")
        pages = ["/orders", "/shipments", "/stock", "/connections", f"/orders/{order['id']}", "/orders?search=Canary"]
        seen_by_stranger = "".join([(await stranger.browser.open(path)).text for path in pages])

    secrets = Secrets(stack.folder.secrets)
    session = next(cookie.value for cookie in shop.browser._client.cookies.jar if "session" in cookie.name)
    hidden = [
        *BUYER.values(), PASSWORD, str(session), *secrets.far_client_secrets().values(),
        secrets.client_secret("labels"),
        secrets.client_secret("orders"), "Atzr|", "Atza|", "spapi_oauth_code=",
    ]  # fmt: skip
    places = {"topics": (await published(stack)).decode(errors="replace"), "logs": logged(stack)}
    places |= {f"database of {service}": rows for service, rows in (await stored(stack)).items()}
    places["a stranger's pages"] = seen_by_stranger
    assert "http.out" in places["logs"]
    found = [(place, value[:12]) for place, content in places.items() for value in hidden if value in content]
    assert found == []
