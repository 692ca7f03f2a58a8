"""Organisations that auth told of as closed: what is theirs goes, but orders, which have their own time."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "closed_organisation",
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_closed_organisation"),
    )
