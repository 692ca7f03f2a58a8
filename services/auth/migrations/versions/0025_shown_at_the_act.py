"""What a session began with; an app that was only begun to be set up, whoever saw its secret, is begun anew."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0025"
down_revision = "0024"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)


def upgrade() -> None:
    op.add_column("session", sa.Column("way", sa.Text, nullable=False, server_default=sa.text("'password'")))
    op.execute("delete from second_factor where confirmed_at is null")
