"""Lists of orders: their stage as a column, and the indexes they are filtered, counted and sorted in."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_FILTERED = ["status", "decision", "stage", "channel_id", "connection_id", "marketplace", "marketplace_order_id"]
_DEADLINE = "(case when decision <> 'not_ours' then ship_by end)"

# domain/stage.py for what is stored already.
BACKFILL = """
    update marketplace_order set stage = found.stage
    from (
        select one.id, case
            when live.parcels > 0 and live.confirmed = live.parcels then 'confirmed'
            when live.parcels > 0 and live.accepted = live.parcels then 'written_back'
            when live.parcels > 0 and live.labelled = live.parcels then 'labelled'
            when held.wanted > 0 and held.short = 0 then 'reserved'
            else 'received' end as stage
        from marketplace_order one
        left join lateral (
            select count(*) as parcels,
                count(*) filter (where parcel ->> 'write_back' = 'confirmed') as confirmed,
                count(*) filter (where parcel ->> 'write_back' in ('sent', 'confirmed')) as accepted,
                count(*) filter (where parcel ->> 'label_created_at' is not null) as labelled
            from shipments, jsonb_array_elements(shipments.shipments) parcel
            where shipments.order_id = one.id and parcel ->> 'state' <> 'voided'
        ) live on true
        left join lateral (
            select sum((line ->> 'wanted')::int) as wanted, sum((line ->> 'short')::int) as short
            from reservation, jsonb_array_elements(reservation.lines) line
            where reservation.order_id = one.id and reservation.order_version >= one.version
        ) held on true
    ) found
    where found.id = marketplace_order.id and found.stage <> marketplace_order.stage
"""


def upgrade() -> None:
    op.add_column("marketplace_order", sa.Column("stage", sa.Text, nullable=False, server_default="received"))
    op.execute(BACKFILL)
    op.create_index(
        "ix_marketplace_order_listed",
        "marketplace_order",
        ["organisation_id", "placed_at", "id"],
        postgresql_include=_FILTERED,
    )
    op.create_index(
        "ix_marketplace_order_deadline",
        "marketplace_order",
        ["organisation_id", sa.text(_DEADLINE), "id"],
        postgresql_include=[*_FILTERED, "ship_by"],
    )
    op.create_index(
        "ix_marketplace_order_counted", "marketplace_order", ["organisation_id", "decision", "status", "stage"]
    )
    op.create_index(
        "ix_marketplace_order_number",
        "marketplace_order",
        ["organisation_id", "marketplace_order_id"],
        postgresql_ops={"marketplace_order_id": "text_pattern_ops"},
    )
    op.drop_index("ix_marketplace_order_list", "marketplace_order")
    op.drop_index("ix_marketplace_order_search", "marketplace_order")
