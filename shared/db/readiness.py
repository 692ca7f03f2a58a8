"""Whether the database answers, and has what this code expects of it: a process may start before its migration."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.unit_of_work import transaction


def migrated(engine: AsyncEngine, script_location: Path) -> Callable[[], Awaitable[bool]]:
    """
    A check of a process's health. A database that is ahead will do: the next release's migrations only add.

    `script_location` is the service's `migrations/`. The check raises where there is no database, or none was migrated.
    """
    newest = _newest(script_location)

    async def check() -> bool:
        async with transaction(engine) as connection:
            found: str = (await connection.execute(text("select version_num from alembic_version"))).scalar_one()
        return found >= newest

    return check


def _newest(script_location: Path) -> str:
    """Revisions are numbered, and their files are called after them."""
    return max(file.name.partition("_")[0] for file in (script_location / "versions").glob("[0-9]*.py"))
