"""How we connect to Kafka, and the topics we make there."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiokafka.conn
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, KafkaError, TopicAlreadyExistsError, for_code

from shared.events.topics import PARTITIONS, TOPICS, Topic
from shared.runtime.settings import MigrationSettings, ServiceSettings

_REPLICAS = 3
_REST_SECONDS = 0.5
_SET_FOR_THE_TOPIC = 1


class _Connection(aiokafka.conn.AIOKafkaConnection):  # type: ignore[misc]
    """
    One that says so when it is lost.

    Where a socket has just been closed asyncio's loop drops what is written; uvloop raises RuntimeError, which aiokafka
    0.14 expects nowhere (its issue 1038). It ends the task that learns where partitions are, and a consumer that asks
    for it waits for ever without a word.
    """

    def send(self, request: Any, expect_response: bool = True) -> Any:
        try:
            return super().send(request, expect_response)
        except RuntimeError as error:
            self.close(reason=aiokafka.conn.CloseReason.CONNECTION_BROKEN, exc=error)
            raise KafkaConnectionError("the connection was lost") from error


aiokafka.conn.AIOKafkaConnection = _Connection


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """
    `topic_prefix` keeps runs apart on one broker. `instance_id` names a worker that comes back under the same name
    (static membership: its partitions wait for it); None where names change with every start. `signs_in`: mechanism,
    user and password, with a SASL protocol. `ca_file` None: the authorities the system knows.
    """

    bootstrap_servers: str
    topic_prefix: str = ""
    instance_id: str | None = None
    protocol: str = "PLAINTEXT"
    signs_in: tuple[str, str, str] | None = field(default=None, repr=False)
    ca_file: str | None = None

    def topic(self, topic: Topic) -> str:
        return self.topic_prefix + topic.name

    def connection(self) -> dict[str, Any]:
        """What every client of aiokafka is given to connect."""
        told: dict[str, Any] = {"bootstrap_servers": self.bootstrap_servers, "security_protocol": self.protocol}
        if self.protocol.endswith("SSL"):
            told["ssl_context"] = ssl.create_default_context(cafile=self.ca_file)
        if self.signs_in is not None:
            names = ("sasl_mechanism", "sasl_plain_username", "sasl_plain_password")
            told |= dict(zip(names, self.signs_in, strict=True))
        return told


def kafka_of(settings: ServiceSettings | MigrationSettings) -> KafkaSettings:
    """As the settings have it, which fit together (shared/runtime/settings.py)."""
    mechanism, user = settings.kafka_sasl_mechanism, settings.kafka_sasl_username
    password = settings.kafka_sasl_password
    return KafkaSettings(
        settings.kafka_bootstrap_servers or "",
        settings.topic_prefix,
        settings.instance_id if isinstance(settings, ServiceSettings) else None,
        settings.kafka_security_protocol,
        (mechanism, user, password.get_secret_value()) if mechanism and user and password else None,
        settings.kafka_ssl_cafile,
    )


def patient(client: Any) -> None:
    """
    A producer's client that rests after it could not learn where to send.

    aiokafka 0.14 (`producer/sender.py`) asks again at once while a partition has no leader, which is what a broker says
    of itself just before it stops: thousands of tries a second until the send times out (seen 2026-11-25).
    """
    update = client._metadata_update

    async def updated(*arguments: Any) -> Any:
        learnt = await update(*arguments)
        if not learnt:
            await asyncio.sleep(_REST_SECONDS)
        return learnt

    client._metadata_update = updated


class TopicsNotMade(Exception):
    """Kafka is away or said no; the sentence says which topic and why."""


async def ensure_topics(kafka: KafkaSettings, publisher: str) -> None:
    """
    Makes the topics this service publishes, where they are missing. Of one that exists it changes how it is kept, where
    a version before kept it otherwise.
    """
    admin = AIOKafkaAdminClient(**kafka.connection())
    ours = [topic for topic in TOPICS if topic.publisher == publisher]
    try:
        await admin.start()
        brokers = len((await admin.describe_cluster())["brokers"])
        answer = await admin.create_topics([_new(kafka, topic, brokers) for topic in ours])
        there = {name for name, code, *_ in answer.topic_errors if code == TopicAlreadyExistsError.errno}
        for name, code, *_ in answer.topic_errors:
            _check(name, 0 if name in there else code)
        for topic in ours:
            if topic.retention_ms is None and kafka.topic(topic) in there:
                await _configure(admin, kafka.topic(topic), topic.configuration)
    except KafkaError as error:
        raise TopicsNotMade(f"topics of {publisher}: {error}") from error
    finally:
        await admin.close()


async def _configure(admin: AIOKafkaAdminClient, name: str, wanted: Mapping[str, str]) -> None:
    """What an operator set beside it stays: Kafka takes all of a topic's settings at once."""
    (described,) = (await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)]))[0].resources
    _check(name, described[0])
    own = {key: value for key, value, _, source, *_ in described[4] if source == _SET_FOR_THE_TOPIC}
    if wanted.items() <= own.items():
        return
    changing = ConfigResource(ConfigResourceType.TOPIC, name, own | dict(wanted))
    ((changed, *_),) = (await admin.alter_configs([changing]))[0].resources
    _check(name, changed)


def _check(name: str, code: int) -> None:
    if code:
        raise TopicsNotMade(f"{name}: {for_code(code).__name__}")


def _new(kafka: KafkaSettings, topic: Topic, brokers: int) -> NewTopic:
    return NewTopic(
        name=kafka.topic(topic),
        num_partitions=PARTITIONS,
        replication_factor=min(_REPLICAS, brokers),
        topic_configs=dict(topic.configuration),
    )
