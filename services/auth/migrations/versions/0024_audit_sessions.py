"""In which session somebody did what the audit log says, hashed from here on."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

from services.auth.adapters.audit_chain_v2 import CHAIN_V2

revision = "0024"
down_revision = "0023"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)


def upgrade() -> None:
    op.add_column("audit", sa.Column("session_id", sa.Uuid))
    op.add_column("audit", sa.Column("browser", sa.Text))
    op.add_column("audit_link", sa.Column("version", sa.SmallInteger, nullable=False, server_default=sa.text("1")))
    for statement in CHAIN_V2:
        op.execute(statement)
