"""When a SKU counts as low, and tables of levels that were uploaded."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("sku", sa.Column("low_level", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.create_index(
        "ix_reservation_line_short",
        "reservation_line",
        ["organisation_id", "ship_by"],
        postgresql_where=sa.text("wanted > reserved"),
    )
    op.create_table(
        "stock_import",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("made_by", sa.Uuid),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("rows", JSONB, nullable=False),
        sa.Column("bad", JSONB, nullable=False),
        sa.Column("applied_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_stock_import"),
    )
    op.create_index("ix_stock_import_organisation_id", "stock_import", ["organisation_id"])
