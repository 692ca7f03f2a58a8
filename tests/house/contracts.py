"""
What is generated from code: event schemas (`shared/events/schemas`), `docs/asyncapi.json`, `docs/contracts.md`,
`docs/connections.md`, `docs/roles.md`.

`python -m tests.house.contracts` writes them; with `--check` it names what differs and writes nothing.
"""

import argparse
import json
import sys
from pathlib import Path

from shared.events.base import Body, Tombstone
from shared.events.registry import BY_TYPE
from shared.events.topics import PARTITIONS, TOPICS
from tests.house import contracts_page, life_page, roles_page

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "shared" / "events" / "schemas"


def schema(body: type[Body]) -> str:
    """JSON Schema; of a tombstone: that there is no data."""
    made = body.model_json_schema(mode="serialization")
    if issubclass(body, Tombstone):
        made = {name: made[name] for name in ("title", "description")} | {"type": "null"}
    return json.dumps(made, indent=2, sort_keys=True) + "\n"


def asyncapi() -> str:
    """AsyncAPI 3.0: a channel per topic, a message per event type, keyed by the subject."""
    by_topic = {topic.name: [body for body in BY_TYPE.values() if topic.name == body.TOPIC] for topic in TOPICS}
    document = {
        "asyncapi": "3.0.0",
        "info": {"title": "Passerelle events", "version": "1"},
        "defaultContentType": "application/json",
        "channels": {
            topic.name: {
                "address": topic.name,
                "description": f"Published by {topic.publisher}, keyed by {topic.key}.",
                "messages": {
                    body.TYPE: {"$ref": f"#/components/messages/{body.TYPE}"} for body in by_topic[topic.name]
                },
                "bindings": {"kafka": {"topic": topic.name, "partitions": PARTITIONS, "bindingVersion": "0.5.0"}},
            }
            for topic in TOPICS
        },
        "operations": {
            topic.name: {"action": "send", "channel": {"$ref": f"#/channels/{topic.name}"}} for topic in TOPICS
        },
        "components": {"messages": {name: _message(body) for name, body in BY_TYPE.items()}},
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _message(body: type[Body]) -> dict[str, object]:
    return {
        "name": body.TYPE,
        "summary": (body.__doc__ or "").strip().splitlines()[0],
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": json.loads(schema(body)),
        },
    }


def wanted() -> dict[Path, str]:
    """Every generated file with what the code says it should be."""
    files = {SCHEMAS / f"{name}.json": schema(body) for name, body in BY_TYPE.items()}
    files[ROOT / "docs" / "asyncapi.json"] = asyncapi()
    files[ROOT / "docs" / "contracts.md"] = contracts_page.page()
    files[ROOT / "docs" / "connections.md"] = life_page.page()
    files[ROOT / "docs" / "roles.md"] = roles_page.page()
    return files


def differing() -> list[str]:
    """Paths that are missing, different, or no longer made."""
    files = wanted()
    stale = [path for path in SCHEMAS.glob("*.json") if path not in files]
    wrong = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    return sorted(path.relative_to(ROOT).as_posix() for path in wrong + stale)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    if not parser.parse_args().check:
        for path, text in wanted().items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    wrong = differing()
    for name in wrong:
        print(f"{name} is not what the code says: make contracts")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
