"""Orders placed before stay with the system that had the account until then."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0008"
down_revision = "0007"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)


def upgrade() -> None:
    op.add_column("connection", sa.Column("orders_from", sa.DateTime(timezone=True)))
