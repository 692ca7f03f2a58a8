"""The one way to make an engine: few connections, values never in error texts, time limits set on the server."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

STATEMENT_TIMEOUT = "30s"
LOCK_TIMEOUT = "10s"


def make_engine(url: str, application_name: str, *, pool_size: int = 5) -> AsyncEngine:
    """`url` is postgresql+asyncpg://…; `application_name` shows in pg_stat_activity."""
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,
        connect_args={
            "timeout": 5,
            "server_settings": {
                "application_name": application_name,
                "statement_timeout": STATEMENT_TIMEOUT,
                "lock_timeout": LOCK_TIMEOUT,
                # A process stopped (SIGSTOP) inside a transaction must not hold its locks for ever.
                "idle_in_transaction_session_timeout": "15s",
                "jit": "off",
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _not_closed)
    return engine


def _not_closed(_dbapi_connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
    """
    A connection the server has ended is replaced before it is used.

    The driver knows it without asking: `pool_pre_ping` would ask with three messages before each transaction.
    """
    driver = entry.driver_connection
    if driver is None or driver.is_closed():
        raise DisconnectionError("ended by the server")
