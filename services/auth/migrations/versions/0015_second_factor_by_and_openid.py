"""
Since when a seller account is connected, however often its consent was renewed (those of before: since now); sign-ins
begun at an OpenID provider, and whether it has asked for two factors.
"""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0015"
down_revision = "0014"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)


def upgrade() -> None:
    op.add_column("connection", sa.Column("first_authorised_at", sa.DateTime(timezone=True)))
    op.execute("update connection set first_authorised_at = now() where authorised_at is not null")
    op.add_column("session", sa.Column("two_factors", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.create_table(
        "openid_state",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("goal", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_openid_state"),
    )
    op.create_index("ix_openid_state_expires_at", "openid_state", ["expires_at"])
