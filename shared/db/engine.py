"""The one way to make an engine: few connections, values never in error texts, time limits set on the server."""

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

STATEMENT_TIMEOUT = "30s"
LOCK_TIMEOUT = "10s"


def make_engine(url: str, application_name: str, *, pool_size: int = 5) -> AsyncEngine:
    """`url` is postgresql+asyncpg://…; `application_name` shows in pg_stat_activity."""
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
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
