"""What manifests and the compose file tell each process is what its settings ask for: no more, no less, and valid."""

from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, SecretStr

from deploy.local.settings import PROCESSES, SCOPES
from shared.access.scopes import SERVICE_SCOPES
from shared.runtime.settings import environment_name
from tests.house.contracts_page import settings_of
from tests.house.manifests import (
    COMPOSE,
    FOREIGN,
    HTTP,
    K8S,
    METRICS,
    OVERLAYS,
    Document,
    containers,
    documents,
    environment_file,
    literals,
    needs_renderer,
    rendered,
    with_secrets,
    workloads,
)  # fmt: skip

# Settings that are kept with secrets, besides those whose type says so: digests of some.
HOLD_SECRETS = {"AUTH_SERVICE_CLIENTS"}
# Secrets that libraries of ours read, not we.
OF_LIBRARIES = {"auth": {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}}
# Only where Kafka, a mail server, an OpenID provider or AWS asks who we are; a user's name is kept with the password.
WHERE_ASKED = {
    *(f"{service.upper()}_KAFKA_SASL_{what}" for service in PROCESSES for what in ("USERNAME", "PASSWORD")),
    "AUTH_SMTP_USERNAME",
    "AUTH_SMTP_PASSWORD",
    "AUTH_OPENID",
    *OF_LIBRARIES["auth"],
}


def known(service: str) -> set[str]:
    settings = settings_of(service)
    return {environment_name(settings, name) for name in settings.model_fields}


def required(service: str) -> set[str]:
    settings = settings_of(service)
    return {environment_name(settings, name) for name, each in settings.model_fields.items() if each.is_required()}


def secret(service: str) -> set[str]:
    settings = settings_of(service)
    typed = {
        environment_name(settings, name)
        for name, each in settings.model_fields.items()
        if holds_secret(each.annotation)
    }
    return typed | ((HOLD_SECRETS | WHERE_ASKED) & known(service)) | OF_LIBRARIES.get(service, set())


def holds_secret(annotation: Any) -> bool:
    """Also in a field of a model, or of several."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(holds_secret(field.annotation) for field in annotation.model_fields.values())
    return annotation is SecretStr or any(holds_secret(each) for each in get_args(annotation))


def assert_valid(service: str, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The service itself takes these settings, and knows each of them."""
    assert set(environment) - known(service) - FOREIGN == set()
    with monkeypatch.context() as patched:
        for name in known(service):
            patched.delenv(name, raising=False)
        for name, value in environment.items():
            patched.setenv(name, value)
        settings: Any = settings_of(service)()
    assert (settings.http_host, settings.http_port, settings.metrics_port) == ("0.0.0.0", HTTP, METRICS)  # noqa: S104


@pytest.mark.parametrize("service", PROCESSES)
def test_every_setting_that_has_no_default_is_told(service: str) -> None:
    """
    In the base: each required setting, none that nobody knows, secrets from the service's own Secret only.

    Seen red: an OpenID provider in that Secret, which no process was told.
    """
    folder = K8S / "base" / service
    told = containers(documents(folder / "settings.yaml")[0])[0]["env"]
    plain = set(literals(folder, f"{service}-settings"))
    names = {each["name"] for each in told} | plain
    assert required(service) - names == set()
    assert names - known(service) == OF_LIBRARIES.get(service, set())
    sealed = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in told if "secretKeyRef" in each["valueFrom"]}
    assert sealed == {
        name: {"name": f"{service}-secrets", "key": name} | ({"optional": True} if name in WHERE_ASKED else {})
        for name in secret(service)
    }


def test_every_overlay_says_what_the_base_leaves_open() -> None:
    """What all services are told is complete in both overlays; what nobody must be told may be there too."""
    asked = {
        reference["key"]: reference.get("optional", False)
        for service in PROCESSES
        for each in containers(documents(K8S / "base" / service / "settings.yaml")[0])[0]["env"]
        if (reference := each["valueFrom"].get("configMapKeyRef"))
    }
    for overlay in OVERLAYS:
        said = literals(K8S / "base", "passerelle") | literals(K8S / "overlays" / overlay, "passerelle")
        assert {name for name, optional in asked.items() if not optional} | {"PGSSLMODE"} <= set(said), overlay
        assert set(said) <= {*asked, "PGSSLMODE"}, overlay


