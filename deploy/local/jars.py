"""
Kafka's jars: named with their SHA-256 in `kafka.lock`, kept in a folder of the user that all clones share.

Nothing is resolved at run time: the lock names every jar. Only `lock()` asks what Kafka needs today.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import CannotRun

LOCK = Path(__file__).with_name("kafka.lock")
# slf4j-simple: the only thing Kafka leaves to its user, where its log goes (here: stderr, which the supervisor keeps).
WANTED = ("org.apache.kafka:kafka_2.13:4.1.0", "org.slf4j:slf4j-simple:1.7.36")
_DOWNLOADS_AT_ONCE = 6


@dataclass(frozen=True)
class Jar:
    group: str
    name: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.version}.jar"


# Takes a jar and a folder, gives a path in that folder.
Download = Callable[[Jar, Path], Path]


def read_lock() -> list[Jar]:
    """The jars of the lock file, in class path order."""
    lines = [line for line in LOCK.read_text().splitlines() if line and not line.startswith("#")]
    return [Jar(*line.replace(":", " ").split()) for line in lines]


def class_path() -> str:
    """All jars, present and verified. Raises `CannotRun` when one cannot be had."""
    return os.pathsep.join(str(path) for path in present(read_lock(), cache_folder(), download))


def present(jars: Sequence[Jar], folder: Path, get: Download, rests: Sequence[float] = (1, 4)) -> list[Path]:
    """
    Where the jars are in the folder; those that are not there, or not right, are got first.

    `rests`: seconds before each further attempt at a download that failed.
    """
    missing = [jar for jar in jars if not _is_right(folder / jar.file_name, jar)]
    if missing:
        print(f"Fetching {len(missing)} jars of Apache Kafka (once for all clones) ...", flush=True)
        # A folder of our own, and only what is right moves on: other clones never see half a jar.
        with tempfile.TemporaryDirectory(dir=folder) as unverified, ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
            for jar, found in zip(
                missing, pool.map(lambda jar: _got(jar, Path(unverified), get, rests), missing), strict=True
            ):
                if not _is_right(found, jar):
                    raise CannotRun(
                        f"The downloaded {jar.file_name} is not the one that kafka.lock names; nothing was run."
                    )
                found.replace(folder / jar.file_name)
    return [folder / jar.file_name for jar in jars]


def _got(jar: Jar, folder: Path, get: Download, rests: Sequence[float]) -> Path:
    for rest in rests:
        try:
            return get(jar, folder)
        except CannotRun:
            time.sleep(rest)
    return get(jar, folder)


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/passerelle/jars`, by default under `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "passerelle" / "jars"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def lock(wanted: Sequence[str] = WANTED) -> None:
    """Resolves Kafka's dependencies anew and writes the lock file: no address in it, only names and digests."""
    import jgo

    artifacts = [artifact for coordinates in wanted for artifact in jgo.resolve(coordinates)]
    lines = {f"{a.groupId}:{a.artifactId}:{a.version}": _digest(a.resolve()) for a in artifacts}
    head = "# Written by `make lock`: what Kafka runs on, group:name:version and SHA-256.\n"
    LOCK.write_text(head + "".join(f"{name} {digest}\n" for name, digest in sorted(lines.items())))


def download(jar: Jar, folder: Path) -> Path:
    """A copy in the folder, from the user's Maven repository if it is there, else from Maven's central one."""
    from jgo.maven import MavenContext

    component = MavenContext(repo_cache=folder, timeout=60).project(jar.group, jar.name).at_version(jar.version)
    copy = folder / jar.file_name
    with contextlib.suppress(OSError):
        shutil.copyfile(Path.home() / ".m2" / "repository" / component.path_prefix / jar.file_name, copy)
    if _is_right(copy, jar):
        return copy
    try:
        return component.artifact().resolve()
    except Exception as error:  # the downloader raises whatever its HTTP library does
        raise CannotRun(
            f"The download of {jar.file_name} failed ({type(error).__name__}): Kafka's jars come from Maven's "
            "central repository once. Check the network and try again, or set KAFKA_BOOTSTRAP_SERVERS."
        ) from error


def _is_right(path: Path, jar: Jar) -> bool:
    return path.exists() and _digest(path) == jar.sha256


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
