"""Where a buyer's data or a secret might have got to, read whole: topics, databases, logs; and what is planted."""

import asyncio
import subprocess
from pathlib import Path

from aiokafka import AIOKafkaConsumer

from deploy.local.postgres import binaries
from deploy.local.sandbox_apps import AMAZON, OCTOPIA
from deploy.local.stack import Stack
from shared.events.topics import TOPICS
from tests.shop import Shop

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


async def proof_refused(shop: Shop) -> None:
    """Claims an account, and tries to prove it by credentials."""
    connection = await shop.claim()
    page = await shop.browser.open(f"/connections/{connection['id']}")
    form = page.form("client_id", "client_secret", action="/proof")
    await shop.browser.submit(page, form, client_id="own", client_secret=OWN_SECRET)


async def published(stack: Stack) -> dict[str, bytes]:
    """Everything on each topic of this stack: keys, headers and bodies."""
    found = dict.fromkeys((topic.name for topic in TOPICS), b"")
    consumer = AIOKafkaConsumer(
        *(stack.options.topic_prefix + name for name in found),
        bootstrap_servers=stack.environments.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                parts = [
                    part for record in records for part in (record.key or b"", record.value or b"", *_told(record))
                ]
                found[partition.topic.removeprefix(stack.options.topic_prefix)] += b"\n".join(parts)
    finally:
        await consumer.stop()
    return found


def _told(record: object) -> list[bytes]:
    return [name.encode() + b"=" + value for name, value in record.headers]  # type: ignore[attr-defined]


async def dumped(stack: Stack) -> dict[str, bytes]:
    """Each service's whole database, as `pg_dump` writes it: bytes in hexadecimal."""
    urls = {service: url.replace("+asyncpg", "") for service, url in stack.environments.database_urls.items()}
    return dict(zip(urls, await asyncio.gather(*(asyncio.to_thread(_dump, url) for url in urls.values())), strict=True))


def _dump(url: str) -> bytes:
    done = subprocess.run([str(binaries() / "pg_dump"), "--dbname", url], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def logged(stack: Stack) -> dict[str, bytes]:
    """Of each process of ours at debug level (a migration's with its service's API), none of far side and servers."""
    found: dict[str, bytes] = {}
    for path in Path(stack.folder.logs).glob("*.log*"):
        name = path.name.partition(".")[0].replace("-migrate", "-api")
        if name.partition("-")[0] in [*stack.layout.api, "gateway"]:
            found[name] = found.get(name, b"") + path.read_bytes()
    return found
