"""Roles that our applications were asked for later, and when an organisation was told of those a connection lacks."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0018"
down_revision = "0017"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "asked_role",
        sa.Column("marketplace", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("marketplace", "region", "role", name="pk_asked_role"),
    )
    op.add_column("connection", sa.Column("roles_told_at", _TIME))
