"""SKUs, reservations and the ledger."""

import sqlalchemy as sa
from alembic import op

from shared.db import standard_v1

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)
_NEVER_NEGATIVE = "on_hand >= 0 and reserved >= 0 and short >= 0"
_HOLDS_WHAT_IS_THERE = (
    "case when tracked then reserved <= on_hand and counted_at is not null else on_hand = 0 and short = 0 end"
)


def upgrade() -> None:
    standard_v1.create_outbox(op)
    standard_v1.create_inbox(op)
    _create_sku()
    _create_reservation()
    _create_reservation_line()
    _create_ledger()


def _create_sku() -> None:
    op.create_table(
        "sku",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("weight_grams", sa.Integer),
        sa.Column("tracked", sa.Boolean, nullable=False),
        sa.Column("on_hand", sa.Integer, nullable=False),
        sa.Column("reserved", sa.Integer, nullable=False),
        sa.Column("short", sa.Integer, nullable=False),
        sa.Column("counted_at", _TIME),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("event_sequence", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("id", name="pk_sku"),
        sa.UniqueConstraint("organisation_id", "code", name="uq_sku_organisation_id_code"),
        sa.CheckConstraint(_NEVER_NEGATIVE, name="ck_sku_never_negative"),
        sa.CheckConstraint(_HOLDS_WHAT_IS_THERE, name="ck_sku_holds_what_is_there"),
    )


def _create_reservation() -> None:
    op.create_table(
        "reservation",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("order_version", sa.Integer),
        sa.Column("marketplace_order_id", sa.Text),
        sa.Column("ship_by", _TIME),
        sa.Column("event_sequence", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("order_id", name="pk_reservation"),
    )


def _create_reservation_line() -> None:
    op.create_table(
        "reservation_line",
        sa.Column("line_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("sku_id", sa.Uuid),
        sa.Column("ship_by", _TIME),
        sa.Column("ordered", sa.Integer, nullable=False),
        sa.Column("cancelled", sa.Integer, nullable=False),
        sa.Column("fulfilled", sa.Integer, nullable=False),
        sa.Column("fulfilled_before", sa.Integer),
        sa.Column("reserve", sa.Boolean, nullable=False),
        sa.Column("ours", sa.Boolean, nullable=False),
        sa.Column("confirmed", sa.Integer, nullable=False),
        sa.Column("departed", sa.Integer, nullable=False),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("reserved", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("line_id", name="pk_reservation_line"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["reservation.order_id"], name="fk_reservation_line_order_id_reservation"
        ),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_reservation_line_sku_id_sku"),
        sa.CheckConstraint("reserved between 0 and wanted", name="ck_reservation_line_reserved_is_wanted"),
    )
    op.create_index("ix_reservation_line_order_id", "reservation_line", ["order_id"])
    op.create_index(
        "ix_reservation_line_waiting",
        "reservation_line",
        ["sku_id", "ship_by", "line_id"],
        postgresql_where=sa.text("wanted > 0"),
    )


def _create_ledger() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True)),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("sku_id", sa.Uuid, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("change", sa.Integer, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("via", sa.Text, nullable=False),
        sa.Column("user_id", sa.Uuid),
        sa.Column("order_id", sa.Uuid),
        sa.Column("line_id", sa.Uuid),
        sa.Column("departed", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entry"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_ledger_entry_sku_id_sku"),
        sa.UniqueConstraint("line_id", "departed", name="uq_ledger_entry_line_id_departed"),
    )
    op.create_index("ix_ledger_entry_sku_id_id", "ledger_entry", ["sku_id", "id"])
    _make_append_only()


def _make_append_only() -> None:
    op.execute("""
        create function ledger_is_append_only() returns trigger language plpgsql as $$
        begin
            raise exception 'the ledger is append-only';
        end $$
    """)
    op.execute("""
        create trigger ledger_is_append_only before update or delete on ledger_entry
        for each row execute function ledger_is_append_only()
    """)
