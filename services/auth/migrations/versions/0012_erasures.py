"""When an organisation wanted a connection's buyers erased; who confirmed it is found in the audit log."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0012"
down_revision = "0011"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)


def upgrade() -> None:
    op.add_column("connection", sa.Column("erase_asked_at", sa.DateTime(timezone=True)))
    op.create_index("ix_audit_connection_id", "audit", ["connection_id"])
