"""Mails to members about their authorisations."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0004"
down_revision = "0003"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("organisation", sa.Column("reminded_at", _TIME))
    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("connection_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME),
        sa.Column("sent_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_mail"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_mail_organisation_id_organisation"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_mail_account_id_account"),
    )
    op.create_index("ix_mail_organisation_id", "mail", ["organisation_id"])
    op.create_index("ix_mail_account_id", "mail", ["account_id"])
    op.create_index("ix_mail_due_at", "mail", ["due_at"], postgresql_where=sa.text("due_at is not null"))
