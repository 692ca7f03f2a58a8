"""Shipments, their write-backs, and what they are planned from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.db import standard_v1

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    standard_v1.create_outbox(op)
    standard_v1.create_inbox(op)
    standard_v1.create_lease(op)
    _create_connection()
    _create_policies()
    _create_fulfilment()
    _create_shipment()
    _index_shipment()
    _create_write_back()


def _create_connection() -> None:
    op.create_table(
        "connection",
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("marketplace", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("seller_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("consent_version", sa.Integer, nullable=False),
        sa.Column("channels", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("connection_id", name="pk_connection"),
    )
    op.create_index("ix_connection_organisation_id", "connection", ["organisation_id"])


def _create_policies() -> None:
    op.create_table(
        "channel_mode",
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("channel_id", sa.Text, nullable=False),
        sa.Column("automatic", sa.Boolean, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "channel_id", name="pk_channel_mode"),
    )
    op.create_table(
        "carrier_settings",
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("sender", JSONB, nullable=False),
        sa.Column("carrier_name", sa.Text, nullable=False),
        sa.Column("gs1_prefix", sa.Text, nullable=False),
        sa.Column("extension", sa.SmallInteger, nullable=False),
        sa.Column("serial_first", sa.BigInteger, nullable=False),
        sa.Column("serial_last", sa.BigInteger, nullable=False),
        sa.Column("tracking_url_template", sa.Text),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_carrier_settings"),
    )
    op.create_table(
        "serial",
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("gs1_prefix", sa.Text, nullable=False),
        sa.Column("extension", sa.SmallInteger, nullable=False),
        sa.Column("last_given", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "gs1_prefix", "extension", name="pk_serial"),
    )


def _create_fulfilment() -> None:
    op.create_table(
        "fulfilment",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("connection_id", sa.Uuid),
        sa.Column("channel_id", sa.Text),
        sa.Column("marketplace_order_id", sa.Text),
        sa.Column("order_state", JSONB),
        sa.Column("reservation", JSONB),
        sa.Column("event_sequence", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("person_decides", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("replan_at", _TIME),
        sa.PrimaryKeyConstraint("order_id", name="pk_fulfilment"),
    )
    op.create_index("ix_fulfilment_channel", "fulfilment", ["connection_id", "channel_id"])
    op.create_index("ix_fulfilment_organisation_id", "fulfilment", ["organisation_id"])
    op.create_index(
        "ix_fulfilment_replan_at", "fulfilment", ["replan_at"], postgresql_where=sa.text("replan_at is not null")
    )


_ASKED_AND_FOUND = (
    ("requested_at", _TIME),
    ("requested_by", sa.Uuid),
    ("despite_version", sa.Integer),
    ("weight_override_grams", sa.Integer),
    ("problem", sa.Text),
    ("problem_detail", sa.Text),
    ("problem_version", sa.Integer),
)


def _create_shipment() -> None:
    op.create_table(
        "shipment",
        sa.Column("shipment_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("planned_at", _TIME, nullable=False),
        sa.Column("lines", JSONB, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("reason_detail", sa.Text),
        *(sa.Column(name, kind) for name, kind in _ASKED_AND_FOUND),
        sa.Column("label_due_at", _TIME),
        sa.Column("label_attempt", sa.Integer, nullable=False),
        sa.Column("label_known", sa.Boolean, nullable=False),
        sa.Column("order_version", sa.Integer),
        sa.Column("order_version_seen", sa.Integer),
        sa.Column("cancel_seen", sa.Boolean, nullable=False),
        sa.Column("recipient_digest", sa.Text),
        sa.Column("carrier", sa.Text),
        sa.Column("sender", JSONB),
        sa.Column("number", sa.Text),
        sa.Column("tracking_number", sa.Text),
        sa.Column("tracking_url", sa.Text),
        sa.Column("label_created_at", _TIME),
        sa.Column("voided_at", _TIME),
        sa.PrimaryKeyConstraint("shipment_id", name="pk_shipment"),
        sa.ForeignKeyConstraint(["order_id"], ["fulfilment.order_id"], name="fk_shipment_order_id_fulfilment"),
    )


def _index_shipment() -> None:
    op.create_index("ix_shipment_order_id", "shipment", ["order_id"])
    op.create_index("ix_shipment_page", "shipment", ["organisation_id", "shipment_id"])
    op.create_index(
        "ix_shipment_due", "shipment", ["label_due_at"], postgresql_where=sa.text("label_due_at is not null")
    )
    op.create_index(
        "uq_shipment_number",
        "shipment",
        ["organisation_id", "number"],
        unique=True,
        postgresql_where=sa.text("number is not null"),
    )


def _create_write_back() -> None:
    op.create_table(
        "write_back",
        sa.Column("shipment_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at", _TIME),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("known", sa.Boolean, nullable=False),
        sa.Column("repeats", sa.Integer, nullable=False),
        sa.Column("reference", sa.Text),
        sa.Column("body", JSONB),
        sa.Column("reason", sa.Text),
        sa.Column("reason_detail", sa.Text),
        sa.Column("sent_at", _TIME),
        sa.Column("confirmed_at", _TIME),
        sa.PrimaryKeyConstraint("shipment_id", name="pk_write_back"),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.shipment_id"], name="fk_write_back_shipment_id_shipment"),
    )
    op.create_index("ix_write_back_order_id", "write_back", ["order_id"])
    op.create_index("ix_write_back_due", "write_back", ["due_at"], postgresql_where=sa.text("due_at is not null"))
    op.create_index(
        "uq_write_back_reference",
        "write_back",
        ["order_id", "reference"],
        unique=True,
        postgresql_where=sa.text("reference is not null"),
    )
