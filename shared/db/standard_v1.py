"""
The standard tables as a service's first migration creates them. Frozen: a change is a `standard_v2` and a migration.

`op` is Alembic's.
"""

from types import ModuleType

import sqlalchemy as sa
from alembic.operations import Operations
from sqlalchemy.dialects.postgresql import JSONB

_TIME = sa.DateTime(timezone=True)


def create_outbox(op: Operations | ModuleType) -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True)),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("subject", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("time", _TIME, nullable=False),
        sa.Column("traceparent", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("written_at", _TIME, nullable=False, server_default=sa.func.now()),
        sa.Column("published_at", _TIME),
        sa.Column("refused_at", _TIME),
        sa.Column("refused_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("event_id", name="uq_outbox_event_id"),
    )
    waiting = sa.text("published_at is null and refused_at is null")
    op.create_index("ix_outbox_waiting", "outbox", ["id"], postgresql_where=waiting)
    op.create_index(
        "ix_outbox_refused", "outbox", ["topic", "subject"], postgresql_where=sa.text("refused_at is not null")
    )
    op.create_index("ix_outbox_published_at", "outbox", ["published_at"])


def create_inbox(op: Operations | ModuleType) -> None:
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("subject", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("applied_at", _TIME),
        sa.Column("parked_sequence", sa.BigInteger),
        sa.Column("parked_event", JSONB),
        sa.Column("parked_reason", sa.Text),
        sa.Column("parked_since", _TIME),
        sa.PrimaryKeyConstraint("consumer", "topic", "subject", name="pk_inbox"),
    )
    op.create_index("ix_inbox_parked", "inbox", ["parked_since"], postgresql_where=sa.text("parked_since is not null"))


def create_lease(op: Operations | ModuleType) -> None:
    op.create_table(
        "lease",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Uuid, nullable=False),
        sa.Column("token", sa.Uuid),
        sa.Column("leased_until", _TIME),
        sa.Column("not_before", _TIME),
        sa.Column("budgets", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.PrimaryKeyConstraint("kind", "subject", name="pk_lease"),
    )
