"""When a connection ended: how long it is kept from then on. Of those of before the worker works it out."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0022"
down_revision = "0021"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)


def upgrade() -> None:
    op.add_column("connection", sa.Column("ended_at", sa.DateTime(timezone=True)))
