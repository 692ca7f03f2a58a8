"""The compose file: every process, one way in, nothing open that need not be."""

import re
from typing import Any

from deploy.local.gateway import PREFIXES
from deploy.local.settings import PROCESSES
from tests.house.manifests import COMPOSE, HTTP, METRICS, ROOT, documents, workloads

FILE = documents(COMPOSE / "compose.yaml")[0]
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = {f"{service}-{process}": service for service, process in workloads()}


def test_every_process_has_its_container() -> None:
    """All of the contracts' processes and migrations, and beside them what they need and no more."""
    assert set(SERVICES) == set(OURS) | {"proxy", "postgres", "kafka"}
    for name, service in OURS.items():
        assert SERVICES[name]["build"]["target"] == service
        assert SERVICES[name]["image"].startswith(f"passerelle-{service}:${{VERSION")


def test_our_containers_are_locked_down() -> None:
    """Read-only, without capabilities and without a way to get them back."""
    for name in (*OURS, "sandbox"):
        told = (documents(COMPOSE / "sandbox.yaml")[0]["services"] | SERVICES)[name]
        assert told["read_only"] is True
        assert told["cap_drop"] == ["ALL"]
        assert told["security_opt"] == ["no-new-privileges:true"]


def test_one_container_answers_the_outside() -> None:
    """Only the proxy publishes ports; servers and workers have no network that is reached from outside."""
    assert [name for name, told in SERVICES.items() if "ports" in told] == ["proxy"]
    assert FILE["networks"]["inner"] == {"internal": True}
    on_edge = {name for name, told in SERVICES.items() if "edge" in told["networks"]}
    assert on_edge == {"proxy", *(f"{service}-api" for service in PROCESSES)}
    address = SERVICES["proxy"]["networks"]["edge"]["ipv4_address"]
    trusted = {told["environment"][f"{OURS[name].upper()}_TRUSTED_PROXIES"] for name, told in _ours()}
    assert trusted == {address}


def test_nothing_starts_before_its_tables() -> None:
    """A process waits for the migration of its service, a migration for its servers."""
    for name, told in _ours():
        if name.endswith("-migrate"):
            assert told["restart"] == "no"
            assert set(told["depends_on"]) == {"postgres", "kafka"}
        else:
            assert told["depends_on"] == {f"{OURS[name]}-migrate": {"condition": "service_completed_successfully"}}
            assert int(told["stop_grace_period"].removesuffix("s")) >= 30
            assert f"127.0.0.1:{METRICS}/health/ready" in told["healthcheck"]["test"][-1]


def test_no_value_that_must_be_given_has_a_default() -> None:
    """Version and address come from outside; secrets are in files that git does not keep."""
    text = "".join((COMPOSE / name).read_text() for name in ("compose.yaml", "sandbox.yaml"))
    assert set(re.findall(r"\$\{(\w+)", text)) == {"VERSION", "PUBLIC_URL"}
    assert ":-" not in text
    assert re.findall(r"\$\{(\w+):\?", text) == ["VERSION", "PUBLIC_URL"]
    assert {"secrets/", ".env"} <= set((ROOT / "deploy" / ".gitignore").read_text().splitlines())


def test_the_proxy_routes_what_the_contracts_name() -> None:
    """Each prefix to its service's API, the bare root to auth; all else ends in 404."""
    text = (COMPOSE / "Caddyfile").read_text()
    matched = dict(re.findall(r"^\t@(\w+) path (.*)$", text, re.MULTILINE))
    wanted = {
        service: [path for prefix in prefixes for path in (prefix, prefix + "/*")]
        for service, prefixes in PREFIXES.items()
    }
    wanted["auth"] = ["/", *wanted["auth"]]
    assert {service: paths.split() for service, paths in matched.items()} == wanted
    handled = re.findall(r"^\thandle @(\w+) \{\n\t\treverse_proxy (\S+) \{", text, re.MULTILINE)
    assert handled == [(service, f"{service}-api:{HTTP}") for service in PREFIXES]
    assert re.findall(r"^\thandle \{\n\t\trespond .* (\d+)\n\t\}$", text, re.MULTILINE) == ["404"]


def _ours() -> list[tuple[str, dict[str, Any]]]:
    return [(name, SERVICES[name]) for name in OURS]
