"""From when on an account's orders are ours and no longer another system's."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0011"
down_revision = "0010"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)


def upgrade() -> None:
    op.add_column("connection", sa.Column("orders_from", sa.DateTime(timezone=True)))
