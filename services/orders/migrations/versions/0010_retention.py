"""What was kept for its time is deleted: each table's oldest rows are found at an index's beginning."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index("ix_marketplace_order_updated_at", "marketplace_order", ["marketplace", "updated_at"])
    for table in ("reservation", "shipments", "recipient_read"):
        op.create_index(f"ix_{table}_at", table, ["at"])
