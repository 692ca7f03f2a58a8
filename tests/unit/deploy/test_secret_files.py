"""The secrets of a deployment, as files."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from deploy import secret_files
from deploy.local.settings import SCOPES
from tests.house.manifests import environment_file


def test_secrets_are_made_once(tmp_path: Path) -> None:
    """A second call changes nothing and says so: what was sealed with lost keys would stay sealed."""
    secret_files.make(tmp_path / "made", "postgres:5432")
    before = {path.name: path.read_text() for path in (tmp_path / "made").iterdir()}
    with pytest.raises(FileExistsError, match="made once"):
        secret_files.make(tmp_path / "made", "postgres:5432")
    assert {path.name: path.read_text() for path in (tmp_path / "made").iterdir()} == before


def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    """A private folder of private files."""
    secret_files.make(tmp_path / "made", "postgres:5432")
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "made").iterdir()} == {0o600}


def test_auth_knows_the_others_by_their_digests(tmp_path: Path) -> None:
    """Each client's digest is that of the secret its own file holds, which auth's does not."""
    secret_files.make(tmp_path, "postgres:5432")
    told = environment_file(tmp_path / "auth.env")
    known = {client["id"]: client["secret_hash"] for client in json.loads(told["AUTH_SERVICE_CLIENTS"])}
    held = {
        service: environment_file(tmp_path / f"{service}.env")[f"{service.upper()}_CLIENT_SECRET"] for service in SCOPES
    }
    assert known == {service: sha256(secret.encode()).hexdigest() for service, secret in held.items()}
    assert not any(secret in (tmp_path / "auth.env").read_text() for secret in held.values())


def test_a_role_has_the_password_that_its_service_uses(tmp_path: Path) -> None:
    """PostgreSQL is told the passwords of the addresses that the services are told."""
    secret_files.make(tmp_path, "db.example:5432")
    for name, password in environment_file(tmp_path / "postgres.env").items():
        service = name.removesuffix("_PASSWORD").lower()
        if service != "postgres":
            url = environment_file(tmp_path / f"{service}.env")[f"{service.upper()}_DATABASE_URL"]
            assert url == f"postgresql+asyncpg://{service}:{password}@db.example:5432/{service}"


def test_the_sandbox_and_auth_know_the_same_applications(tmp_path: Path) -> None:
    """Without the sandbox, the operator's own applications are still to be written in."""
    secret_files.make(tmp_path / "trying", "postgres:5432", sandbox="http://localhost:8080/")
    apps = json.loads(environment_file(tmp_path / "trying" / "auth.env")["AUTH_APPS"])
    assert set(apps) == {"amazon", "amazon_vendor", "amazon_mcf", "octopia"}
    for name, by_region in apps.items():
        far, app = json.loads((tmp_path / "trying" / f"sandbox-{name}.json").read_text()), by_region["eu"]
        assert (far["client_id"], far["client_secrets"]) == (app["client_id"], [app["client_secret"]])
    amazon = json.loads((tmp_path / "trying" / "sandbox-amazon.json").read_text())
    assert amazon["redirect_uris"] == ["http://localhost:8080/connections/amazon/callback"]
    secret_files.make(tmp_path / "real", "postgres:5432")
    assert environment_file(tmp_path / "real" / "auth.env")["AUTH_APPS"] == "{}"
