"""What was taken for changed in the future is kept for its time from the migration on."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, text

from shared.db.engine import make_engine
from shared.db.migrations import alembic_config, migrate
from tests.infrastructure import MakeDatabase

SERVICES = Path(__file__).parents[3] / "services"
_ORDER = (
    "insert into marketplace_order (id, organisation_id, connection_id, marketplace, marketplace_order_id, status,"
    " status_text, decision, shipped_by, is_sale, business, related, placed_at, cancel_requested, content_digest,"
    " packages, version, event_sequence, erased_at, updated_at) "
    "select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'amazon', 'A-1', 'open', '', 'ship', 'seller',"
    " false, false, '[]', now(), false, '', '[]', 1, 1, now(), "
)
_NOW, _DAY = "now() +", "interval '1 day'"
_KEPT = (
    "insert into marketplace_order (id, organisation_id, connection_id, marketplace, status, status_text, decision,"
    " shipped_by, is_sale, business, related, placed_at, updated_at, cancel_requested, content_digest, packages,"
    " version, event_sequence, data_key, sealed_personal, sealed_raw, marketplace_order_id, delivered_at, deliver_by,"
    " ended_at, erase_after) "
    "select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'amazon', 'shipped', '', 'ship', 'seller', false,"
    " false, '[]', now(), now() - interval '10 days', false, '', '[]', 1, 1, '', '', '',"
)
_HELD = "insert into {} (order_id, organisation_id, updated_at) select gen_random_uuid(), gen_random_uuid(), "


@pytest.mark.parametrize(
    ("service", "before", "table", "insert"),
    [
        ("orders", "0010", "marketplace_order", _ORDER),
        ("labels", "0006", "fulfilment", _HELD.format("fulfilment")),
        ("inventory", "0004", "reservation", _HELD.format("reservation")),
    ],
)
async def test_no_change_is_left_in_the_future(
    service: str, before: str, table: str, insert: str, database: MakeDatabase
) -> None:
    """Others stay as they were. Seen red without the migration's statement."""
    statements = [f"{insert} now() + interval '{days} days'" for days in (-200, 20_000)]
    found = await migrated(database(service), service, before, statements, f"select now() - updated_at from {table}")  # noqa: S608
    assert [row[0] // timedelta(days=1) for row in sorted(found)] == [0, 200]


async def test_no_buyer_is_kept_for_what_is_promised_in_the_future(database: MakeDatabase) -> None:
    """
    Their time is counted anew from the shipment; where a promise holds, or a delivery is told, it stays. Seen red
    without the migration's statement.
    """
    kept = [  # delivered, promised, ended, to be erased: in days from now
        (None, 9_000, -10, 9_030),
        (None, None, 9_000, 9_030),
        (None, 9_005, 9_000, 9_035),
        (None, 5, -10, 35),
        (-3, 9_000, -10, 27),
        (None, 9_000, None, 9_030),
    ]
    statements = [
        f"{_KEPT} '{number}', {', '.join('null' if days is None else f'{_NOW} {days} * {_DAY}' for days in row)}"
        for number, row in enumerate(kept)
    ]
    shown = "select marketplace_order_id, round(extract(epoch from erase_after - now()) / 86400) from marketplace_order"
    found = await migrated(database("orders"), "orders", "0011", statements, shown)
    assert [days for _, days in sorted(found)] == [20, 20, 20, 35, 27, 9_030]


async def migrated(url: str, service: str, before: str, statements: list[str], asked: str) -> list[Any]:
    """What is found after the migrations that come after `before`, of what was written then."""
    migrations = SERVICES / service / "migrations"

    def upgrade(connection: Connection) -> None:
        config = alembic_config(migrations)
        config.attributes["connection"] = connection
        command.upgrade(config, before)

    engine = make_engine(url, "test")
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
            for statement in statements:
                await connection.execute(text(statement))
        await migrate(url, migrations)
        async with engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(asked))]
    finally:
        await engine.dispose()
