"""
Applications of organisations' own, and connections and grants that are theirs.

Who comes by an application of their own shows that they reach the account, not that its name is theirs: it keeps nobody
else out. The new indexes are made before the old one goes, in one transaction. A process of the release before goes on
beside it, as long as nobody brings an application: it would renew its grants with ours.
"""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0007"
down_revision = "0006"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)
_TIME = sa.DateTime(timezone=True)
_ACCOUNT = ["marketplace", "region", "seller_id"]


def upgrade() -> None:
    op.create_table(
        "private_app",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("marketplace", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
        sa.Column("sealed_former_secret", sa.LargeBinary),
        sa.Column("replaced_at", _TIME),
        sa.Column("refused_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_private_app"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_private_app_organisation_id_organisation"
        ),
        sa.UniqueConstraint(
            "organisation_id",
            "marketplace",
            "client_id",
            name="uq_private_app_organisation_id_marketplace_client_id",
        ),
    )
    for table in ("connection", "access_grant"):
        op.add_column(table, sa.Column("app_id", sa.Uuid))
        op.create_foreign_key(f"fk_{table}_app_id_private_app", table, "private_app", ["app_id"], ["id"])
    op.create_index("ix_access_grant_app_id", "access_grant", ["app_id"])
    op.add_column("connection", sa.Column("remind_at", _TIME))
    _owners()


def _owners() -> None:
    op.create_index(
        "uq_connection_consented_seller",
        "connection",
        _ACCOUNT,
        unique=True,
        postgresql_where=sa.text("state not in ('disconnected', 'unproven') and app_id is null"),
    )
    op.create_index(
        "uq_connection_private",
        "connection",
        ["organisation_id", *_ACCOUNT, "country"],
        unique=True,
        postgresql_where=sa.text("state <> 'disconnected' and app_id is not null"),
    )
    op.create_index(
        "ix_connection_remind_at", "connection", ["remind_at"], postgresql_where=sa.text("remind_at is not null")
    )
    op.drop_index("uq_connection_proven_seller", table_name="connection")
