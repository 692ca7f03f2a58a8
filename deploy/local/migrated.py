"""
Whether the migrations were run for this very code: a second start need not run them again.

Four of them cost more than a quarter of a warm start. Any change of our code, or of where the data is, runs them.
"""

import hashlib
from pathlib import Path

from deploy.local.folder import RunFolder, write_private
from deploy.local.options import Options

_PROJECT = Path(__file__).parents[2]


def is_migrated(folder: RunFolder, options: Options) -> bool:
    """Whether `remember_migrated` was called for the same code and the same servers."""
    mark = folder.path / "migrated"
    return mark.exists() and mark.read_text() == _fingerprint(options)


def remember_migrated(folder: RunFolder, options: Options) -> None:
    write_private(folder.path / "migrated", _fingerprint(options))


def _fingerprint(options: Options) -> str:
    digest = hashlib.sha256()
    where = (
        options.database_server_url,
        options.kafka_bootstrap_servers,
        options.database_prefix,
        options.topic_prefix,
    )
    digest.update(repr(where).encode())
    for folder in ("services", "shared"):
        for path in sorted((_PROJECT / folder).rglob("*.py")):
            digest.update(str(path.relative_to(_PROJECT)).encode() + path.read_bytes())
    return digest.hexdigest()
