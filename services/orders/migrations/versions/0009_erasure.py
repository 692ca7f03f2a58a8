"""Personal data goes when its time is over: of an order the rest stays, an unreadable record goes as a whole."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_ORDER, _RECORD = "marketplace_order", "unreadable_record"
_ERASED = "num_nonnulls(data_key, sealed_personal, sealed_raw) = case when erased_at is null then 3 else 0 end"


def upgrade() -> None:
    op.add_column(_ORDER, sa.Column("erased_at", sa.DateTime(timezone=True)))
    for column in ("data_key", "sealed_personal", "sealed_raw"):
        op.alter_column(_ORDER, column, nullable=True)
    op.create_check_constraint("ck_marketplace_order_erased", _ORDER, _ERASED)
    op.create_index(
        "ix_marketplace_order_erase",
        _ORDER,
        ["connection_id", "erase_after"],
        postgresql_where=sa.text("erased_at is null"),
    )
    for column in ("erase_asked_at", "erase_done_at"):
        op.add_column("connection", sa.Column(column, sa.DateTime(timezone=True)))
    op.add_column(_RECORD, sa.Column("erase_after", sa.DateTime(timezone=True)))
    op.execute(f"update {_RECORD} set erase_after = last_read_at + interval '30 days'")  # noqa: S608 - a name of ours
    op.alter_column(_RECORD, "erase_after", nullable=False)
    op.create_index("ix_unreadable_record_erase_after", _RECORD, ["erase_after"])
