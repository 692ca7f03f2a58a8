"""Where a channel wants that, the marketplace is told of a parcel when it is handed over, not with its label."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column(
        "channel_mode", sa.Column("at_hand_over", sa.Boolean, nullable=False, server_default=sa.text("false"))
    )
    op.add_column("shipment", sa.Column("handed_over_at", sa.DateTime(timezone=True)))
    op.add_column("shipment", sa.Column("handed_over_by", sa.Uuid))
