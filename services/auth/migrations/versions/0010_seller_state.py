"""How a marketplace keeps a seller account, as the last probe was told."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0010"
down_revision = "0007"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)


def upgrade() -> None:
    op.add_column("connection", sa.Column("seller_state", sa.Text))
