"""Connections, their listings, and what channels are told of stock."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.db import standard_v1

revision = "0002"
down_revision = "0001"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    standard_v1.create_lease(op)
    _create_connection()
    _create_discovery()
    _create_push_target()
    _create_listing()
    _create_submission()


def _create_connection() -> None:
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


def _create_discovery() -> None:
    op.create_table(
        "discovery",
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("current", JSONB),
        sa.Column("read_at", _TIME),
        sa.Column("unreadable", sa.Integer, nullable=False),
        sa.Column("waits_code", sa.Text),
        sa.Column("waits_since", _TIME),
        sa.PrimaryKeyConstraint("connection_id", name="pk_discovery"),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name="fk_discovery_connection_id_connection"),
    )
    op.create_index("ix_discovery_due_at", "discovery", ["due_at"])


def _create_push_target() -> None:
    op.create_table(
        "push_target",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("channel_id", sa.Text, nullable=False),
        sa.Column("sku", sa.Text(collation="C"), nullable=False),
        sa.Column("sku_id", sa.Uuid, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("buffer", sa.Integer, nullable=False),
        sa.Column("maximum", sa.Integer),
        sa.Column("desired", sa.Integer),
        sa.Column("desired_version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at", _TIME),
        sa.Column("waiting_since", _TIME),
        sa.Column("submission_id", sa.Uuid),
        sa.Column("told", sa.Integer),
        sa.Column("told_at", _TIME),
        sa.Column("shown", sa.Integer),
        sa.Column("shown_at", _TIME),
        sa.Column("reason", sa.Text),
        sa.Column("detail", sa.Text),
        sa.Column("refusals", sa.Integer, nullable=False),
        sa.Column("drifts", sa.Integer, nullable=False),
        sa.UniqueConstraint("connection_id", "sku", "scope", name="uq_push_target_connection_id_sku_scope"),
        sa.PrimaryKeyConstraint("id", name="pk_push_target"),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name="fk_push_target_connection_id_connection"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_push_target_sku_id_sku"),
        sa.CheckConstraint(
            "(state = 'sending') = (submission_id is not null)", name="ck_push_target_sending_is_in_a_submission"
        ),
        sa.CheckConstraint(
            "(state in ('waiting', 'refused', 'sale')) = (due_at is not null)", name="ck_push_target_waits_for_its_time"
        ),
    )
    _index_push_target()


def _index_push_target() -> None:
    op.create_index("ix_push_target_sku_id", "push_target", ["sku_id"])
    op.create_index(
        "ix_push_target_due", "push_target", ["connection_id", "due_at"], postgresql_where=sa.text("due_at is not null")
    )


def _create_listing() -> None:
    op.create_table(
        "listing",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("channel_id", sa.Text, nullable=False),
        sa.Column("sku", sa.Text(collation="C"), nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("marketplace_fulfilled", sa.Boolean, nullable=False),
        sa.Column("quantity", sa.Integer),
        sa.Column("facts", JSONB, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
        sa.Column("sku_id", sa.Uuid),
        sa.Column("mapped_by", sa.Text),
        sa.Column("follow", sa.Boolean, nullable=False),
        sa.Column("buffer", sa.Integer, nullable=False),
        sa.Column("maximum", sa.Integer),
        sa.Column("gone_at", _TIME),
        sa.Column("target_id", sa.Uuid),
        sa.UniqueConstraint("connection_id", "sku", "channel_id", name="uq_listing_connection_id_sku_channel_id"),
        sa.PrimaryKeyConstraint("id", name="pk_listing"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_listing_sku_id_sku"),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name="fk_listing_connection_id_connection"),
        sa.ForeignKeyConstraint(["target_id"], ["push_target.id"], name="fk_listing_target_id_push_target"),
        sa.CheckConstraint("buffer >= 0 and maximum >= 0", name="ck_listing_never_negative"),
    )
    op.create_index("ix_listing_organisation_id_sku", "listing", ["organisation_id", "sku", "id"])
    op.create_index("ix_listing_sku_id", "listing", ["sku_id"])


def _create_submission() -> None:
    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("channel_id", sa.Text, nullable=False),
        sa.Column("lines", JSONB, nullable=False),
        sa.Column("state", JSONB, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("begun_at", _TIME, nullable=False),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_submission"),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name="fk_submission_connection_id_connection"),
    )
    op.create_index("ix_submission_due", "submission", ["connection_id", "due_at"])
