"""Alerts and dashboard ask for metrics that exist, with labels that they have."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from services.auth.domain.token import RenewalFailure
from tests.house.manifests import ROOT, documents

MONITORING = ROOT / "deploy" / "monitoring"
# Of the scrape itself and of prometheus_client.
BY_OTHERS = ("up", "process_resident_memory_bytes", "process_cpu_seconds_total")
# Added where processes are scraped (deploy/k8s/components/monitoring), and by histograms.
EVERYWHERE = {"service", "process", "le"}
SUFFIXES = {"Counter": ("",), "Gauge": ("",), "Histogram": ("_bucket", "_sum", "_count")}
KEYWORDS = {"by", "or", "and", "unless", "offset"}


def metrics() -> dict[str, set[str]]:
    """Every series that the code exposes, with its labels."""
    found = {name: set[str]() for name in BY_OTHERS}
    for folder in ("services", "shared"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text()
            for node in ast.walk(ast.parse(text)) if "from prometheus_client import" in text else ():
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SUFFIXES and node.args:
                    kind, name = getattr(node.func, "id", ""), ast.literal_eval(node.args[0])
                    labels = ast.literal_eval(node.args[2]) if len(node.args) > 2 else []
                    found |= {name + suffix: set(labels) for suffix in SUFFIXES[kind]}
    return found


def rules() -> list[dict[str, Any]]:
    """Of the alerts."""
    [group] = documents(MONITORING / "alerts.yaml")[0]["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    for panel in json.loads((MONITORING / "dashboard.json").read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def test_every_metric_that_is_asked_for_exists() -> None:
    """In every expression: names that the code exposes, labels that the metric has."""
    known = metrics()
    asked = 0
    for expression in expressions():
        bare = re.sub(r"by \([^)]*\)|\[[^]]*\]|offset \w+", "", expression)
        for name, labels in re.findall(r"\b([a-z_]+)\b(?!\s*\()(?:\{([^}]*)\})?", re.sub(r'"[^"]*"', '""', bare)):
            if name in KEYWORDS:
                continue
            asked += 1
            assert name in known, expression
            assert set(re.findall(r"(\w+)(?==)", labels)) <= known[name] | EVERYWHERE, expression
    assert asked > 20


def test_groups_are_by_labels_that_exist() -> None:
    """What an expression groups by is a label of one of its metrics."""
    known = metrics()
    for expression in expressions():
        there = EVERYWHERE.union(*(labels for name, labels in known.items() if name in expression))
        for group in re.findall(r"by \(([^)]*)\)", expression):
            assert set(group.split(", ")) <= there, expression


def test_the_first_of_a_kind_is_alerted_too() -> None:
    """
    A counter with labels begins at its first event, which `increase` does not see: whoever waits for one asks for
    series that were not there before, too. Seen red: parcels deleted though their number was owed, by `increase` alone.
    """
    known = metrics()
    waits = [
        (rule, name, span)
        for rule in rules()
        for name, span in re.findall(r"increase\((\w+)(?:\{[^}]*\})?\[(\w+)\]\)+ > 0(?![.\d])", rule["expr"])
        if known[name]
    ]
    assert len(waits) >= 3
    assert [rule["alert"] for rule, name, span in waits if f"unless {name} offset {span}" not in rule["expr"]] == []


def test_whatever_keeps_tokens_from_being_renewed_is_alerted() -> None:
    """But for the secret of an organisation's own application, which is told its members. Seen red: only our secret."""
    watched = " ".join(rule["expr"] for rule in rules() if "auth_token_renewals_total" in rule["expr"])
    ours = {failure.value for failure in RenewalFailure} - {RenewalFailure.PRIVATE_SECRET.value}
    assert {outcome for outcome in ours if outcome not in watched} == set()


def test_unusual_access_is_alerted() -> None:
    """As docs/security.md says: locks, services that are refused, consents that go. Seen red with the last alone."""
    asked = " ".join(rule["expr"] for rule in rules())
    told = (
        "auth_locks_total",
        'auth_clients_refused_total{client="service"}',
        'auth_connections{state=~"waiting|revoked"}',
    )
    assert [series for series in told if series not in asked] == []
