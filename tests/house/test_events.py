"""Events keep their promises: versions in names, whole state, nothing personal, schemas frozen."""

import json
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from shared.events.base import Body
from shared.events.registry import BY_TYPE
from shared.events.topics import TOPICS
from tests.house import contracts

PERSONAL = {"name", "recipient", "address", "street", "phone", "email", "buyer", "gift", "postal_code", "city", "token"}
# A connection's name and a channel's are the seller's own words, not a buyer's.
ALLOWED = {("ConnectionStateV1", "name"), ("ChannelV1", "name")}


def parts(body: type[BaseModel]) -> set[type[BaseModel]]:
    """The body and every model inside it."""
    found = {body}
    for field in body.model_fields.values():
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel) and inner not in found:
                found |= parts(inner)
    return found


@pytest.mark.parametrize("body", BY_TYPE.values(), ids=BY_TYPE.keys())
def test_a_type_names_its_publisher_and_version(body: type[Body]) -> None:
    """`<publisher>.<subject>.<fact>.v<n>`, published on a declared topic of that publisher."""
    topic = next(topic for topic in TOPICS if topic.name == body.TOPIC)
    assert body.TYPE.startswith(topic.publisher + ".")
    assert body.TYPE.endswith("." + body.__name__[-2:].lower())


@pytest.mark.parametrize("body", BY_TYPE.values(), ids=BY_TYPE.keys())
def test_no_field_is_personal(body: type[Body]) -> None:
    """No event has a field whose name speaks of a person or a secret."""
    owner = body.__mro__[1].__name__
    found = {
        (part.__name__, field)
        for part in parts(body)
        for field in part.model_fields
        if field in PERSONAL and (part.__name__, field) not in ALLOWED and (owner, field) not in ALLOWED
    }
    assert found == set()


@pytest.mark.parametrize("body", BY_TYPE.values(), ids=BY_TYPE.keys())
def test_strangers_fields_are_ignored_and_optional_ones_may_miss(body: type[Body]) -> None:
    """What a newer producer adds is no error, and what has a default may be left out: both sides of V1."""
    required = {name for name, field in body.model_fields.items() if field.is_required()}
    schema = json.loads(contracts.schema(body))
    assert set(schema.get("required", ())) >= required
    assert body.model_config["extra"] == "ignore"


def test_schemas_are_frozen() -> None:
    """The committed schemas, AsyncAPI and contracts page are what the code says: a change is seen in review."""
    assert contracts.differing() == []


def test_optional_fields_only_are_added_within_a_version() -> None:
    """Against the committed schema, no required field appears or goes and none changes its type."""
    for name, body in BY_TYPE.items():
        frozen: dict[str, Any] = json.loads((contracts.SCHEMAS / f"{name}.json").read_text())
        now = json.loads(contracts.schema(body))
        assert set(now.get("required", ())) == set(frozen.get("required", ())), name
        for field, kind in frozen.get("properties", {}).items():
            assert now["properties"].get(field, {}).get("type") == kind.get("type"), f"{name}.{field}"
