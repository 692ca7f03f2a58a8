"""Shipments are found by state, by what the marketplace was told, and by the numbers people know."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index("ix_shipment_state", "shipment", ["organisation_id", "state", "shipment_id"])
    op.create_index("ix_write_back_state", "write_back", ["connection_id", "state", "shipment_id"])
    _index_beginnings("ix_shipment_tracking_number", "shipment", "tracking_number")
    _index_beginnings("ix_fulfilment_marketplace_order_id", "fulfilment", "marketplace_order_id")


def _index_beginnings(name: str, table: str, column: str) -> None:
    """For `like 'text%'` in any collation."""
    op.create_index(name, table, ["organisation_id", column], postgresql_ops={column: "text_pattern_ops"})
