"""Labels asked for together."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "label_batch",
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("requested_by", sa.Uuid),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name="pk_label_batch"),
    )
    op.create_index("ix_label_batch_page", "label_batch", ["organisation_id", "batch_id"])
    op.create_table(
        "label_batch_item",
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.SmallInteger, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("shipment_id", sa.Uuid),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("reason_detail", sa.Text),
        sa.PrimaryKeyConstraint("batch_id", "position", name="pk_label_batch_item"),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["label_batch.batch_id"], name="fk_label_batch_item_batch_id_label_batch"
        ),
    )
