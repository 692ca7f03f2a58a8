"""
How fast the list of orders answers with 100,000 orders: `python -m tests.bench.orders_list`.

A temporary PostgreSQL, its orders made by set-based SQL, the real app asked over ASGI. Prints medians in milliseconds.
"""

import asyncio
import logging
import statistics
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, cast

import httpx
import structlog
from sqlalchemy import text

from services.orders import bootstrap
from services.orders.entrypoints.api import make_app
from shared.access.access import Access
from shared.access.tokens import TokenVerifier
from shared.db.engine import make_engine
from shared.kernel.clock import SystemClock
from tests.conftest import migrate
from tests.infrastructure import DatabaseServer, running_postgres, unique_name
from tests.integration.orders.browsers import KnownSessions, KnownTokens, client
from tests.integration.orders.service import KEYS
from tests.unit.orders.builders import CONNECTION_ID, FRANCE, ORGANISATION

ORDERS = 100_000
TIMES = 7
QUESTIONS = (
    "",
    "decision=needs_person",
    "status=pending",
    "stage=confirmed",
    "stage=labelled&decision=ship",
    f"channel={FRANCE.id}&status=cancelled",
    f"connection={CONNECTION_ID}",
    "deadline=overdue",
    "deadline=today&sort=deadline",
    "deadline=this_week",
    "sort=deadline",
    "search=402-0099999",
    "search=402&decision=wait",
    "status=unknown",
    "channel=nowhere",
    "status=open&stage=confirmed",
    "search=402",
)

_CONNECTION = """
    insert into connection (id, organisation_id, marketplace, region, seller_id, name, state, consent_version, channels)
    values (:connection, :organisation, 'amazon', 'eu', 'A1', 'Shop', 'authorised', 1, jsonb_build_array(
        jsonb_build_object('id', cast(:channel as text), 'name', 'Amazon.fr', 'country', 'FR', 'currency', 'EUR',
                           'time_zone', 'Europe/Paris')))
"""
# One in a thousand is to be answered, one in five hundred needs a person; most are done.
_ORDERS = """
    insert into marketplace_order (
        id, organisation_id, connection_id, marketplace, marketplace_order_id, channel_id, status, status_text,
        decision, shipped_by, is_sale, business, related, placed_at, updated_at, cancel_requested, ship_by, total_minor,
        currency, content_digest, packages, version, event_sequence, data_key, sealed_personal, sealed_raw, stage)
    select uuidv7(), :organisation, :connection, 'amazon', '402-' || lpad(n::text, 7, '0') || '-0000001',
        case when n % 4 = 0 then 'A1PA6795UKMFR9' else cast(:channel as text) end,
        case when n % 1000 = 1 then 'pending' when n % 50 = 2 then 'cancelled' when n % 20 = 3 then 'open'
             else 'shipped' end,
        'told',
        case when n % 500 = 3 then 'needs_person' when n % 1000 = 1 then 'wait' when n % 20 = 3 then 'ship'
             else 'not_ours' end,
        'seller', true, false, '[]', now() - n * interval '3 minutes', now(), false,
        now() + interval '4 days' - n * interval '3 minutes', 2500, 'EUR', 'digest', '[]', 1, 1, '\\x00',
        decode(repeat('00', 600), 'hex'), decode(repeat('00', 3000), 'hex'),
        case when n % 20 <> 3 then 'confirmed' when n % 60 = 3 then 'labelled' else 'reserved' end
    from generate_series(cast(:orders as int), 1, -1) n
"""
_LINES = """
    insert into order_line (id, order_id, marketplace_line_id, position, sku, title, ordered, cancelled, fulfilled,
        fulfilled_before, duties, cancel_requested, decision, code, reserve)
    select uuidv7(), id, 'item-' || n, n, 'SKU-' || n, 'A thing', 2, 0, 0, 0, '{}', false, decision, 'ready', true
    from marketplace_order, generate_series(1, 2) n
"""
_RESERVATIONS = """
    insert into reservation (order_id, organisation_id, order_version, at, lines)
    select order_id, :organisation, 1, now(), jsonb_agg(jsonb_build_object('line_id', id, 'sku', sku, 'wanted', 2,
        'reserved', 2, 'short', 0, 'tracked', true))
    from order_line group by order_id
"""


async def fill(url: str, orders: int = ORDERS) -> None:
    values = {"organisation": ORGANISATION, "connection": CONNECTION_ID, "channel": FRANCE.id, "orders": orders}
    await fill_by(url, (_CONNECTION, _ORDERS, _LINES, _RESERVATIONS), **values)


async def fill_by(url: str, statements: Sequence[str], **values: Any) -> None:
    """Executes them, each with those of the values that it names, and leaves tables as a server in use has them."""
    engine = make_engine(url, "bench", pool_size=1)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("set statement_timeout = 0"))
            for statement in statements:
                names = {name: value for name, value in values.items() if f":{name}" in statement}
                await connection.execute(text(statement), names)
            await connection.commit()
            raw = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await raw.execute(text("checkpoint"))  # what is not on disk yet is not marked as visible to all
            await raw.execute(text("vacuum analyze"))
    finally:
        await engine.dispose()


async def median_ms(browser: httpx.AsyncClient, path: str) -> float:
    took = []
    for _ in range(TIMES + 1):
        begun = time.perf_counter()
        answer = await browser.get(path, headers={"accept": "text/html"})
        took.append((time.perf_counter() - begun) * 1000)
        answer.raise_for_status()
    return statistics.median(took[1:])


async def measure(url: str, paths: Sequence[str]) -> None:
    engine = make_engine(url, "bench")
    access = Access(KnownSessions(), cast(TokenVerifier, KnownTokens()), "http://127.0.0.1:8080")
    app = make_app(bootstrap.orders_on(engine, KEYS, SystemClock()), access)
    try:
        async with client(app, "ours") as browser:
            for path in paths:
                sys.stdout.write(f"{await median_ms(browser, path):7.1f} ms  {path}\n")
    finally:
        await engine.dispose()


def run(paths: Sequence[str], *fillers: Callable[[str], Coroutine[Any, Any, None]]) -> None:
    """Asks for `paths` once the `fillers` have filled a migrated database, in turn."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with running_postgres() as server_url, DatabaseServer(server_url) as server:
        name = unique_name("bench")
        server.create(name)
        try:
            migrate("orders", server.url(name))
            for filler in fillers:
                asyncio.run(filler(server.url(name)))
            asyncio.run(measure(server.url(name), paths))
        finally:
            server.drop(name)


if __name__ == "__main__":
    run([f"/orders?{question}" for question in QUESTIONS], fill)
