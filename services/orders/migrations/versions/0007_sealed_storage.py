"""Sealed bytes are stored as they are: they do not compress, and trying was a quarter of an insert in the server."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for table, column in (
        ("marketplace_order", "sealed_personal"),
        ("marketplace_order", "sealed_raw"),
        ("unreadable_record", "sealed_raw"),
    ):
        op.execute(f"alter table {table} alter column {column} set storage external")
