"""E-mails to confirm, passwords with age and history, links sent by mail, locks of sign-in, browsers of sessions."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0008"
down_revision = "0007"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("account", sa.Column("email_confirmed_at", _TIME))
    op.add_column("account", sa.Column("password_changed_at", _TIME, nullable=False, server_default=sa.text("now()")))
    op.add_column("account", sa.Column("disabled_at", _TIME))
    op.execute("update account set password_changed_at = created_at")
    op.add_column("session", sa.Column("browser", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("session", sa.Column("pending", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.create_table(
        "former_password",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_former_password"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_former_password_account_id_account"),
    )
    op.create_index("ix_former_password_account_id", "former_password", ["account_id"])
    _links_and_locks()
    _second_factors()
    # Who signed up before is asked once, where there is a mail server; later: a worker of before knows no such mail.
    op.execute(
        "insert into mail (id, organisation_id, account_id, kind, connection_ids, made_at, due_at) "
        "select gen_random_uuid(), organisation_id, id, 'confirm', '{}', now(), now() + interval '15 minutes' "
        "from account"
    )


def _links_and_locks() -> None:
    op.create_table(
        "account_link",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_account_link"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_link_account_id_account"),
    )
    op.create_index("ix_account_link_account_id", "account_link", ["account_id"])
    op.create_table(
        "sign_in_lock",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("account_id", sa.Uuid),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failed_at", _TIME, nullable=False),
        sa.Column("locked_until", _TIME),
        sa.PrimaryKeyConstraint("digest", name="pk_sign_in_lock"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_sign_in_lock_account_id_account"),
    )
    op.create_index("ix_sign_in_lock_account_id", "sign_in_lock", ["account_id"])


def _second_factors() -> None:
    op.create_table(
        "second_factor",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
        sa.Column("confirmed_at", _TIME),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_second_factor"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_second_factor_account_id_account"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_recovery_code"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_recovery_code_account_id_account"),
    )
    op.create_index("ix_recovery_code_account_id", "recovery_code", ["account_id"])
