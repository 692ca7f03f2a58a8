"""The laws of readiness: what started before its migration gets no work and says so; one that is behind goes on."""

from argparse import Namespace
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.db.engine import make_engine
from shared.db.errors import NotMigrated
from shared.runtime.serve import Ready
from tests.infrastructure import MakeDatabase

SERVICES = Path(__file__).parents[3] / "services"


def newest_of(service: str) -> str:
    """As Alembic would find it: the revision nobody comes after."""
    names = sorted(file.stem for file in (SERVICES / service / "migrations" / "versions").glob("0*.py"))
    found: str = import_module(f"services.{service}.migrations.versions.{names[-1]}").revision
    return found


@pytest.mark.parametrize("service", ["auth", "orders", "inventory", "labels"])
async def test_a_process_is_ready_once_its_database_is_migrated(
    service: str, migrated_database: MakeDatabase, database: MakeDatabase
) -> None:
    """Not on an empty database, not on one of the release before; on its own and on the next release's."""
    bootstrap = import_module(f"services.{service}.bootstrap")
    empty, engine = make_engine(database(service), "tests"), make_engine(migrated_database(service), "tests")
    is_ready: Ready = bootstrap.ready_on(engine)
    try:
        with pytest.raises(NotMigrated):
            await bootstrap.ready_on(empty)()
        for revision, expected in ((newest_of(service), True), ("0000", False), ("9999", True)):
            async with engine.begin() as connection:
                if revision != newest_of(service):
                    await connection.execute(text("update alembic_version set version_num = :now"), {"now": revision})
            assert await is_ready() is expected, revision
    finally:
        await empty.dispose()
        await engine.dispose()


@pytest.mark.parametrize("service", ["auth", "orders", "inventory", "labels"])
async def test_a_command_says_that_the_migration_comes_first(
    service: str, database: MakeDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line instead of a traceback."""
    monkeypatch.setenv(f"{service.upper()}_DATABASE_URL", database(service))
    settings = import_module(f"services.{service}.settings").load_for_migration()
    command = Namespace(command="republish", refused=True)
    status = await import_module(f"services.{service}.entrypoints.operator").run(command, settings)
    printed = capsys.readouterr()
    assert (status, printed.out) == (1, "")
    assert printed.err == 'not done: NotMigrated: relation "outbox" does not exist: `migrate` comes first\n'
