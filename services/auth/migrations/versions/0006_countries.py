"""On which country's page a consent is given, and by whom it must be."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0006"
down_revision = "0005"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)


def upgrade() -> None:
    op.add_column("connection", sa.Column("country", sa.Text))
    op.add_column("consent_state", sa.Column("country", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("consent_state", sa.Column("seller_id", sa.Text))
