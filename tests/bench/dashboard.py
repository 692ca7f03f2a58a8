"""
How fast the dashboard answers with 100,000 orders, half of them of the last 14 days: `python -m tests.bench.dashboard`.

The orders of `orders_list`, with parcels: one in five hundred needs a person, one in fifty is not confirmed yet. Prints
medians in milliseconds.
"""

import asyncio
import logging
import sys
from typing import cast

import structlog
from sqlalchemy import text

from services.orders import bootstrap
from services.orders.entrypoints.api import make_app
from shared.access.dependencies import Access
from shared.access.tokens import TokenVerifier
from shared.db.engine import make_engine
from shared.kernel.clock import SystemClock
from tests.bench.orders_list import fill, median_ms
from tests.conftest import migrate
from tests.infrastructure import DatabaseServer, running_postgres, unique_name
from tests.integration.orders.browsers import BASE, KnownSessions, KnownTokens, client
from tests.integration.orders.service import KEYS

# Half of the orders in the last 14 days, the others before.
_PLACED = """
    update marketplace_order set placed_at = now() - half.nth * case when half.nth <= 50000
        then interval '24 seconds' else interval '5 minutes' end
    from (select id, row_number() over (order by placed_at desc) as nth from marketplace_order) half
    where half.id = marketplace_order.id
"""
_SHORT = """
    update reservation set lines = jsonb_set(lines, '{0,short}', '1') from marketplace_order
    where marketplace_order.id = order_id and marketplace_order_id like '402-%023-0000001'
"""
_SHIPMENTS = """
    insert into shipments (order_id, organisation_id, at, shipments)
    select id, organisation_id, now(), jsonb_build_array(jsonb_build_object('id', id, 'state', 'label_created',
        'write_back', case nth % 1000 when 0 then 'refused' when 20 then 'sent' when 40 then 'owed'
            else 'confirmed' end,
        'reason', null, 'carrier', 'Colis', 'tracking_number', '1', 'tracking_url', null, 'reference', null,
        'lines', '[]'::jsonb, 'label_created_at', placed_at, 'confirmed_at', null))
    from (select *, row_number() over (order by placed_at) as nth from marketplace_order) numbered
"""


async def add_parcels(url: str) -> None:
    engine = make_engine(url, "bench", pool_size=1)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("set statement_timeout = 0"))
            for statement in (_PLACED, _SHORT, _SHIPMENTS):
                await connection.execute(text(statement))
            await connection.commit()
            raw = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await raw.execute(text("checkpoint"))
            await raw.execute(text("vacuum analyze"))
    finally:
        await engine.dispose()


async def measure(url: str) -> None:
    engine = make_engine(url, "bench")
    access = Access(KnownSessions(), cast(TokenVerifier, KnownTokens()), "http://127.0.0.1:8080")
    app = make_app(bootstrap.orders_on(engine, KEYS, SystemClock()), access)
    try:
        async with client(app, "ours") as browser:
            for path in ("/dashboard", f"{BASE}/dashboard"):
                sys.stdout.write(f"{await median_ms(browser, path):7.1f} ms  {path}\n")
    finally:
        await engine.dispose()


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with running_postgres() as server_url:
        server, name = DatabaseServer(server_url), unique_name("bench")
        server.create(name)
        try:
            migrate("orders", server.url(name))
            asyncio.run(fill(server.url(name)))
            asyncio.run(add_parcels(server.url(name)))
            asyncio.run(measure(server.url(name)))
        finally:
            server.drop(name)


if __name__ == "__main__":
    main()
