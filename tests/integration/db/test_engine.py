"""The engine's connections, on a real PostgreSQL."""

import asyncio
from urllib.parse import urlsplit, urlunsplit

import pytest
from sqlalchemy import text

from shared.db.engine import make_engine
from shared.db.errors import DatabaseUnavailable
from shared.db.unit_of_work import transaction
from tests.infrastructure import MakeDatabase, unique_name

_OWN = "select pg_backend_pid()"
_END_OTHERS = (
    "select pg_terminate_backend(pid) from pg_stat_activity "
    "where datname = current_database() and application_name = 'tests'"
)


async def test_connections_the_server_has_ended_are_replaced(database: MakeDatabase) -> None:
    """As after its restart: all that rested in the pool are gone, and no transaction after it fails for that."""
    url = database("engine")
    engine, operator = make_engine(url, "tests", pool_size=3), make_engine(url, "operator", pool_size=1)

    async def backend() -> int:
        async with transaction(engine) as connection:
            pid: int = (await connection.execute(text(f"{_OWN} from pg_sleep(0.05)"))).scalar_one()
            return pid

    before = set(await asyncio.gather(*(backend() for _ in range(3))))
    async with transaction(operator) as connection:
        ended = (await connection.execute(text(_END_OTHERS))).all()
    assert len(ended) == len(before) == 3
    await asyncio.sleep(0.2)  # the ends of three connections arrive
    after = set(await asyncio.gather(*(backend() for _ in range(3))))
    assert not before & after
    await engine.dispose()
    await operator.dispose()


async def test_not_being_let_in_is_a_database_that_is_away(database: MakeDatabase) -> None:
    """
    A role that may not sign in (as while its password is changed), a database that is not there yet: work waits and
    asks again. Seen red with SQLSTATE classes 28 and 3D left untranslated: bugs, which end a process.
    """
    url, role = database("engine"), unique_name("role")
    owner = make_engine(url, "owner")
    async with transaction(owner) as connection:
        await connection.execute(text(f"create role {role} nologin"))
    there = urlsplit(url)
    nobody = urlunsplit(there._replace(netloc=f"{role}@{there.hostname}:{there.port}"))
    try:
        for wrong, state in ((nobody, "28000"), (f"{url}_of_tomorrow", "3D000")):
            engine = make_engine(wrong, "tests")
            with pytest.raises(DatabaseUnavailable, match=state):
                async with transaction(engine):
                    raise AssertionError("let in")
            await engine.dispose()
    finally:
        async with transaction(owner) as connection:
            await connection.execute(text(f"drop role {role}"))
        await owner.dispose()
