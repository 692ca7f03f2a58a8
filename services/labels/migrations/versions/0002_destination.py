"""Which of its order's addresses a parcel goes to."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("shipment", sa.Column("destination", sa.SmallInteger, nullable=False, server_default=sa.text("0")))
