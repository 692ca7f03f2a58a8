"""CloudEvents 1.0 in Kafka's binary mode: attributes in headers, the body as JSON (the Kafka protocol binding)."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from shared.events.base import Event
from shared.events.registry import BY_TYPE

Headers = tuple[tuple[str, bytes], ...]
_VERSION = re.compile(r"\.v\d+$")
_KNOWN_STEMS = frozenset(_VERSION.sub("", name) for name in BY_TYPE)


class UnknownType(Exception):
    """Not an event we have ever heard of: skipped and counted."""


class Undecodable(Exception):
    """An event of ours that cannot be read (its version or its body): parked. Holds no data of it."""


def headers(*, source: str, row: Any) -> list[tuple[str, bytes]]:
    """The headers of an outbox row."""
    attributes = {
        "content-type": "application/json",
        "ce_specversion": "1.0",
        "ce_id": str(row["event_id"]),
        "ce_source": f"/passerelle/{source}",
        "ce_type": row["type"],
        "ce_subject": str(row["subject"]),
        "ce_partitionkey": str(row["subject"]),
        "ce_time": row["time"].astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "ce_sequence": str(row["sequence"]),
    }
    if row["traceparent"]:
        attributes["traceparent"] = row["traceparent"]
    return [(name, value.encode()) for name, value in attributes.items()]


def subject_and_sequence(received: Headers) -> tuple[UUID, int]:
    """Raises Undecodable when it is no event of ours at all."""
    attributes = dict(received)
    try:
        return UUID(attributes["ce_subject"].decode()), int(attributes["ce_sequence"])
    except (KeyError, ValueError) as error:
        raise Undecodable("no subject or no sequence") from error


def decode(received: Headers, body: bytes) -> Event[Any]:
    """`body` empty: there is none, as of a tombstone. Raises UnknownType, Undecodable."""
    subject, sequence = subject_and_sequence(received)
    attributes = {name: value.decode(errors="replace") for name, value in received}
    name = attributes.get("ce_type", "")
    known = BY_TYPE.get(name)
    if known is None:
        if _VERSION.sub("", name) in _KNOWN_STEMS:
            raise Undecodable(f"{name}: a version this service does not know")
        raise UnknownType(name)
    try:
        return Event(
            id=UUID(attributes["ce_id"]),
            subject=subject,
            sequence=sequence,
            time=datetime.fromisoformat(attributes["ce_time"]),
            body=known.model_validate_json(body) if body else known(),
            traceparent=attributes.get("traceparent"),
        )
    except (KeyError, ValueError, ValidationError) as error:
        raise Undecodable(f"{name}: {_where(error)}") from error


def _where(error: Exception) -> str:
    """Which fields are wrong; never their values."""
    if isinstance(error, ValidationError):
        return ", ".join(".".join(map(str, item["loc"])) + ": " + item["type"] for item in error.errors()[:5])
    return type(error).__name__
