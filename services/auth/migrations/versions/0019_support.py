"""Support staff of the operator, and what they looked at and why."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0019"
down_revision = "0018"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "support_staff",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("granted_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_support_staff"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_support_staff_account_id_account"),
    )
    op.create_table(
        "support_look",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_support_look"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_support_look_account_id_account"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_support_look_organisation_id_organisation"
        ),
    )
    # One person's, the newest first: each page of theirs asks for it.
    op.create_index("ix_support_look_account_id_id", "support_look", ["account_id", "id"])
