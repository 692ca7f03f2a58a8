"""
The folder `.run/`: everything a run makes, and the lock that keeps two runs out of one folder.

`python -m deploy.local.folder clean` removes it. Only the standard library: it works without the environment.
"""

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.errors import CannotRun


@dataclass(frozen=True)
class RunFolder:
    """
    postgres/, kafka/, sandbox.json: data. secrets/: mode 0600. logs/: one file per process. pids/: what was started.
    demo.json: that the demo was made, and for whom.
    """

    path: Path

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def kafka(self) -> Path:
        return self.path / "kafka"

    @property
    def sandbox_state(self) -> Path:
        return self.path / "sandbox.json"

    @property
    def secrets(self) -> Path:
        return self.path / "secrets"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def pids(self) -> Path:
        return self.path / "pids"

    def read_demo(self) -> dict[str, Any] | None:
        """What the demo wrote when it was complete, None before that."""
        try:
            found: dict[str, Any] = json.loads((self.path / "demo.json").read_text())
        except FileNotFoundError:
            return None
        return found

    def write_demo(self, demo: dict[str, Any]) -> None:
        write_private(self.path / "demo.json", json.dumps(demo, indent=2))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """For the length of a run. Raises `CannotRun` when another one has the folder; a killed run's lock is free."""
        self.path.mkdir(mode=0o700, exist_ok=True)
        with (self.path / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CannotRun(
                    f"Another `make run` uses {self.path}: end it first, or clone the project again and give that copy "
                    "its own PORT= and SANDBOX_PORT=."
                ) from None
            yield


def write_private(path: Path, text: str) -> None:
    """Writes a file that only we may read; a kill leaves the old file or the new one, never half of it."""
    unfinished = path.with_name(path.name + ".new")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)


def clean(folder: RunFolder) -> None:
    """Removes the folder, unless a run is using it."""
    if not folder.path.exists():
        return
    with folder.locked():
        shutil.rmtree(folder.path)


if __name__ == "__main__":
    if sys.argv[1:] != ["clean"]:
        sys.exit("usage: python -m deploy.local.folder clean")
    try:
        clean(RunFolder(Path.cwd() / ".run"))
    except CannotRun as error:
        sys.exit(str(error))
