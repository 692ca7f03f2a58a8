"""Accounts, sessions, consents, connections and their grants, signing keys, the audit log."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations
from sqlalchemy.dialects.postgresql import JSONB

from shared.db import standard_v1

revision = "0001"
down_revision = None

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    standard_v1.create_outbox(op)
    standard_v1.create_inbox(op)
    standard_v1.create_lease(op)
    _accounts()
    _sessions()
    _grants()
    _connections()
    _consents()
    _keys_and_audit()


def _accounts() -> None:
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("email_key", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("email_key", name="uq_account_email_key"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_account_organisation_id_organisation"
        ),
    )
    op.create_index("ix_account_organisation_id", "account", ["organisation_id"])


def _sessions() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("csrf_token", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("digest", name="uq_session_digest"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_session_account_id_account"),
    )
    op.create_index("ix_session_account_id", "session", ["account_id"])
    op.create_table(
        "sign_in_attempt",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("window_began", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sign_in_attempt"),
    )


def _grants() -> None:
    op.create_table(
        "access_grant",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("marketplace", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_refresh_token", sa.LargeBinary, nullable=False),
        sa.Column("sealed_access_token", sa.LargeBinary, nullable=False),
        sa.Column("token_version", sa.BigInteger, nullable=False),
        sa.Column("token_expires_at", _TIME, nullable=False),
        sa.Column("failure", sa.Text),
        sa.Column("retry_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_access_grant"),
    )


def _connections() -> None:
    op.create_table(
        "connection",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("marketplace", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("seller_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("consent_version", sa.BigInteger, nullable=False),
        sa.Column("grant_id", sa.Uuid),
        sa.Column("authorised_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("channels", JSONB, nullable=False),
        sa.Column("probe_due_at", _TIME),
        sa.Column("probed_at", _TIME),
        sa.Column("probe_outcome", sa.Text),
        sa.Column("suspected_at", _TIME),
        sa.Column("event_sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_connection"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_connection_organisation_id_organisation"
        ),
        sa.ForeignKeyConstraint(["grant_id"], ["access_grant.id"], name="fk_connection_grant_id_access_grant"),
    )
    _connection_indexes()


def _connection_indexes() -> None:
    op.create_index("ix_connection_organisation_id", "connection", ["organisation_id"])
    op.create_index("ix_connection_grant_id", "connection", ["grant_id"])
    op.create_index(
        "uq_connection_living_seller",
        "connection",
        ["marketplace", "region", "seller_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'disconnected'"),
    )
    op.create_index(
        "ix_connection_probe_due_at",
        "connection",
        ["probe_due_at"],
        postgresql_where=sa.text("probe_due_at is not null"),
    )


def _consents() -> None:
    op.create_table(
        "consent_state",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("marketplace", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("connection_id", sa.Uuid),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME),
        sa.PrimaryKeyConstraint("digest", name="pk_consent_state"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_consent_state_organisation_id_organisation"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_consent_state_account_id_account"),
    )
    op.create_index("ix_consent_state_expires_at", "consent_state", ["expires_at"])


def _keys_and_audit() -> None:
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.Text, nullable=False),
        sa.Column("public_key", JSONB, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("kid", name="pk_signing_key"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Uuid),
        sa.Column("account_id", sa.Uuid),
        sa.Column("connection_id", sa.Uuid),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_organisation_id", "audit", ["organisation_id"])
