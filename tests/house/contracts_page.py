"""`docs/contracts.md`, written from code: what services, operators and manifests must agree on."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from deploy.local.gateway import PREFIXES
from deploy.local.settings import PROCESSES
from shared.access.scopes import MEANINGS, SELLER_SCOPES, SERVICE_SCOPES
from shared.events import topics
from shared.events.registry import BY_TYPE
from shared.runtime.settings import ServiceSettings, environment_name

ROOT = Path(__file__).parents[2]


def page() -> str:
    sections = [
        "# Contracts\nWritten from the code by `make contracts`; `make check` compares.",
        _section("URL prefixes", ("prefix", "service"), _prefixes()),
        "`/internal/*` is never routed from outside. Every process answers `/health/live`, `/health/ready` and "
        "`/metrics` on its `…_METRICS_PORT`; `api` answers pages and APIs on `…_HTTP_PORT`. Ports have no default.",
        _section("Processes", ("command", "answers on"), _processes()),
        _section("Topics", ("topic", "key", "publisher", "consumers", "kept", "event types"), _topics()),
        f"{topics.PARTITIONS} partitions each, never changed. Groups are named after the service. "
        "`…_TOPIC_PREFIX` goes before topics and groups.",
        _section("Scopes", ("scope", "allows", "held by"), _scopes()),
        *(
            _section(f"Settings of {service}", ("name", "default", "meaning"), _settings(service))
            for service in PROCESSES
        ),
    ]
    return "\n\n".join(sections) + "\n"


def _section(title: str, columns: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [f"## {title}", _line(columns), _line(("---",) * len(columns)), *(_line(row) for row in rows)]
    return "\n".join(lines)


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _prefixes() -> Iterator[tuple[str, ...]]:
    for service, prefixes in PREFIXES.items():
        for prefix in prefixes:
            yield f"`{prefix}`", service


def _processes() -> Iterator[tuple[str, ...]]:
    for service, processes in PROCESSES.items():
        for process in processes:
            ports = f"`{service.upper()}_HTTP_PORT`, " if process == "api" else ""
            yield f"`python -m services.{service} {process}`", f"{ports}`{service.upper()}_METRICS_PORT`"


def _topics() -> Iterator[tuple[str, ...]]:
    consumers = {name: consumers_of(name) for name, value in vars(topics).items() if isinstance(value, topics.Topic)}
    for name, read_by in consumers.items():
        topic: topics.Topic = getattr(topics, name)
        days = (topic.retention_ms or 0) // (24 * 3600 * 1000)
        kept = f"{days} days" if days else "each key's newest, for ever; a tombstone 30 days"
        types = ", ".join(f"`{event}`" for event, body in BY_TYPE.items() if topic.name == body.TOPIC)
        yield f"`{topic.name}`", topic.key, topic.publisher, ", ".join(read_by) or "none", kept, types


def consumers_of(constant: str) -> list[str]:
    """The services whose code subscribes to the topic of this constant (`Subscription(ORDERS_ORDER, …)`)."""
    return [service for service in PROCESSES if constant in _subscribed(service)]


def _subscribed(service: str) -> set[str]:
    found = set()
    for path in (ROOT / "services" / service).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Subscription" and node.args:
                topic = node.args[0]
                found.add(topic.id if isinstance(topic, ast.Name) else getattr(topic, "attr", ""))
    return found


def _scopes() -> Iterator[tuple[str, ...]]:
    for scope, meaning in MEANINGS.items():
        holders = [service for service, scopes in SERVICE_SCOPES.items() if scope in scopes]
        if scope in SELLER_SCOPES:
            holders += ["signed-in sellers by their role (`docs/roles.md`), and the API clients of their organisation"]
        yield f"`{scope}`", meaning, ", ".join(holders)


def _settings(service: str) -> Iterator[tuple[str, ...]]:
    settings = settings_of(service)
    for name, field in settings.model_fields.items():
        yield f"`{environment_name(settings, name)}`", _default(field), field.description or ""


def settings_of(service: str) -> type[ServiceSettings]:
    found: type[ServiceSettings] = importlib.import_module(f"services.{service}.settings").Settings
    return found


def _default(field: FieldInfo) -> str:
    secret = " (secret)" if field.annotation is SecretStr else ""
    if field.is_required():
        return "required" + secret
    value = field.get_default(call_default_factory=True)
    return "none" if value is None else f"`{value}`" if value != "" else "empty"
