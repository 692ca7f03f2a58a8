"""What listings tell of a SKU's weight, and the connections of which it is taken."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0007"
down_revision = "0006"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)


def upgrade() -> None:
    op.add_column("sku", sa.Column("listed_weight_grams", sa.Integer))
    op.add_column("listing", sa.Column("weight_grams", sa.Integer))
    op.add_column("listing", sa.Column("weight_at", sa.DateTime(timezone=True)))
    op.add_column("listing", sa.Column("weight_problem", sa.Text))
    op.add_column("discovery", sa.Column("weights", sa.Boolean, nullable=False, server_default=sa.text("false")))
