"""
The tables services have alike: outbox (events to publish), inbox (last event applied by key), lease (claims), and
organisations that were closed.
"""

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, MetaData, Table, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB

_WAITING = "published_at is null and refused_at is null"


def outbox_table(metadata: MetaData) -> Table:
    """
    Events, in the order they were written; per subject that is the order of their sequence. `body` empty: there is
    none, on Kafka no value.
    """
    table = Table(
        "outbox",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("topic", Text, nullable=False),
        Column("subject", Uuid, nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("event_id", Uuid, nullable=False, unique=True),
        Column("type", Text, nullable=False),
        Column("time", DateTime(timezone=True), nullable=False),
        Column("traceparent", Text),
        Column("body", Text, nullable=False),
        Column("written_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("published_at", DateTime(timezone=True)),
        Column("refused_at", DateTime(timezone=True)),
        Column("refused_reason", Text),
    )
    Index("ix_outbox_waiting", table.c.id, postgresql_where=text(_WAITING))
    Index("ix_outbox_refused", table.c.topic, table.c.subject, postgresql_where=text("refused_at is not null"))
    Index("ix_outbox_published_at", table.c.published_at)
    return table


def inbox_table(metadata: MetaData) -> Table:
    """One row per (consumer, topic, subject): the last sequence applied, and the event parked, if one is."""
    table = Table(
        "inbox",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("topic", Text, primary_key=True),
        Column("subject", Uuid, primary_key=True),
        Column("sequence", BigInteger, nullable=False),
        Column("applied_at", DateTime(timezone=True)),
        Column("parked_sequence", BigInteger),
        Column("parked_event", JSONB),
        Column("parked_reason", Text),
        Column("parked_since", DateTime(timezone=True)),
    )
    Index("ix_inbox_parked", table.c.parked_since, postgresql_where=text("parked_since is not null"))
    return table


def lease_table(metadata: MetaData) -> Table:
    """
    Who works for which subject now. `not_before`: when its last turn ended, or its pause does. `budgets`: the far
    side's buckets, saved between holders.
    """
    return Table(
        "lease",
        metadata,
        Column("kind", Text, primary_key=True),
        Column("subject", Uuid, primary_key=True),
        Column("token", Uuid),
        Column("leased_until", DateTime(timezone=True)),
        Column("not_before", DateTime(timezone=True)),
        Column("budgets", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    )


def closed_organisation_table(metadata: MetaData) -> Table:
    """Whose data is to go: until `erased_at` what still comes goes, too (`shared/db/closed.py`)."""
    return Table(
        "closed_organisation",
        metadata,
        Column("organisation_id", Uuid, primary_key=True),
        Column("closed_at", DateTime(timezone=True), nullable=False),
        Column("erased_at", DateTime(timezone=True)),
    )
