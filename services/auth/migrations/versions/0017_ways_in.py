"""
A connection's endpoint and selling plan, tokens that are one, an organisation's addresses and its word on its plan.

Columns have defaults, so that a process of the release before goes on beside it.
"""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0017"
down_revision = "0015"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)


def upgrade() -> None:
    for table in ("consent_state", "connection"):
        production = sa.text("'production'")
        op.add_column(table, sa.Column("endpoint", sa.Text, nullable=False, server_default=production))
    op.add_column("connection", sa.Column("professional", sa.Boolean))
    op.add_column("access_grant", sa.Column("token_digest", sa.Text))
    # What was disconnected remembers an application that is no longer here.
    op.drop_constraint("fk_connection_app_id_private_app", "connection", type_="foreignkey")
    op.add_column(
        "organisation", sa.Column("professional", sa.Boolean, nullable=False, server_default=sa.text("false"))
    )
    op.create_table(
        "address",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_address", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_address"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_address_organisation_id_organisation"
        ),
        sa.UniqueConstraint("organisation_id", "kind", name="uq_address_organisation_id_kind"),
    )
