"""
The list of shipments among 100,000 of one organisation, and as many of another's: medians of each way to look at it.

python -m tests.bench.shipments_list [--rows 100000] [--times 20]
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.labels.adapters.queries import SqlViews
from services.labels.usecases.views import Filter
from shared.db.engine import make_engine
from shared.db.unit_of_work import transaction
from tests.conftest import migrate
from tests.infrastructure import DatabaseServer, running_postgres, unique_name

OURS, THEIRS = UUID(int=1), UUID(int=2)
CHANNELS = ("busy", "quiet")
PAGE = 50
# Every tenth waits, one in 10,000 was refused, one in 1,000 came through the quiet channel; the rest is confirmed.
_FILL = """
with made as (
    select n, gen_random_uuid() as order_id,
           lpad(to_hex(n), 12, '0')::text as hex,
           cast(:organisation as uuid) as organisation_id, cast(:organisation as uuid) as connection_id,
           case when n % 1000 = 0 then 'quiet' else 'busy' end as channel_id,
           '171-' || lpad(n::text, 7, '0') as number
    from generate_series(1, :rows) as n
), orders as (
    insert into fulfilment (order_id, organisation_id, connection_id, channel_id, marketplace_order_id, updated_at,
                            order_state)
    select order_id, organisation_id, connection_id, channel_id, number, now(), jsonb_build_object(
        'connection_id', connection_id, 'marketplace', 'amazon', 'channel_id', channel_id,
        'marketplace_order_id', number, 'version', 1, 'status', 'open', 'placed_at', '2026-11-01T00:00:00Z',
        'cancel_requested', false, 'ship_by', null, 'label_not_before', null, 'recipient_digest', 'd',
        'lines', '[]'::jsonb, 'packages', '[]'::jsonb)
    from made
), parcels as (
    insert into shipment (shipment_id, order_id, organisation_id, connection_id, state, planned_at, lines,
                          label_attempt, label_known, cancel_seen, tracking_number, number)
    select cast('01900000-0000-7000-' || :variant || '-' || hex as uuid), order_id, organisation_id, connection_id,
           case when n % 10 = 0 then 'planned' else 'label_created' end, now(),
           jsonb_build_array(jsonb_build_object('line_id', order_id, 'marketplace_line_id', 'l', 'sku', 'SKU-1',
                                                'quantity', 1, 'weight_grams', 400)),
           0, true, false,
           case when n % 10 <> 0 then '0952' || lpad(n::text, 14, '0') end,
           case when n % 10 <> 0 then '0952' || lpad(n::text, 14, '0') end
    from made
    returning shipment_id, order_id, connection_id, state, number
)
insert into write_back (shipment_id, order_id, connection_id, state, attempt, known, repeats)
select shipment_id, order_id, connection_id,
       case when right(number, 4) = '0001' then 'refused' else 'confirmed' end, 1, true, 0
from parcels where state = 'label_created'
"""
_CONNECT = """
insert into connection (connection_id, organisation_id, marketplace, region, seller_id, name, state, consent_version,
                        channels)
values (:organisation, :organisation, 'amazon', 'eu', :organisation, 'Shop', 'authorised', 1,
        '[{"id": "busy", "name": "Busy"}, {"id": "quiet", "name": "Quiet"}]')
"""


async def fill(engine: AsyncEngine, rows: int) -> None:
    for organisation, variant in ((OURS, "8000"), (THEIRS, "9000")):
        async with transaction(engine) as connection:
            await connection.execute(text(_CONNECT.replace(":organisation", f"'{organisation}'")))
            values = {"organisation": organisation, "variant": variant, "rows": rows}
            await connection.execute(text(_FILL), values)
    async with engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text("vacuum analyze"))


def looks(views: SqlViews, rows: int) -> dict[str, Callable[[], Awaitable[Any]]]:
    def page(after: UUID | None = None, **wanted: Any) -> Callable[[], Awaitable[Any]]:
        return lambda: views.shipments(OURS, Filter(**wanted), after=after, limit=PAGE)

    half = UUID(f"01900000-0000-7000-8000-{rows // 2:012x}")
    return {
        "newest": page(hide_voided=True),
        "from the middle on": page(half, hide_voided=True),
        "state common (confirmed)": page(state="confirmed"),
        "state rare (refused)": page(state="refused"),
        "state none (needs_person)": page(state="needs_person"),
        "channel common": page(channel=(OURS, "busy")),
        "channel rare": page(channel=(OURS, "quiet")),
        "order number": page(search=f"171-{rows // 3:07d}"),
        "tracking number": page(search=f"0952{1001:014d}"),
        "beginning of every tenth": page(search="171-000"),
        "nothing found": page(search="nowhere"),
        "channels": lambda: views.channels(OURS),
        "batches": lambda: views.batches(OURS, limit=PAGE),
    }


async def measure(url: str, rows: int, times: int) -> None:
    engine = make_engine(url, "bench")
    try:
        await fill(engine, rows)
        print(f"{rows:,} shipments of each of two organisations; milliseconds, median of {times} (slowest)")
        for name, look in looks(SqlViews(engine), rows).items():
            took = [await _milliseconds(look) for _ in range(times)]
            print(f"{name:<28}{median(took):>8.1f}  ({max(took):.1f})")
    finally:
        await engine.dispose()


async def _milliseconds(look: Callable[[], Awaitable[Any]]) -> float:
    started = time.perf_counter()
    await look()
    return (time.perf_counter() - started) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    with running_postgres() as server_url, DatabaseServer(server_url) as server:
        name = unique_name("bench")
        server.create(name)
        try:
            migrate("labels", server.url(name))
            asyncio.run(measure(server.url(name), given.rows, given.times))
        finally:
            server.drop(name)


if __name__ == "__main__":
    main()
