"""
Makes the secrets of a new deployment, once: a file of NAME=value lines for each service, and one for PostgreSQL.

`python3 -m deploy.secret_files FOLDER --database-server postgres:5432`. Compose and kustomize read the files as they
are; a secret manager takes their lines. Only the standard library: it runs where nothing is installed.

With `--sandbox PUBLIC_URL` there are applications that only the sandbox knows, and a `sandbox-….json` of each for its
`POST /control/apps`; without, AUTH_APPS is for the operator to fill in.
"""

import argparse
import json
import secrets
import sys
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from deploy.local.folder import write_private
from deploy.local.sandbox_apps import MARKETPLACES, apps, registrations
from deploy.local.settings import PROCESSES, SCOPES

_SEALING = ("auth", "orders")


def make(folder: Path, database_server: str, *, sandbox: str | None = None) -> None:
    """
    Writes `<service>.env` and `postgres.env` into the folder; `database_server` is host:port as the services see it.

    `sandbox`: the public URL to which the sandbox sends sellers back. Raises FileExistsError where a file is there
    already: what was sealed with lost keys stays sealed.
    """
    far = {name: secrets.token_urlsafe(32) for name in MARKETPLACES} if sandbox else None
    texts = {f"{name}.env": _lines(values) for name, values in _values(database_server, far).items()}
    if sandbox and far:
        told = registrations(far, sandbox)
        texts |= {f"sandbox-{name}.json": json.dumps(application) + "\n" for name, application in told.items()}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if there := [name for name in texts if (folder / name).exists()]:
        raise FileExistsError(f"{folder} holds secrets already ({', '.join(there)}): they are made once")
    for name, text in texts.items():
        write_private(folder / name, text)


def _lines(values: Mapping[str, str]) -> str:
    return "".join(f"{key}={value}\n" for key, value in values.items())


def _values(database_server: str, far: Mapping[str, str] | None) -> dict[str, dict[str, str]]:
    passwords = {service: secrets.token_urlsafe(24) for service in PROCESSES}
    clients = {service: secrets.token_urlsafe(32) for service in SCOPES}
    files: dict[str, dict[str, str]] = {}
    for service in PROCESSES:
        prefix = service.upper() + "_"
        url = f"postgresql+asyncpg://{service}:{passwords[service]}@{database_server}/{service}"
        files[service] = {prefix + "DATABASE_URL": url}
        if service in _SEALING:
            files[service][prefix + "KEY_ENCRYPTION_KEYS"] = "k1:" + b64encode(secrets.token_bytes(32)).decode()
        if service in clients:
            files[service][prefix + "CLIENT_SECRET"] = clients[service]
    files["auth"] |= {
        "AUTH_SERVICE_CLIENTS": _known_to_auth(clients),
        "AUTH_APPS": json.dumps(apps(far) if far else {}),
    }
    files["postgres"] = {f"{service.upper()}_PASSWORD": password for service, password in passwords.items()}
    files["postgres"]["POSTGRES_PASSWORD"] = secrets.token_urlsafe(24)
    return files


def _known_to_auth(clients: Mapping[str, str]) -> str:
    """Auth is told digests: enough for 32 random bytes."""
    return json.dumps(
        [
            {"id": service, "secret_hash": sha256(secret.encode()).hexdigest(), "scopes": SCOPES[service]}
            for service, secret in clients.items()
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m deploy.secret_files", description="Secrets, made once.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database-server", required=True, help="host:port of PostgreSQL, as the services see it")
    parser.add_argument("--sandbox", metavar="PUBLIC_URL", help="with applications that only the sandbox knows")
    given = parser.parse_args()
    try:
        make(given.folder, given.database_server, sandbox=given.sandbox)
    except FileExistsError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Made in {given.folder}. Keep a copy of auth.env and orders.env where the database's backups are not.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
