"""Models and migrations agree, down to checks, indexes and defaults: compared in PostgreSQL's own words."""

import importlib

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.engine import make_engine
from tests.infrastructure import MakeDatabase

SERVICES = ("auth", "orders", "inventory", "labels")
_COLUMNS = """
    select 'column ' || table_name || '.' || column_name || ' ' || udt_name || ' ' || is_nullable || ' '
           || coalesce(column_default, '') || ' ' || is_identity
    from information_schema.columns where table_schema = 'public' and table_name <> 'alembic_version'
"""
_CONSTRAINTS = """
    select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'public'::regnamespace and conrelid::regclass::text <> 'alembic_version'
      and contype <> 'n'
"""
_INDEXES = "select 'index ' || indexdef from pg_indexes where schemaname = 'public' and tablename <> 'alembic_version'"


async def described(engine: AsyncEngine) -> set[str]:
    async with engine.connect() as connection:
        return {
            row
            for query in (_COLUMNS, _CONSTRAINTS, _INDEXES)
            for row in (await connection.execute(text(query))).scalars()
        }


@pytest.mark.parametrize("service", SERVICES)
async def test_models_and_migrations_agree(
    service: str, database: MakeDatabase, migrated_database: MakeDatabase
) -> None:
    """A database made by the migrations and one made from the tables are the same."""
    metadata = importlib.import_module(f"services.{service}.adapters.tables").metadata
    migrated, modelled = make_engine(migrated_database(service), "test"), make_engine(database(service), "test")
    try:
        async with modelled.begin() as connection:
            await connection.run_sync(metadata.create_all)
        assert await described(migrated) == await described(modelled)
    finally:
        await migrated.dispose()
        await modelled.dispose()
