"""What operators read names what is there: alerts, topics, secrets, files."""

import re
from collections.abc import Iterator
from typing import Any

from deploy.local.settings import PROCESSES
from shared.events.topics import TOPICS
from tests.house.manifests import K8S, ROOT, documents, files
from tests.house.test_deployed_settings import secret
from tests.house.test_monitoring import rules

RUNBOOK = (ROOT / "docs" / "runbooks" / "deploy.md").read_text()
README = (K8S / "README.md").read_text()


def test_every_alert_says_what_to_do() -> None:
    """Each rule has a severity, a sentence, and its line in the runbook."""
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
        assert f"| `{rule['alert']}` |" in RUNBOOK


def test_every_topic_has_its_rights() -> None:
    """An operator who gives rights by name is told all topics and all groups."""
    assert [topic.name for topic in TOPICS if f"`{topic.name}`" not in RUNBOOK] == []
    assert [service for service in PROCESSES if service != "auth" and f"`{service}`" not in RUNBOOK] == []


def test_every_secret_is_listed() -> None:
    """The table of Secrets has one line for each service, with all its keys and no other."""
    listed = {
        row[0]: set(re.findall(r"`(\w+)`", row[1]))
        for row in re.findall(r"^\| `(\w+)-secrets` \| (.*) \|$", README, re.MULTILINE)
    }
    assert listed == {service: secret(service) for service in PROCESSES}


def test_every_config_map_that_nobody_makes_is_asked_for() -> None:
    """
    Pods wait for ever for one that is not there: what manifests refer to they make, or the runbook says how. Seen red:
    the authority of Kafka's certificates.
    """
    manifests = [document for path in files() for document in documents(path)]
    made = {each["metadata"]["name"] for each in manifests if each["kind"] == "ConfigMap"}
    made |= {each["name"] for document in manifests for each in document.get("configMapGenerator", [])}
    asked = set(_config_maps(manifests))
    assert {"passerelle", "postgres-ca"} <= asked
    assert {name for name in asked - made if f"create configmap {name} " not in RUNBOOK} == set()


def test_every_file_that_is_named_is_there() -> None:
    """Paths of this project in both pages exist."""
    named = set(re.findall(r"\b(?:deploy|docs|tests)/[\w./-]*[\w]", RUNBOOK + README))
    made = {path for path in named if "secrets" in path or path.endswith(".env")}
    assert [path for path in named - made if not (ROOT / path).exists()] == []


def _config_maps(node: Any) -> Iterator[str]:
    """Mounted, or read variable by variable or as a whole."""
    if isinstance(node, list):
        for each in node:
            yield from _config_maps(each)
    elif isinstance(node, dict):
        yield from (node[kind]["name"] for kind in ("configMap", "configMapRef", "configMapKeyRef") if kind in node)
        yield from _config_maps(list(node.values()))
