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
from shared.db.standard import inbox_table, outbox_table

metadata = new_metadata()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)

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
)

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
