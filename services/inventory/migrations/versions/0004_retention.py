"""What was kept for its time is deleted; of the ledger the oldest entries become one that opens it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("reservation", sa.Column("updated_at", sa.DateTime(timezone=True)))
    # Of what is there already the marketplace's own time was not told: it changed the order before we heard of it.
    op.execute("""
        update reservation set updated_at = coalesce(
            (select max(applied_at) from inbox where consumer = 'inventory'
             and topic in ('orders.order.v1', 'labels.shipment.v1') and subject = reservation.order_id), now())
    """)
    op.alter_column("reservation", "updated_at", nullable=False)
    op.create_index("ix_reservation_updated_at", "reservation", ["updated_at"])
    op.create_index("ix_ledger_entry_at", "ledger_entry", ["at"], postgresql_where=sa.text("reason <> 'opening'"))
    op.create_index("ix_listing_target_id", "listing", ["target_id"])
    op.create_index("ix_listing_gone_at", "listing", ["gone_at"], postgresql_where=sa.text("gone_at is not null"))
    # Nothing is kept for less than a year, whatever a setting says.
    op.execute("""
        create or replace function ledger_is_append_only() returns trigger language plpgsql as $$
        begin
            if tg_op = 'DELETE' and old.at < now() - interval '1 year' then
                return old;
            end if;
            raise exception 'the ledger is append-only';
        end $$
    """)
