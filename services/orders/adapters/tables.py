"""The tables of orders. Amounts in minor units, times in UTC; what is called `sealed_…` opens with `data_key` only."""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.orders.domain.waiting import HALTED, TELLING, TROUBLE
from shared.db.metadata import new_metadata
from shared.db.standard import inbox_table, lease_table, outbox_table

metadata = new_metadata()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
lease = lease_table(metadata)

_TIME = DateTime(timezone=True)

# Our copy of what auth tells.
connection = Table(
    "connection",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False, index=True),
    Column("marketplace", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("seller_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("consent_version", Integer, nullable=False),
    Column("channels", JSONB, nullable=False),
    Column("orders_from", _TIME),
    Column("erase_asked_at", _TIME),
    Column("erase_done_at", _TIME),
)

# How far a connection has been read (domain/windows.py), and what reading waits for.
poll = Table(
    "poll",
    metadata,
    Column("connection_id", Uuid, ForeignKey("connection.id"), primary_key=True),
    Column("due_at", _TIME, nullable=False, index=True),
    Column("progress", JSONB, nullable=False),
    Column("read_at", _TIME),
    Column("waits_code", Text),
    Column("waits_since", _TIME),
)

# The ship-by of what is left to be done; what is done has none. A literal: only so does it match its index.
DEADLINE = "case when decision <> 'not_ours' then ship_by end"
# What lists are filtered by: orders that have it all in common are a group (order_groups.py).
GROUP = ("marketplace", "connection_id", "channel_id", "decision", "status", "stage")

order = Table(
    "marketplace_order",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    Column("marketplace", Text, nullable=False),
    Column("marketplace_order_id", Text, nullable=False),
    Column("channel_id", Text, nullable=False, server_default=""),  # empty: not told
    Column("status", Text, nullable=False),
    Column("status_text", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("shipped_by", Text, nullable=False),
    Column("program", Text),
    Column("is_sale", Boolean, nullable=False),
    Column("business", Boolean, nullable=False),
    Column("related", JSONB, nullable=False),
    Column("placed_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("ship_by", _TIME),
    Column("deliver_by", _TIME),
    Column("label_not_before", _TIME),
    Column("delivered_at", _TIME),
    Column("ended_at", _TIME),
    Column("erase_after", _TIME),
    Column("total_minor", BigInteger),
    Column("currency", Text),
    Column("recipient_digest", Text),
    Column("content_digest", Text, nullable=False),
    Column("packages", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("event_sequence", BigInteger, nullable=False),
    # Erased: all three are gone, and never come again.
    Column("data_key", LargeBinary),
    Column("sealed_personal", LargeBinary),
    Column("sealed_raw", LargeBinary),
    Column("erased_at", _TIME),
    CheckConstraint(
        "num_nonnulls(data_key, sealed_personal, sealed_raw) = case when erased_at is null then 3 else 0 end",
        name="erased",
    ),
    Index("ix_marketplace_order_erase", "connection_id", "erase_after", postgresql_where=text("erased_at is null")),
    # What was kept for its time: found at the index's beginning, however much is kept.
    Index("ix_marketplace_order_updated_at", "marketplace", "updated_at"),
    # How far it has come (domain/stage.py), of its own and others' words: written apart, under the row's lock.
    Column("stage", Text, nullable=False, server_default="received"),
    # Lists are filtered and sorted in these alone: one each way, whatever the filters.
    Index(
        "ix_marketplace_order_placed",
        "organisation_id",
        *GROUP,
        "placed_at",
        "id",
        postgresql_include=["marketplace_order_id"],
    ),
    Index(
        "ix_marketplace_order_deadline",
        "organisation_id",
        *GROUP,
        text(f"({DEADLINE})"),
        "id",
        postgresql_include=["marketplace_order_id", "ship_by"],
    ),
    # Counts: few different keys, so that it is small.
    Index("ix_marketplace_order_counted", "organisation_id", "decision", "status", "stage"),
    # One order of a number in a connection; how it begins, with all that lists are filtered and sorted by.
    Index(
        "ix_marketplace_order_number",
        "organisation_id",
        "marketplace_order_id",
        "connection_id",
        unique=True,
        postgresql_ops={"marketplace_order_id": "text_pattern_ops"},
        postgresql_include=["marketplace", "channel_id", "decision", "status", "stage", "placed_at", "ship_by", "id"],
    ),
)

# Never the sealed columns: what is not fetched cannot be shown by mistake.
SHOWN = [column for column in order.columns if column.name not in ("data_key", "sealed_personal", "sealed_raw")]

line = Table(
    "order_line",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey("marketplace_order.id", ondelete="CASCADE"), nullable=False),
    Column("marketplace_line_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("sku", Text),
    Column("title", Text),
    Column("ordered", Integer, nullable=False),
    Column("cancelled", Integer, nullable=False),
    Column("fulfilled", Integer, nullable=False),
    Column("fulfilled_before", Integer, nullable=False),
    Column("unit_price_minor", BigInteger),
    Column("currency", Text),
    Column("duties", ARRAY(Text), nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("decision", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reserve", Boolean, nullable=False),
    Column("destination", Integer, nullable=False, server_default="0"),
    UniqueConstraint("order_id", "marketplace_line_id"),
    Index("ix_order_line_cancellation", "order_id", postgresql_where=text("code = 'cancellation_requested'")),
)

# What happened, in the order it was written. No key to the order: others tell of orders not heard of yet.
timeline = Table(
    "timeline",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("code", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Index("ix_timeline_order", "order_id", "id"),
)

# Inventory's and labels' newest words. The conditions find the few that wait for somebody (dashboard): literals, only
# so do they match their indexes.
SHORT = "jsonb_path_exists(lines, '$[*] ? (@.short > 0)')"
UNCONFIRMED = (
    'jsonb_path_exists(shipments, \'$[*] ? (@.state != "voided" && @.write_back != null'
    ' && @.write_back != "confirmed")\')'
)


def _any_of(name: str, words: Sequence[str]) -> str:
    return " || ".join(f'@.{name} == "{word}"' for word in words)


_TROUBLE = _any_of("write_back", TROUBLE)
_HALTED = f"({_any_of('state', HALTED)}) && !({_any_of('write_back', TELLING)})"
WRITE_BACK_TROUBLED = f"jsonb_path_exists(shipments, '$[*] ? ({_TROUBLE})')"
TROUBLED = f"jsonb_path_exists(shipments, '$[*] ? ({_TROUBLE} || ({_HALTED}))')"

reservation = Table(
    "reservation",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("order_version", Integer, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("lines", JSONB, nullable=False),
    Index("ix_reservation_short", "organisation_id", postgresql_where=text(SHORT)),
    Index("ix_reservation_at", "at"),
)
shipments = Table(
    "shipments",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("shipments", JSONB, nullable=False),
    Index("ix_shipments_unconfirmed", "organisation_id", postgresql_where=text(UNCONFIRMED)),
    Index("ix_shipments_troubled", "organisation_id", postgresql_where=text(TROUBLED)),
    Index("ix_shipments_at", "at"),
)

# Records of a page that could not be read; gone when their order is read well.
unreadable = Table(
    "unreadable_record",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False, index=True),
    Column("connection_id", Uuid, nullable=False),
    Column("record_key", Text, nullable=False),
    Column("marketplace_order_id", Text),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_read_at", _TIME, nullable=False),
    Column("last_read_at", _TIME, nullable=False),
    Column("erase_after", _TIME, nullable=False, index=True),
    Column("data_key", LargeBinary, nullable=False),
    Column("sealed_raw", LargeBinary, nullable=False),
    UniqueConstraint("connection_id", "record_key"),
)

# The seller's answer to an order that waits for one (domain/acceptance.py); without `due_at` nothing is to be sent.
acceptance = Table(
    "acceptance",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    Column("accept", Boolean, nullable=False),
    Column("asked_by_user", Uuid),
    Column("asked_by_client", Text),
    Column("asked_at", _TIME, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("known", Boolean, nullable=False),
    Column("may_have_left", Boolean, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("due_at", _TIME),
    Column("reason", Text),
    Column("reason_detail", Text),
    ForeignKeyConstraint(["order_id"], ["marketplace_order.id"], ondelete="CASCADE"),
    Index("ix_acceptance_due", "connection_id", "due_at", postgresql_where=text("due_at is not null")),
)

# Who answers the orders of a connection, where somebody chose; else by hand.
acceptance_mode = Table(
    "acceptance_mode",
    metadata,
    Column("connection_id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("mode", Text, nullable=False),
)

# Audit: who looked at an address. Written in the transaction of the look.
recipient_read = Table(
    "recipient_read",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("user_id", Uuid),
    Column("service", Text),
    Column("destination", Integer, nullable=False, server_default="0"),
    Index("ix_recipient_read_order", "order_id", "at"),
    Index("ix_recipient_read_at", "at"),
)
