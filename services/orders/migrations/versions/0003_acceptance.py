"""Answers to orders that wait for the seller's, and who gives them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "acceptance",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("accept", sa.Boolean, nullable=False),
        sa.Column("asked_by_user", sa.Uuid),
        sa.Column("asked_by_client", sa.Text),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("known", sa.Boolean, nullable=False),
        sa.Column("may_have_left", sa.Boolean, nullable=False),
        sa.Column("repeats", sa.Integer, nullable=False),
        sa.Column("due_at", _TIME),
        sa.Column("reason", sa.Text),
        sa.Column("reason_detail", sa.Text),
        sa.PrimaryKeyConstraint("order_id", name="pk_acceptance"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["marketplace_order.id"], name="fk_acceptance_order_id_marketplace_order", ondelete="CASCADE"
        ),
    )
    op.create_index(
        "ix_acceptance_due", "acceptance", ["connection_id", "due_at"], postgresql_where=sa.text("due_at is not null")
    )
    op.create_table(
        "acceptance_mode",
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("connection_id", name="pk_acceptance_mode"),
    )
