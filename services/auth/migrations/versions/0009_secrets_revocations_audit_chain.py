"""Secrets of API clients in a table of their own, what is revoked before its end, and the chain of the audit log."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

from services.auth.adapters.audit_chain_v1 import CHAIN

revision = "0009"
down_revision = "0008"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _secrets()
    _revocations()
    _audit_chain()


def _secrets() -> None:
    op.create_table(
        "api_client_secret",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("made_by", sa.Uuid),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME),
        sa.Column("ended_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_api_client_secret"),
        sa.ForeignKeyConstraint(["client_id"], ["api_client.id"], name="fk_api_client_secret_client_id_api_client"),
    )
    op.create_index("ix_api_client_secret_client_id", "api_client_secret", ["client_id"])
    op.execute(
        "insert into api_client_secret (id, client_id, digest, made_by, made_at, used_at, ended_at) "
        "select gen_random_uuid(), id, secret_digest, made_by, made_at, used_at, revoked_at from api_client"
    )


def _revocations() -> None:
    op.create_table(
        "revoked_token",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revoked_token"),
    )
    op.create_index("ix_revoked_token_client_id", "revoked_token", ["client_id"])


def _audit_chain() -> None:
    for name in ("client_id", "before", "after"):
        op.add_column("audit", sa.Column(name, sa.Text))
    op.create_index("ix_audit_organisation_id_id", "audit", ["organisation_id", "id"])
    op.drop_index("ix_audit_organisation_id", "audit")
    op.create_table(
        "audit_link",
        sa.Column("position", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit_link"),
        sa.UniqueConstraint("entry_id", name="uq_audit_link_entry_id"),
    )
    for statement in CHAIN:
        op.execute(statement)