@needs_renderer
def test_the_local_overlay_gives_settings_that_are_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rendered with fresh secrets: every process would start with what it is told."""
    objects = rendered(with_secrets(tmp_path) / "k8s" / "overlays" / "local")
    for service, processes in PROCESSES.items():
        for process in processes:
            assert_valid(service, _told(objects, f"{service}-{process}"), monkeypatch)


@needs_renderer
def test_production_asks_for_the_secrets_that_are_made(tmp_path: Path) -> None:
    """Each Secret and key that the rendered overlay needs is one that `deploy.secret_files` makes, and no other."""
    copy = with_secrets(tmp_path)
    made = {
        (f"{service}-secrets", key)
        for service in PROCESSES
        for key in environment_file(copy / "compose" / "secrets" / f"{service}.env")
    }
    asked = {
        (reference["name"], reference["key"])
        for each in rendered(copy / "k8s" / "overlays" / "production")
        if each["kind"] in ("Deployment", "Job")
        for variable in containers(each)[0]["env"]
        if (reference := variable.get("valueFrom", {}).get("secretKeyRef")) and not reference.get("optional")
    }
    assert asked == made


@pytest.mark.parametrize(("service", "process"), workloads())
def test_the_compose_file_gives_settings_that_are_valid(
    service: str, process: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with the sandbox's file laid over it; secrets come from the service's own file."""
    copy = with_secrets(tmp_path) / "compose"
    told = documents(COMPOSE / "compose.yaml")[0]["services"][f"{service}-{process}"]
    over = documents(COMPOSE / "sandbox.yaml")[0]["services"].get(f"{service}-{process}", {})
    assert told["command"] == [process]
    assert told["env_file"] == [f"secrets/{service}.env"]
    assert set(told["environment"]) & secret(service) == set()
    plain = {name: _public_url(value) for name, value in told["environment"].items()}
    secrets = environment_file(copy / "secrets" / f"{service}.env")
    assert set(secrets) == secret(service) - WHERE_ASKED
    assert_valid(service, plain | secrets, monkeypatch)
    assert_valid(service, plain | secrets | over.get("environment", {}), monkeypatch)


def test_services_may_ask_of_each_other_what_they_need() -> None:
    """The clients that auth is told of have the scopes that the services use."""
    assert {service: set(scopes) for service, scopes in SCOPES.items()} == {
        service: set(scopes) for service, scopes in SERVICE_SCOPES.items()
    }


def _told(objects: list[Document], name: str) -> dict[str, str]:
    """The environment of a rendered deployment's process, references looked up."""
    data = {
        (each["kind"], each["metadata"]["name"]): each.get("data", {})
        for each in objects
        if each["kind"] in ("ConfigMap", "Secret")
    }
    [deployment] = (each for each in objects if each["kind"] == "Deployment" and each["metadata"]["name"] == name)
    [container] = containers(deployment)
    environment: dict[str, str] = {}
    for source in container["envFrom"]:
        environment |= data["ConfigMap", source["configMapRef"]["name"]]
    for variable in container["env"]:
        if (value := _value(variable, data)) is not None:
            environment[variable["name"]] = value
    return environment


def _value(variable: Document, data: Mapping[tuple[str, str], Mapping[str, str]]) -> str | None:
    """None: it may be missing, and is."""
    if "value" in variable:
        return str(variable["value"])
    source = variable["valueFrom"]
    kind = "ConfigMap" if "configMapKeyRef" in source else "Secret"
    reference = source["configMapKeyRef" if kind == "ConfigMap" else "secretKeyRef"]
    held = data[kind, reference["name"]]
    if reference.get("optional") and reference["key"] not in held:
        return None
    return held[reference["key"]] if kind == "ConfigMap" else b64decode(held[reference["key"]]).decode()


def _public_url(value: str) -> str:
    return "http://localhost" if value.startswith("${PUBLIC_URL") else value
