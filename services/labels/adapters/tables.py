"""
Labels' tables.

`fulfilment` is an order as labels knows it, and the row everything about that order locks; its facts came as events
and are kept as they came, in JSON. `shipment` and `write_back` are labels' own.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
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

_TIME = DateTime(timezone=True)

connection = Table(
    "connection",
    metadata,
    Column("connection_id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False, index=True),
    Column("marketplace", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("seller_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("consent_version", Integer, nullable=False),
    Column("channels", JSONB, nullable=False),
    Column("erase_asked_at", _TIME),
    Column("erase_done_at", _TIME),
)

channel_mode = Table(
    "channel_mode",
    metadata,
    Column("connection_id", Uuid, primary_key=True),
    Column("channel_id", Text, primary_key=True),
    Column("automatic", Boolean, nullable=False),
    Column("at_hand_over", Boolean, nullable=False, server_default=text("false")),
    Column("changed_at", _TIME, nullable=False),
)

carrier_settings = Table(
    "carrier_settings",
    metadata,
    Column("organisation_id", Uuid, primary_key=True),
    Column("sender", JSONB, nullable=False),
    Column("carrier_name", Text, nullable=False),
    Column("gs1_prefix", Text, nullable=False),
    Column("extension", SmallInteger, nullable=False),
    Column("serial_first", BigInteger, nullable=False),
    Column("serial_last", BigInteger, nullable=False),
    Column("tracking_url_template", Text),
    Column("changed_at", _TIME, nullable=False),
)

# The last serial given, per range: a range that is changed and changed back never gives a number twice.
serial = Table(
    "serial",
    metadata,
    Column("organisation_id", Uuid, primary_key=True),
    Column("gs1_prefix", Text, primary_key=True),
    Column("extension", SmallInteger, primary_key=True),
    Column("last_given", BigInteger, nullable=False),
)

fulfilment = Table(
    "fulfilment",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("connection_id", Uuid),
    Column("channel_id", Text),
    Column("marketplace_order_id", Text),
    Column("order_state", JSONB(none_as_null=True)),
    Column("reservation", JSONB(none_as_null=True)),
    Column("event_sequence", BigInteger, nullable=False, server_default=text("0")),
    Column("person_decides", Boolean, nullable=False, server_default=text("false")),
    Column("replan_at", _TIME),
    Column("erase_after", _TIME),
    Column("erased_at", _TIME),
    # When the marketplace last changed the order, as orders told; until it does, when we first heard of it.
    Column("updated_at", _TIME, nullable=False),
)
# What was kept for its time: by marketplace, which only orders tells.
Index("ix_fulfilment_updated_at", text("(order_state ->> 'marketplace')"), fulfilment.c.updated_at)
Index("ix_fulfilment_channel", fulfilment.c.connection_id, fulfilment.c.channel_id)
Index("ix_fulfilment_organisation_id", fulfilment.c.organisation_id)
Index(
    "ix_fulfilment_marketplace_order_id",
    fulfilment.c.organisation_id,
    fulfilment.c.marketplace_order_id,
    postgresql_ops={"marketplace_order_id": "text_pattern_ops"},
)
Index(
    "ix_fulfilment_erase",
    fulfilment.c.connection_id,
    fulfilment.c.erase_after,
    postgresql_where=text("erased_at is null"),
)
Index("ix_fulfilment_replan_at", fulfilment.c.replan_at, postgresql_where=text("replan_at is not null"))

shipment = Table(
    "shipment",
    metadata,
    Column("shipment_id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey("fulfilment.order_id"), nullable=False, index=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("planned_at", _TIME, nullable=False),
    Column("lines", JSONB, nullable=False),
    Column("destination", SmallInteger, nullable=False, server_default=text("0")),
    Column("reason", Text),
    Column("reason_detail", Text),
    Column("requested_at", _TIME),
    Column("requested_by", Uuid),
    Column("despite_version", Integer),
    Column("weight_override_grams", Integer),
    Column("problem", Text),
    Column("problem_detail", Text),
    Column("problem_version", Integer),
    Column("label_due_at", _TIME),
    Column("label_attempt", Integer, nullable=False),
    Column("label_known", Boolean, nullable=False),
    Column("order_version", Integer),
    Column("order_version_seen", Integer),
    Column("cancel_seen", Boolean, nullable=False),
    Column("recipient_digest", Text),
    Column("carrier", Text),
    Column("sender", JSONB(none_as_null=True)),
    Column("number", Text),
    Column("tracking_number", Text),
    Column("tracking_url", Text),
    Column("label_created_at", _TIME),
    Column("handed_over_at", _TIME),
    Column("handed_over_by", Uuid),
    Column("voided_at", _TIME),
)
Index("ix_shipment_page", shipment.c.organisation_id, shipment.c.shipment_id)
Index("ix_shipment_state", shipment.c.organisation_id, shipment.c.state, shipment.c.shipment_id)
Index(
    "ix_shipment_tracking_number",
    shipment.c.organisation_id,
    shipment.c.tracking_number,
    postgresql_ops={"tracking_number": "text_pattern_ops"},
)
Index("ix_shipment_due", shipment.c.label_due_at, postgresql_where=text("label_due_at is not null"))
# Numbers are drawn from a counter; this is the belt to its braces.
Index(
    "uq_shipment_number",
    shipment.c.organisation_id,
    shipment.c.number,
    unique=True,
    postgresql_where=text("number is not null"),
)

# What was asked for together, as it stood at the asking; how far it has come, its shipments say.
label_batch = Table(
    "label_batch",
    metadata,
    Column("batch_id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("requested_by", Uuid),
    Column("requested_at", _TIME, nullable=False),
)
Index("ix_label_batch_page", label_batch.c.organisation_id, label_batch.c.batch_id)

label_batch_item = Table(
    "label_batch_item",
    metadata,
    Column("batch_id", Uuid, ForeignKey("label_batch.batch_id"), primary_key=True),
    Column("position", SmallInteger, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("shipment_id", Uuid),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("reason_detail", Text),
)

write_back = Table(
    "write_back",
    metadata,
    Column("shipment_id", Uuid, ForeignKey("shipment.shipment_id"), primary_key=True),
    Column("order_id", Uuid, nullable=False, index=True),
    Column("connection_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", _TIME),
    Column("attempt", Integer, nullable=False),
    Column("known", Boolean, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("reference", Text),
    Column("body", JSONB(none_as_null=True)),
    Column("reason", Text),
    Column("reason_detail", Text),
    Column("sent_at", _TIME),
    Column("confirmed_at", _TIME),
)
Index("ix_write_back_state", write_back.c.connection_id, write_back.c.state, write_back.c.shipment_id)
Index("ix_write_back_due", write_back.c.due_at, postgresql_where=text("due_at is not null"))
# A marketplace takes a repeated reference for an edit of the same parcel.
Index(
    "uq_write_back_reference",
    write_back.c.order_id,
    write_back.c.reference,
    unique=True,
    postgresql_where=text("reference is not null"),
)
