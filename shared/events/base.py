"""The shape of every event: a versioned body, and the CloudEvents attributes around it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """An event's data. `TYPE` ends in its version; `TOPIC` is where it is published, keyed by the subject's id."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]


class OwnedBody(Body):
    """Data of an organisation's."""

    organisation_id: UUID


class Tombstone(Body):
    """
    No data: the subject's last event, on Kafka a key without a value. What was told of the subject before is deleted
    from its topic; who holds a copy deletes that.
    """


B = TypeVar("B", bound=Body)


class Part(BaseModel):
    """A piece of a body."""

    model_config = ConfigDict(frozen=True, extra="ignore")


@dataclass(frozen=True, slots=True)
class Event(Generic[B]):
    """
    One event. `subject` is the Kafka key; `sequence` counts 1, 2, 3… per subject, drawn under the lock of its row.

    A consumer keeps the last sequence per (consumer, topic, subject) and ignores the same or lower.
    """

    id: UUID
    subject: UUID
    sequence: int
    time: datetime
    body: B
    traceparent: str | None = None
