"""Kafka's jars are the ones the lock names, and what keeps a broker from starting is said before it is started."""

import hashlib
from pathlib import Path

import pytest

from deploy.local.errors import CannotRun
from deploy.local.jars import LOCK, Jar, present, read_lock
from deploy.local.kafka import check_memory

_CONTENT = b"a jar"
_JAR = Jar("org.example", "thing", "1.0", hashlib.sha256(_CONTENT).hexdigest())


class _FarRepository:
    """Counts what is asked of it, fails so often, then answers with these bytes."""

    def __init__(self, content: bytes, failures: int = 0) -> None:
        self.content, self.failures, self.asked = content, failures, list[Jar]()

    def get(self, jar: Jar, folder: Path) -> Path:
        self.asked.append(jar)
        if len(self.asked) <= self.failures:
            raise CannotRun("The download failed.")
        path = folder / "downloaded"
        path.write_bytes(self.content)
        return path


def test_a_jar_is_downloaded_once_for_all_clones(tmp_path: Path) -> None:
    """The second clone finds it, verified, and asks nobody."""
    repository = _FarRepository(_CONTENT)
    assert present([_JAR], tmp_path, repository.get) == [tmp_path / "thing-1.0.jar"]
    assert present([_JAR], tmp_path, repository.get) == [tmp_path / "thing-1.0.jar"]
    assert repository.asked == [_JAR]
    assert [path.name for path in tmp_path.iterdir()] == ["thing-1.0.jar"]


def test_a_jar_that_is_not_the_locked_one_is_never_run(tmp_path: Path) -> None:
    """Other bytes from the repository: a sentence, and nothing in the folder."""
    with pytest.raises(CannotRun, match="is not the one that"):
        present([_JAR], tmp_path, _FarRepository(b"something else").get)
    assert list(tmp_path.iterdir()) == []


def test_half_a_jar_is_fetched_again(tmp_path: Path) -> None:
    """What a killed download or a full disk left is not used."""
    (tmp_path / _JAR.file_name).write_bytes(_CONTENT[:2])
    present([_JAR], tmp_path, _FarRepository(_CONTENT).get)
    assert (tmp_path / _JAR.file_name).read_bytes() == _CONTENT


def test_a_download_that_fails_is_tried_again_twice(tmp_path: Path) -> None:
    """One lost connection of forty-six ends nothing; a network that is away is said."""
    repository = _FarRepository(_CONTENT, failures=2)
    assert present([_JAR], tmp_path, repository.get, rests=(0, 0)) == [tmp_path / _JAR.file_name]
    (tmp_path / _JAR.file_name).unlink()
    with pytest.raises(CannotRun, match="download failed"):
        present([_JAR], tmp_path, _FarRepository(_CONTENT, failures=3).get, rests=(0, 0))


def test_the_lock_names_digests_and_no_addresses() -> None:
    """Every jar has a SHA-256 of its own; where it comes from is the downloader's business."""
    jars = read_lock()
    assert {"kafka_2.13", "kafka-clients", "slf4j-simple"} <= {jar.name for jar in jars}
    assert {len(jar.sha256) for jar in jars} == {64}
    assert "://" not in LOCK.read_text()


def test_too_little_memory_is_said_before_the_start(tmp_path: Path) -> None:
    """600 MB are needed; a system that does not tell (not Linux) is given the benefit of the doubt."""
    meminfo = tmp_path / "meminfo"
    check_memory(meminfo)
    meminfo.write_text("MemTotal: 9000000 kB\nMemAvailable: 512000 kB\n")
    with pytest.raises(CannotRun, match="600 MB of memory and 500 MB are available"):
        check_memory(meminfo)
