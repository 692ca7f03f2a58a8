"""
How fast the dashboard answers with 100,000 orders, half of them of the last 14 days: `python -m tests.bench.dashboard`.

The orders of `orders_list`, with parcels: one in five hundred needs a person, one in fifty is not confirmed yet. Prints
medians in milliseconds.
"""

from tests.bench.orders_list import fill, fill_by, run
from tests.integration.orders.browsers import BASE

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
    await fill_by(url, (_PLACED, _SHORT, _SHIPMENTS))


if __name__ == "__main__":
    run(["/dashboard", f"{BASE}/dashboard"], fill, add_parcels)
