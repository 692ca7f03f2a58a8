"""The audit log's tables; what links and keeps their rows is PostgreSQL's (`audit_chain_v1`, `audit_chain_v2`)."""

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    event,
    text,
)

from services.auth.adapters.account_tables import TIME, metadata
from services.auth.adapters.audit_chain_v1 import CHAIN
from services.auth.adapters.audit_chain_v2 import CHAIN_V2

audit = Table(
    "audit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", TIME, nullable=False),
    Column("action", Text, nullable=False),
    Column("organisation_id", Uuid),
    Column("account_id", Uuid),
    Column("connection_id", Uuid, index=True),
    Column("reason", Text),
    Column("client_id", Text),
    Column("before", Text),
    Column("after", Text),
    Column("session_id", Uuid),
    Column("browser", Text),
    Index("ix_audit_organisation_id_id", "organisation_id", "id"),
)

# Made by a trigger when an entry is committed. No foreign key: the anchor outlives its entry. `version`: which fields
# are hashed.
audit_link = Table(
    "audit_link",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", Uuid, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False),
    Column("version", SmallInteger, nullable=False, server_default=text("1")),
)


@event.listens_for(metadata, "after_create")
def _chain(_metadata: MetaData, connection: Connection, **_: object) -> None:
    for statement in (*CHAIN, *CHAIN_V2):
        connection.exec_driver_sql(statement)
