"""The address of an organisation's calendar."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0005"
down_revision = "0004"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)


def upgrade() -> None:
    op.add_column("organisation", sa.Column("calendar_digest", sa.Text))
    op.create_unique_constraint("uq_organisation_calendar_digest", "organisation", ["calendar_digest"])
