"""
Claims of seller accounts that are not proven yet, grants that many sellers share, channels that are chosen.

The new indexes are made before the old one goes, in one transaction, so that an account never belongs to two. Every
statement is short: these tables have a row per connection. A process of the release before goes on beside it, as long
as no marketplace is offered where sellers delegate: it does not know the state `unproven`.
"""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)
_TIME = sa.DateTime(timezone=True)
_ACCOUNT = ["marketplace", "region", "seller_id"]


def upgrade() -> None:
    _shared_grants()
    for column in ("authorised_at", "expires_at"):
        op.alter_column("connection", column, nullable=True)
    op.add_column("connection", sa.Column("chosen_channels", JSONB))
    op.add_column("connection", sa.Column("login", sa.Text))
    op.add_column("connection", sa.Column("claimed_at", _TIME))
    op.add_column("connection", sa.Column("refused_at", _TIME))
    op.add_column("connection", sa.Column("contested", sa.Boolean, nullable=False, server_default=sa.text("false")))
    _one_owner()


def _shared_grants() -> None:
    op.alter_column("access_grant", "sealed_refresh_token", nullable=True)
    op.create_index(
        "uq_access_grant_shared",
        "access_grant",
        ["marketplace", "region"],
        unique=True,
        postgresql_where=sa.text("sealed_refresh_token is null"),
    )


def _one_owner() -> None:
    op.create_index(
        "uq_connection_proven_seller",
        "connection",
        _ACCOUNT,
        unique=True,
        postgresql_where=sa.text("state not in ('disconnected', 'unproven')"),
    )
    op.create_index(
        "uq_connection_claim",
        "connection",
        ["organisation_id", *_ACCOUNT],
        unique=True,
        postgresql_where=sa.text("state = 'unproven'"),
    )
    op.drop_index("uq_connection_living_seller", table_name="connection")
