"""
Makes every secret a run needs, once, into `.run/secrets/`: one file each, mode 0600 in a folder of mode 0700.

A real deployment makes its own and hands them to the services in the same settings.
"""

import hashlib
import secrets
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.folder import write_private
from deploy.local.sandbox_apps import MARKETPLACES


@dataclass(frozen=True)
class Secrets:
    """Reads a secret from its file, and makes the file the first time."""

    folder: Path

    def client_secret(self, service: str) -> str:
        """A service's own OAuth client at auth."""
        return self._kept(f"{service}.client-secret", _random_text)

    def client_secret_hash(self, service: str) -> str:
        """SHA-256 in hex: enough for 32 random bytes, and all that auth is told."""
        return hashlib.sha256(self.client_secret(service).encode()).hexdigest()

    def key_encryption_keys(self, service: str) -> str:
        """What wraps the data keys of a service: `kid:base64`. To rotate: put a new one before it, with a comma."""
        return self._kept(f"{service}.key-encryption-keys", lambda: "k1:" + b64encode(secrets.token_bytes(32)).decode())

    def far_client_secrets(self) -> dict[str, str]:
        """Of the applications that the sandbox knows, by marketplace."""
        return {name: self._kept(f"sandbox.{name}-client-secret", _random_text) for name in MARKETPLACES}

    def demo_password(self) -> str:
        """Of the demo's user, as passwords must be; printed at each start."""
        return self._kept("demo.password", lambda: secrets.token_urlsafe(12) + "-aZ7")

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / name
        if not path.exists():
            write_private(path, make())
        return path.read_text()


def _random_text() -> str:
    return secrets.token_urlsafe(32)
