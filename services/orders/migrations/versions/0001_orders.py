"""The tables of orders, as `adapters/tables.py` describes them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db import standard_v1

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    standard_v1.create_outbox(op)
    standard_v1.create_inbox(op)
    standard_v1.create_lease(op)
    _connection()
    _order()
    _line()
    _told()
    _unreadable()


def _connection() -> None:
    op.create_table(
        "connection",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("marketplace", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("seller_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("consent_version", sa.Integer, nullable=False),
        sa.Column("channels", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_connection"),
    )
    op.create_index("ix_connection_organisation_id", "connection", ["organisation_id"])
    op.create_table(
        "poll",
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("progress", JSONB, nullable=False),
        sa.Column("read_at", _TIME),
        sa.Column("waits_code", sa.Text),
        sa.Column("waits_since", _TIME),
        sa.PrimaryKeyConstraint("connection_id", name="pk_poll"),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name="fk_poll_connection_id_connection"),
    )
    op.create_index("ix_poll_due_at", "poll", ["due_at"])


def _order() -> None:
    op.create_table(
        "marketplace_order",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("marketplace", sa.Text, nullable=False),
        sa.Column("marketplace_order_id", sa.Text, nullable=False),
        sa.Column("channel_id", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("status_text", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("shipped_by", sa.Text, nullable=False),
        sa.Column("program", sa.Text),
        sa.Column("is_sale", sa.Boolean, nullable=False),
        sa.Column("business", sa.Boolean, nullable=False),
        sa.Column("related", JSONB, nullable=False),
        sa.Column("placed_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("cancel_requested", sa.Boolean, nullable=False),
        *(sa.Column(name, _TIME) for name in ("ship_by", "deliver_by", "label_not_before")),
        *(sa.Column(name, _TIME) for name in ("delivered_at", "ended_at", "erase_after")),
        sa.Column("total_minor", sa.BigInteger),
        sa.Column("currency", sa.Text),
        sa.Column("recipient_digest", sa.Text),
        sa.Column("content_digest", sa.Text, nullable=False),
        sa.Column("packages", JSONB, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("event_sequence", sa.BigInteger, nullable=False),
        sa.Column("data_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_personal", sa.LargeBinary, nullable=False),
        sa.Column("sealed_raw", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_marketplace_order"),
        sa.UniqueConstraint(
            "connection_id", "marketplace_order_id", name="uq_marketplace_order_connection_id_marketplace_order_id"
        ),
    )


def _line() -> None:
    op.create_index("ix_marketplace_order_list", "marketplace_order", ["organisation_id", "placed_at", "id"])
    op.create_index("ix_marketplace_order_search", "marketplace_order", ["organisation_id", "marketplace_order_id"])
    op.create_table(
        "order_line",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("marketplace_line_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("sku", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("ordered", sa.Integer, nullable=False),
        sa.Column("cancelled", sa.Integer, nullable=False),
        sa.Column("fulfilled", sa.Integer, nullable=False),
        sa.Column("fulfilled_before", sa.Integer, nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger),
        sa.Column("currency", sa.Text),
        sa.Column("duties", ARRAY(sa.Text), nullable=False),
        sa.Column("cancel_requested", sa.Boolean, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("reserve", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_order_line"),
        sa.UniqueConstraint("order_id", "marketplace_line_id", name="uq_order_line_order_id_marketplace_line_id"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["marketplace_order.id"], name="fk_order_line_order_id_marketplace_order", ondelete="CASCADE"
        ),
    )


def _told() -> None:
    op.create_table(
        "timeline",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True)),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("facts", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_timeline"),
    )
    op.create_index("ix_timeline_order", "timeline", ["order_id", "id"])
    op.create_table(
        "reservation",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("order_version", sa.Integer, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("lines", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_reservation"),
    )
    op.create_table(
        "shipments",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("shipments", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_shipments"),
    )


def _unreadable() -> None:
    op.create_table(
        "unreadable_record",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("record_key", sa.Text, nullable=False),
        sa.Column("marketplace_order_id", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("first_read_at", _TIME, nullable=False),
        sa.Column("last_read_at", _TIME, nullable=False),
        sa.Column("data_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_raw", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unreadable_record"),
        sa.UniqueConstraint("connection_id", "record_key", name="uq_unreadable_record_connection_id_record_key"),
    )
    op.create_index("ix_unreadable_record_organisation_id", "unreadable_record", ["organisation_id"])
    op.create_table(
        "recipient_read",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("user_id", sa.Uuid),
        sa.Column("service", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_recipient_read"),
    )
    op.create_index("ix_recipient_read_order", "recipient_read", ["order_id", "at"])
