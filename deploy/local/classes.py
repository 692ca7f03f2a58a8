"""
Kafka's classes, loaded and linked once for all starts: Java's ahead-of-time cache (JEP 483, 514), beside the jars.

A broker starts without it just as well, at twice the work. It fits one Java, one set of jars and one set of options;
Java itself looks whether it does. `python -m deploy.local.classes FILE` makes one: a throwaway broker is started and
stopped, and Java writes down what it loaded.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from deploy.local import jars
from deploy.local.processes import die_with_parent

_RECORDED_WITHIN_SECONDS = 120
_KEPT_SECONDS = 30 * 24 * 3600
# Classes only: ready-made machine code saves nothing here, and Java warns that some of it does not fit.
_NO_MACHINE_CODE = ["-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTAdapterCaching", "-XX:-AOTStubCaching"]


def use(file: Path) -> list[str]:
    """Java's options to start with this cache; none when there is no such file."""
    return [*_NO_MACHINE_CODE, f"-XX:AOTCache={file}"] if file.exists() else []


def cache_file(java_version: str, options: list[str]) -> Path:
    """Where the cache of such a Java with such options is, or would be."""
    made_of = "\n".join([java_version, *options, *_NO_MACHINE_CODE, jars.LOCK.read_text()])
    return jars.cache_folder() / f"kafka-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.aot"


def make_once(file: Path) -> None:
    """Makes the cache when it is not there; of several that ask, one makes it. Without success there is none."""
    if file.exists():
        return
    jars.class_path()  # fetched first, where that is still to be done
    with file.with_name("kafka.aot.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            print("Preparing Kafka's classes (once for all clones) ...", flush=True)
            _make(file)


def _make(file: Path) -> None:
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        made = Path(folder, file.name)
        command = [sys.executable, "-m", __name__, str(made)]
        with contextlib.suppress(subprocess.TimeoutExpired, subprocess.CalledProcessError, FileNotFoundError):
            subprocess.run(command, check=True, capture_output=True, timeout=_RECORDED_WITHIN_SECONDS)
            made.replace(file)
            for other in file.parent.glob("kafka-*.aot"):  # perhaps of a clone that is still at work
                if time.time() - other.stat().st_mtime > _KEPT_SECONDS:
                    other.unlink(missing_ok=True)


async def _record(file: Path) -> None:
    from deploy.local.kafka import Kafka
    from deploy.local.ports import free_ports

    with tempfile.TemporaryDirectory() as folder:
        broker = Kafka(Path(folder), *free_ports(2))
        broker.format()
        command = broker.command(*_NO_MACHINE_CODE, f"-XX:AOTCacheOutput={file}")
        process = await asyncio.create_subprocess_exec(*command, start_new_session=True, preexec_fn=die_with_parent)
        await broker.ready()
        process.terminate()  # Java writes the file on its way out
        await process.wait()


if __name__ == "__main__":
    asyncio.run(_record(Path(sys.argv[1])))
