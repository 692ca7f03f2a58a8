"""The roles and databases that containers and operators make, on a PostgreSQL of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import postgres
from deploy.local.postgres import Postgres
from deploy.local.settings import PROCESSES
from tests.infrastructure import DatabaseServer, Running
from tests.ports import free_port

DATABASES = Path(__file__).parents[3] / "deploy" / "k8s" / "components" / "servers" / "databases.sql"
PASSWORDS = {f"{service.upper()}_PASSWORD": f"it's of {service}" for service in PROCESSES}


@pytest.fixture(scope="module")
def server() -> Iterator[DatabaseServer]:
    """A server on which the file has been run, as a superuser."""
    with tempfile.TemporaryDirectory(prefix="passerelle-pg-") as folder:
        own = Postgres(Path(folder, "data"), free_port(), settings=tuple(postgres.NOT_DURABLE.items()))
        running = Running(own, Path(folder, "log"))
        running.start()
        try:
            done = _psql(own.url("postgres"), "-f", str(DATABASES))
            assert done.returncode == 0, done.stderr
            with DatabaseServer(own.url("postgres")) as server:
                yield server
        finally:
            running.stop()


@pytest.mark.parametrize("service", PROCESSES)
def test_a_role_migrates_its_own_database_and_enters_no_other(service: str, server: DatabaseServer) -> None:
    """Its role is enough for the migration, is no superuser, and is let into no other service's database."""
    address = server.server_url.partition("@")[2].partition("/")[0]
    command = [sys.executable, "-m", f"services.{service}", "migrate"]
    url = f"postgresql+asyncpg://{service}@{address}/{service}"
    environment = os.environ | {f"{service.upper()}_DATABASE_URL": url}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for other in set(PROCESSES) - {service}:
        refused = _psql(f"postgresql://{service}@{address}/{other}", "-c", "select 1")
        assert "permission denied for database" in refused.stderr
    may = "select rolsuper or rolcreaterole or rolcreatedb or rolreplication from pg_roles where rolname = current_user"
    assert _psql(f"postgresql://{service}@{address}/{service}", "-At", "-c", may).stdout.strip() == "f"


def _psql(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(postgres.binaries() / "psql"), "-X", "-q", "-d", url, *arguments]
    return subprocess.run(command, env=os.environ | PASSWORDS, capture_output=True, text=True, check=False)
