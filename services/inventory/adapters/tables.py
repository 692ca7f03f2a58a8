"""The tables of inventory, beside the standard ones. A change here is a migration too."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.metadata import new_metadata
from shared.db.standard import closed_organisation_table, inbox_table, lease_table, outbox_table

metadata = new_metadata()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
lease = lease_table(metadata)
closed_organisation = closed_organisation_table(metadata)

# Codes sort by code point, whatever the database's language: cursors depend on it.
_CODE = Text(collation="C")
_TIME = DateTime(timezone=True)

sku = Table(
    "sku",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("code", _CODE, nullable=False),
    Column("weight_grams", Integer),
    Column("tracked", Boolean, nullable=False),
    Column("on_hand", Integer, nullable=False),
    Column("reserved", Integer, nullable=False),
    Column("short", Integer, nullable=False),
    Column("counted_at", _TIME),
    Column("low_level", Integer, nullable=False, server_default=text("0")),
    Column("created_at", _TIME, nullable=False),
    Column("event_sequence", BigInteger, nullable=False, server_default=text("0")),
    # `weight_grams` is the seller's word, this what its listings tell.
    Column("listed_weight_grams", Integer),
    UniqueConstraint("organisation_id", "code"),
    CheckConstraint("on_hand >= 0 and reserved >= 0 and short >= 0", name="never_negative"),
    CheckConstraint(
        "case when tracked then reserved <= on_hand and counted_at is not null else on_hand = 0 and short = 0 end",
        name="holds_what_is_there",
    ),
)

reservation = Table(
    "reservation",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("order_version", Integer),
    Column("marketplace_order_id", Text),
    Column("ship_by", _TIME),
    Column("event_sequence", BigInteger, nullable=False, server_default=text("0")),
    # When the marketplace last changed the order, as orders told; until it does, when we first heard of it.
    Column("updated_at", _TIME, nullable=False),
)
# What was kept for its time.
Index("ix_reservation_updated_at", reservation.c.updated_at)

reservation_line = Table(
    "reservation_line",
    metadata,
    Column("line_id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey("reservation.order_id"), nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("sku_id", Uuid, ForeignKey("sku.id")),
    Column("ship_by", _TIME),
    Column("ordered", Integer, nullable=False),
    Column("cancelled", Integer, nullable=False),
    Column("fulfilled", Integer, nullable=False),
    Column("fulfilled_before", Integer),
    Column("reserve", Boolean, nullable=False),
    Column("ours", Boolean, nullable=False),
    Column("confirmed", Integer, nullable=False),
    Column("departed", Integer, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("reserved", Integer, nullable=False),
    CheckConstraint("reserved between 0 and wanted", name="reserved_is_wanted"),
)
Index("ix_reservation_line_order_id", reservation_line.c.order_id)
# What an organisation is short of, by urgency.
Index(
    "ix_reservation_line_short",
    reservation_line.c.organisation_id,
    reservation_line.c.ship_by,
    postgresql_where=text("wanted > reserved"),
)
# Who waits for a SKU and who holds it, by urgency.
Index(
    "ix_reservation_line_waiting",
    reservation_line.c.sku_id,
    reservation_line.c.ship_by,
    reservation_line.c.line_id,
    postgresql_where=text("wanted > 0"),
)

# What was uploaded and looked at before it is applied: read rows and bad lines.
stock_import = Table(
    "stock_import",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False, index=True),
    Column("made_by", Uuid),
    Column("made_at", _TIME, nullable=False),
    Column("rows", JSONB, nullable=False),
    Column("bad", JSONB, nullable=False),
    Column("applied_at", _TIME),
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    # Drawn under the SKU's lock: the order of its entries.
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("sku_id", Uuid, ForeignKey("sku.id"), nullable=False),
    Column("at", _TIME, nullable=False),
    Column("reason", Text, nullable=False),
    Column("change", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("via", Text, nullable=False),
    Column("user_id", Uuid),
    Column("order_id", Uuid),
    Column("line_id", Uuid),
    Column("departed", Integer),
    # A line's units leave once: the same total is never written twice.
    UniqueConstraint("line_id", "departed"),
)
Index("ix_ledger_entry_sku_id_id", ledger_entry.c.sku_id, ledger_entry.c.id)
# What was kept for its time, and is not what older ones were folded into.
Index("ix_ledger_entry_at", ledger_entry.c.at, postgresql_where=text("reason <> 'opening'"))

# Our copy of what auth tells. `channels`: ids, in auth's order.
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
)

# How far a connection's listings have been read (domain/discovery.py), and what reading waits for.
discovery = Table(
    "discovery",
    metadata,
    Column("connection_id", Uuid, ForeignKey("connection.id"), primary_key=True),
    Column("due_at", _TIME, nullable=False, index=True),
    Column("current", JSONB(none_as_null=True)),
    Column("read_at", _TIME),
    Column("unreadable", Integer, nullable=False),
    Column("waits_code", Text),
    Column("waits_since", _TIME),
    Column("weights", Boolean, nullable=False, server_default=text("false")),
)

# What is told of a listing, or of all that share one quantity (domain/target.py).
target = Table(
    "push_target",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("connection_id", Uuid, ForeignKey("connection.id"), nullable=False),
    Column("scope", Text, nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("sku", _CODE, nullable=False),
    Column("sku_id", Uuid, ForeignKey("sku.id"), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("buffer", Integer, nullable=False),
    Column("maximum", Integer),
    Column("desired", Integer),
    Column("desired_version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", _TIME),
    Column("waiting_since", _TIME),
    Column("submission_id", Uuid),
    Column("told", Integer),
    Column("told_at", _TIME),
    Column("shown", Integer),
    Column("shown_at", _TIME),
    Column("reason", Text),
    Column("detail", Text),
    Column("refusals", Integer, nullable=False),
    Column("drifts", Integer, nullable=False),
    UniqueConstraint("connection_id", "sku", "scope"),
    CheckConstraint("(state = 'sending') = (submission_id is not null)", name="sending_is_in_a_submission"),
    CheckConstraint("(state in ('waiting', 'refused', 'sale')) = (due_at is not null)", name="waits_for_its_time"),
)
Index("ix_push_target_sku_id", target.c.sku_id)
Index("ix_push_target_due", target.c.connection_id, target.c.due_at, postgresql_where=text("due_at is not null"))

listing = Table(
    "listing",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("connection_id", Uuid, ForeignKey("connection.id"), nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("sku", _CODE, nullable=False),
    Column("title", Text),
    Column("active", Boolean, nullable=False),
    Column("marketplace_fulfilled", Boolean, nullable=False),
    Column("quantity", Integer),
    Column("facts", JSONB, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("seen_at", _TIME, nullable=False),
    Column("sku_id", Uuid, ForeignKey("sku.id")),
    Column("mapped_by", Text),
    Column("follow", Boolean, nullable=False),
    Column("buffer", Integer, nullable=False),
    Column("maximum", Integer),
    Column("gone_at", _TIME),
    Column("target_id", Uuid, ForeignKey("push_target.id")),
    Column("weight_grams", Integer),
    Column("weight_at", _TIME),
    Column("weight_problem", Text),
    UniqueConstraint("connection_id", "sku", "channel_id"),
    CheckConstraint("buffer >= 0 and maximum >= 0", name="never_negative"),
)
# Pages and lists; and what waits for a SKU of its code.
Index("ix_listing_organisation_id_sku", listing.c.organisation_id, listing.c.sku, listing.c.id)
Index("ix_listing_sku_id", listing.c.sku_id)
# Who is told through a target: asked of one that is deleted.
Index("ix_listing_target_id", listing.c.target_id)
# What was kept for its time: few are gone, and those that are there are written every few hours.
Index("ix_listing_gone_at", listing.c.gone_at, postgresql_where=text("gone_at is not null"))

# Told together; ended ones are deleted. `state`: the marketplace's own, between two calls.
submission = Table(
    "submission",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("connection_id", Uuid, ForeignKey("connection.id"), nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("lines", JSONB, nullable=False),
    Column("state", JSONB, nullable=False),
    Column("due_at", _TIME, nullable=False),
    Column("begun_at", _TIME, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("reason", Text),
)
Index("ix_submission_due", submission.c.connection_id, submission.c.due_at)
