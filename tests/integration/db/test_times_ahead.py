"""What was taken for changed in the future is kept for its time from the migration on."""

from datetime import timedelta
from pathlib import Path

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
    url, migrations = database(service), SERVICES / service / "migrations"

    def upgrade(connection: Connection) -> None:
        config = alembic_config(migrations)
        config.attributes["connection"] = connection
        command.upgrade(config, before)

    engine = make_engine(url, "test")
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
            for days in (-200, 20_000):
                await connection.execute(text(f"{insert} now() + interval '{days} days'"))
        await migrate(url, migrations)
        async with engine.connect() as connection:
            ages = (await connection.execute(text(f"select now() - updated_at from {table}"))).scalars()  # noqa: S608
            assert [age // timedelta(days=1) for age in sorted(ages)] == [0, 200]
    finally:
        await engine.dispose()
