"""What was made of a buyer's data goes when its time is over, by labels' own clock or when orders says so."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for column in ("erase_after", "erased_at"):
        op.add_column("fulfilment", sa.Column(column, sa.DateTime(timezone=True)))
    op.create_index(
        "ix_fulfilment_erase",
        "fulfilment",
        ["connection_id", "erase_after"],
        postgresql_where=sa.text("erased_at is null"),
    )
    for column in ("erase_asked_at", "erase_done_at"):
        op.add_column("connection", sa.Column(column, sa.DateTime(timezone=True)))
