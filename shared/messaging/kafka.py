"""How we connect to Kafka, and the topics we make there."""

from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared.events.topics import PARTITIONS, TOPICS, Topic

_REPLICAS = 3


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """
    `topic_prefix` keeps runs apart on one broker. `instance_id` names a worker that comes back under the same name
    (static membership: its partitions wait for it); None where names change with every start.
    """

    bootstrap_servers: str
    topic_prefix: str = ""
    instance_id: str | None = None

    def topic(self, topic: Topic) -> str:
        return self.topic_prefix + topic.name


class TopicsNotMade(Exception):
    """Kafka is away or said no; the sentence says which topic and why."""


async def ensure_topics(kafka: KafkaSettings, publisher: str) -> None:
    """Makes the topics this service publishes, where they are missing. Never changes one that exists."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    try:
        await admin.start()
        brokers = len((await admin.describe_cluster())["brokers"])
        missing = [_new(kafka, topic, brokers) for topic in TOPICS if topic.publisher == publisher]
        answer = await admin.create_topics(missing)
    except KafkaError as error:
        raise TopicsNotMade(f"topics of {publisher}: {error}") from error
    finally:
        await admin.close()
    for name, code, *_ in answer.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise TopicsNotMade(f"{name}: {for_code(code).__name__}")


def _new(kafka: KafkaSettings, topic: Topic, brokers: int) -> NewTopic:
    return NewTopic(
        name=kafka.topic(topic),
        num_partitions=PARTITIONS,
        replication_factor=min(_REPLICAS, brokers),
        topic_configs={"retention.ms": str(topic.retention_ms), "cleanup.policy": "delete"},
    )
