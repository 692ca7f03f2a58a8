"""What was there before API clients had two secrets and the audit log its chain is there afterwards."""

from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.auth.adapters.audit import SqlAuditLog
from services.auth.adapters.store import bind
from services.auth.domain.audit import Action, AuditEntry
from services.auth.usecases.audit_log import verify_audit
from shared.db.engine import make_engine
from shared.db.migrations import alembic_config, migrate
from shared.db.unit_of_work import SqlUnitOfWork
from shared.kernel.ids import new_id
from tests.infrastructure import MakeDatabase

MIGRATIONS = Path(__file__).parents[3] / "services" / "auth" / "migrations"
_BEFORE = (
    "insert into organisation (id, name, created_at) values (gen_random_uuid(), 'Ours', now())",
    "insert into api_client (id, organisation_id, name, scopes, secret_digest, made_at, used_at) "
    "select 'client-1', id, 'ERP', '{x}', 'd1gest', now(), now() from organisation",
    "insert into audit (id, at, action) select gen_random_uuid(), now() - n * interval '1 hour', 'account.signed_in' "
    "from generate_series(1, 5) n",
)


def _to_0006(connection: Connection) -> None:
    config = alembic_config(MIGRATIONS)
    config.attributes["connection"] = connection
    command.upgrade(config, "0006")


async def _problem_with(engine: AsyncEngine, position: int, browser: str | None, before: str | None) -> str | None:
    """What is said while somebody with the database in their hands has changed an entry's browser."""
    change = text("update audit set browser = :browser from audit_link where entry_id = id and position = :position")
    told = []
    for value in (browser, before):
        async with engine.begin() as connection:
            await connection.execute(text("set local session_replication_role = replica"))
            await connection.execute(change, {"browser": value, "position": position})
        told.append((await verify_audit(SqlAuditLog(engine))).problem)
    assert told[1] is None
    return told[0]


async def test_secrets_and_entries_of_before_are_kept(database: MakeDatabase) -> None:
    """
    A client's secret still opens, with its last use; old entries are in the chain, in the order of their time. Those
    that were linked before sessions were hashed are verified as they were, and stay as they were.
    """
    url = database("auth")
    engine = make_engine(url, "test")
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_to_0006)
            for statement in _BEFORE:
                await connection.execute(text(statement))
        await migrate(url, MIGRATIONS)
        async with SqlUnitOfWork(engine, bind)() as store:
            client = await store.api_clients.living("client-1")
        assert client is not None
        assert [secret.digest for secret in client.living] == ["d1gest"]
        assert client.used_at is not None
        async with SqlUnitOfWork(engine, bind)() as store:
            entry = AuditEntry(new_id(), datetime.now(UTC), Action.SIGNED_IN, None, session_id=new_id(), browser="Édge")
            await store.audit.add(entry)
        found = await verify_audit(SqlAuditLog(engine))
        assert (found.entries, found.problem) == (6, None)
        in_order = "select at from audit join audit_link on entry_id = id order by position"
        async with engine.connect() as connection:
            times = list((await connection.execute(text(in_order))).scalars())
            versions = list(
                (await connection.execute(text("select version from audit_link order by position"))).scalars()
            )
        assert (times, versions) == (sorted(times), [1, 1, 1, 1, 1, 2])
        for position, browser, before in ((2, "Firefox", None), (6, None, "Édge")):
            assert f"position {position}, entry" in str(await _problem_with(engine, position, browser, before))
    finally:
        await engine.dispose()
