"""Which of the support staff may keep client secrets of our applications, and ask for others."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0020"
down_revision = "0019"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)


def upgrade() -> None:
    op.add_column("support_staff", sa.Column("secrets", sa.Boolean, nullable=False, server_default=sa.text("false")))
