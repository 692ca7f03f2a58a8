"""
The pages of stock with 5,000 SKUs, two listings each and 100,000 orders of one organisation, and as much of another's:
medians of whole requests through the app.

python -m tests.bench.stock_pages [--orders 100000] [--skus 5000] [--times 10]
"""

import argparse
import asyncio
import time
from statistics import median
from uuid import UUID

import httpx
from sqlalchemy import Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.inventory import bootstrap
from services.inventory.entrypoints.api import make_app
from shared.access.access import Access
from shared.access.principal import Principal
from shared.access.roles import Role, permissions_of
from shared.db.engine import make_engine
from shared.db.unit_of_work import transaction
from shared.kernel.clock import SystemClock
from shared.kernel.ids import OrganisationId, UserId
from tests.conftest import migrate
from tests.infrastructure import DatabaseServer, running_postgres, unique_name

OURS, THEIRS = UUID(int=1), UUID(int=2)
# One order in twenty is open, one in two hundred short; every SKU was counted once and sold from.
_FILL = (
    """
    insert into sku (id, organisation_id, code, weight_grams, tracked, on_hand, reserved, short, counted_at, created_at)
    select md5(:organisation || n)::uuid, cast(:organisation as uuid), 'SKU-' || lpad(n::text, 5, '0'), 400, true, 90,
           0, 0, now(), now()
    from generate_series(0, :skus - 1) n
    """,
    """
    insert into ledger_entry (organisation_id, sku_id, at, reason, change, level, via)
    select cast(:organisation as uuid), md5(:organisation || n)::uuid, now() - interval '80 days', 'counted', 90, 90,
           'page'
    from generate_series(0, :skus - 1) n
    """,
    """
    insert into reservation (order_id, organisation_id, order_version, marketplace_order_id)
    select md5(:organisation || 'order' || n)::uuid, cast(:organisation as uuid), 1, '171-' || n
    from generate_series(1, :orders) n
    """,
    """
    insert into reservation_line (line_id, order_id, organisation_id, sku_id, ship_by, ordered, cancelled, fulfilled,
        reserve, ours, confirmed, departed, wanted, reserved)
    select md5(:organisation || 'line' || n)::uuid, md5(:organisation || 'order' || n)::uuid,
           cast(:organisation as uuid), md5(:organisation || n % :skus)::uuid, now() + n * interval '1 second', 1, 0,
           0, true, true, 0, 0, (n % 20 = 0)::int, (n % 20 = 0 and n % 200 > 0)::int
    from generate_series(1, :orders) n
    """,
)
_PAGES = (
    "/stock", "/stock?show=low", "/stock?show=short", "/stock?search=4999", "/stock/edit", "/stock/short",
    "/stock/sku/SKU-00000", "/stock/listings", "/stock/import",
)  # fmt: skip


class _Ours:
    async def resolve(self, cookie_value: str) -> Principal:
        return Principal(
            OrganisationId(OURS), UserId(OURS), permissions_of(Role.OWNER), csrf_token="genuine", label="bench"
        )


async def fill(engine: AsyncEngine, orders: int, skus: int) -> None:
    for organisation in (OURS, THEIRS):
        async with transaction(engine) as connection:
            for statement in _FILL:
                told = {"organisation": str(organisation), "orders": orders, "skus": skus}
                used = {name: value for name, value in told.items() if f":{name}" in statement}
                await connection.execute(text(statement).bindparams(bindparam("organisation", type_=Text)), used)
    async with engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text("vacuum analyze"))


async def measure(url: str, orders: int, skus: int, times: int) -> None:
    engine = make_engine(url, "bench")
    app = make_app(
        bootstrap.inventory_on(engine, SystemClock()),
        Access(_Ours(), None, "http://127.0.0.1:8080"),  # type: ignore[arg-type]
    )
    cookies = {"passerelle_session": "ours"}
    try:
        await fill(engine, orders, skus)
        print(
            f"{orders:,} orders, {skus:,} SKUs of each of two organisations; milliseconds, median of {times} (slowest)"
        )
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", cookies=cookies) as client:
            for page in _PAGES:
                (await client.get(page)).raise_for_status()
                took = [await _milliseconds(client, page) for _ in range(times)]
                print(f"{page:<28}{median(took):>8.1f}  ({max(took):.1f})")
    finally:
        await engine.dispose()


async def _milliseconds(client: httpx.AsyncClient, page: str) -> float:
    started = time.perf_counter()
    await client.get(page)
    return (time.perf_counter() - started) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--skus", type=int, default=5_000)
    parser.add_argument("--times", type=int, default=10)
    given = parser.parse_args()
    with running_postgres() as server_url, DatabaseServer(server_url) as server:
        name = unique_name("bench")
        server.create(name)
        try:
            migrate("inventory", server.url(name))
            asyncio.run(measure(server.url(name), given.orders, given.skus, given.times))
        finally:
            server.drop(name)


if __name__ == "__main__":
    main()
