"""What each process is told: all it needs, and no other service's secrets."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.errors import CannotRun
from deploy.local.options import Options, read_options
from deploy.local.secrets import Secrets
from deploy.local.settings import PROCESSES, Environments, choose_ports

SERVICES = list(PROCESSES)


@pytest.fixture
def environments(tmp_path: Path) -> Callable[[Options], Environments]:
    def make(options: Options) -> Environments:
        urls = {service: f"postgresql+asyncpg://{service}@127.0.0.1/{service}" for service in SERVICES}
        return Environments(options, choose_ports(), Secrets(tmp_path), urls, "127.0.0.1:9092")

    return make


@pytest.mark.parametrize("service", SERVICES)
def test_a_process_is_told_of_its_own_service_only(service: str, environments: Callable[..., Environments]) -> None:
    """No setting of another service reaches a process, hence no secret of another."""
    environment = environments(read_options({"LABELS_LOG_LEVEL": "DEBUG"})).of(service, "worker")
    others = tuple(f"{other.upper()}_" for other in SERVICES if other != service)
    assert not [name for name in environment if name.startswith(others)]


def test_auth_knows_the_other_services_secrets_only_as_hashes(environments: Callable[..., Environments]) -> None:
    """The client list has one entry per calling service, and no secret in clear."""
    made = environments(read_options({}))
    clients = made.of("auth", "api")["AUTH_SERVICE_CLIENTS"]
    assert [client["id"] for client in json.loads(clients)] == ["orders", "inventory", "labels"]
    assert made.of("orders", "worker")["ORDERS_CLIENT_SECRET"] not in clients


def test_every_process_has_a_port_of_its_own(environments: Callable[..., Environments]) -> None:
    """Nine processes and four APIs on one machine: no port twice."""
    made = environments(read_options({}))
    told = [made.of(service, process) for service, processes in PROCESSES.items() for process in processes]
    watch = {value for one in told for name, value in one.items() if name.endswith("_METRICS_PORT")}
    api = {value for one in told for name, value in one.items() if name.endswith("_HTTP_PORT")}
    assert (len(watch), len(api), watch & api) == (9, 4, set())


def test_what_a_person_sets_for_a_service_wins(environments: Callable[..., Environments]) -> None:
    """LABELS_REPEAT_AFTER_SECONDS={"amazon": 600} in front of `make run` is heard by labels."""
    made = environments(read_options({"LABELS_REPEAT_AFTER_SECONDS": '{"amazon": 600}'}))
    assert made.of("labels", "worker")["LABELS_REPEAT_AFTER_SECONDS"] == '{"amazon": 600}'


def test_without_the_sandbox_the_services_know_the_real_far_sides(environments: Callable[..., Environments]) -> None:
    """SANDBOX=off: no sandbox address and no demo delay is passed on."""
    real = {"SANDBOX": "off", "PUBLIC_URL": "https://passerelle.example", "AUTH_APPS": "{}"}
    made = environments(read_options(real))
    for service in SERVICES:
        told = made.of(service, "api")
        assert not [name for name in told if name.endswith(("_URLS", "TOKEN_URL"))]
        assert not [name for name in told if name.endswith(("POLL_INTERVAL_SECONDS", "READ_BACK_SECONDS"))]


@pytest.mark.parametrize("url", ["", "http://passerelle.example", "https://127.0.0.1", "https://localhost"])
def test_real_sellers_need_a_public_https_address(url: str) -> None:
    """SANDBOX=off without one is refused at start, with a sentence for each setting that is missing."""
    with pytest.raises(CannotRun) as refused:
        read_options({"SANDBOX": "off", "PUBLIC_URL": url})
    assert [line.split()[0] for line in str(refused.value).splitlines()] == ["PUBLIC_URL", "AUTH_APPS"]


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_said(port: str) -> None:
    """PORT= takes a number a computer can listen on."""
    with pytest.raises(CannotRun, match="PORT must be a port"):
        read_options({"PORT": port})


def test_secrets_are_made_once_and_only_we_may_read_them(tmp_path: Path) -> None:
    """A second start has the same secrets; the files have mode 0600 in a folder of 0700."""
    folder = tmp_path / "secrets"
    first = Secrets(folder).client_secret("orders"), Secrets(folder).key_encryption_keys("auth")
    assert first == (Secrets(folder).client_secret("orders"), Secrets(folder).key_encryption_keys("auth"))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
