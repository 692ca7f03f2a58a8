"""Which of an order's addresses a line goes to, and which of them was looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for table in ("order_line", "recipient_read"):
        op.add_column(table, sa.Column("destination", sa.Integer, nullable=False, server_default="0"))
