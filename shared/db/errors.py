"""What can go wrong with the database, by what the caller does next."""

from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.kernel.errors import Conflict, DatabaseUnavailable

__all__ = ["Conflict", "DatabaseUnavailable", "NotMigrated", "StatementTimeout", "translated"]

# SQLSTATE classes: connection exception, insufficient resources (disk full, too many connections), operator
# intervention (shutdown, crash, starting up), system error; nobody is let in (a password that is being changed), or the
# database is not there yet; and read-only, as whoever runs it makes a server whose disk fills up, or that is one no
# longer written to.
_AWAY = ("08", "53", "57P", "58", "28", "3D", "25006")
_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
_STATEMENT_TIMEOUT = "57014"
_NOT_MIGRATED = frozenset({"42P01", "42703"})


class NotMigrated(DatabaseUnavailable):
    """
    A table or a column is missing, as before a migration: whoever runs before it waits, and works once it has come. The
    text names what is missing, in case that never comes.
    """


class StatementTimeout(DatabaseUnavailable):
    """A statement took too long: the server is too busy, or too much was asked of it at once."""


def translated(error: BaseException) -> Exception | None:
    """DatabaseUnavailable or Conflict where `error` is one of their many faces; None: something else."""
    if isinstance(error, PoolTimeout | InterfaceError | OSError):
        return DatabaseUnavailable(type(error).__name__)
    if not isinstance(error, DBAPIError):
        return None
    state = _sqlstate(error)
    if state in _CONFLICTS:
        return Conflict(state)
    if state == _STATEMENT_TIMEOUT:
        return StatementTimeout(state)
    if state in _NOT_MIGRATED:
        return NotMigrated(f"{_named(error)}: `migrate` comes first")
    if error.connection_invalidated or state.startswith(_AWAY) or _driver_lost_it(error):
        return DatabaseUnavailable(state or type(error.orig).__name__)
    return None


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or "")


def _named(error: DBAPIError) -> str:
    """The table or the column, in the server's words, which hold no value."""
    return str(getattr(getattr(error.orig, "__cause__", None), "message", "") or _sqlstate(error))


def _driver_lost_it(error: DBAPIError) -> bool:
    cause = getattr(error.orig, "__cause__", None)
    text = str(error.orig).lower()
    return isinstance(cause, OSError) or "connection was closed" in text or "connection is closed" in text
