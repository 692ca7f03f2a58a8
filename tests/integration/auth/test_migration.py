"""What was there before API clients had two secrets and the audit log its chain is there afterwards."""

from pathlib import Path

from alembic import command
from sqlalchemy import Connection, text

from services.auth.adapters.audit import SqlAuditLog
from services.auth.adapters.store import bind
from services.auth.usecases.audit_log import verify_audit
from shared.db.engine import make_engine
from shared.db.migrations import alembic_config, migrate
from shared.db.unit_of_work import SqlUnitOfWork
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


async def test_secrets_and_entries_of_before_are_kept(database: MakeDatabase) -> None:
    """A client's secret still opens, with its last use; old entries are in the chain, in the order of their time."""
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
        found = await verify_audit(SqlAuditLog(engine))
        assert (found.entries, found.problem) == (5, None)
        in_order = "select at from audit join audit_link on entry_id = id order by position"
        async with engine.connect() as connection:
            times = list((await connection.execute(text(in_order))).scalars())
        assert times == sorted(times)
    finally:
        await engine.dispose()
