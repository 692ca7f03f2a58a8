"""Lists of orders by groups: what they are filtered by leads the indexes they are sorted in, and goes with a number."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_GROUP = ["marketplace", "connection_id", "channel_id", "decision", "status", "stage"]
_DEADLINE = "(case when decision <> 'not_ours' then ship_by end)"


def upgrade() -> None:
    op.execute("update marketplace_order set channel_id = '' where channel_id is null")
    op.alter_column("marketplace_order", "channel_id", nullable=False, server_default="")
    op.drop_index("ix_marketplace_order_listed", "marketplace_order")
    op.drop_index("ix_marketplace_order_deadline", "marketplace_order")
    op.drop_index("ix_marketplace_order_number", "marketplace_order")
    op.create_index(
        "ix_marketplace_order_placed",
        "marketplace_order",
        ["organisation_id", *_GROUP, "placed_at", "id"],
        postgresql_include=["marketplace_order_id"],
    )
    op.create_index(
        "ix_marketplace_order_deadline",
        "marketplace_order",
        ["organisation_id", *_GROUP, sa.text(_DEADLINE), "id"],
        postgresql_include=["marketplace_order_id", "ship_by"],
    )
    op.create_index(
        "ix_marketplace_order_number",
        "marketplace_order",
        ["organisation_id", "marketplace_order_id", "connection_id"],
        unique=True,
        postgresql_ops={"marketplace_order_id": "text_pattern_ops"},
        postgresql_include=["marketplace", "channel_id", "decision", "status", "stage", "placed_at", "ship_by", "id"],
    )
    op.drop_constraint("uq_marketplace_order_connection_id_marketplace_order_id", "marketplace_order")
