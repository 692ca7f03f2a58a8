"""The manifests: known to Kubernetes, whole, and each thing that is said once said everywhere."""

import re
from collections.abc import Iterator
from copy import deepcopy

import kubernetes_validate
import pytest

from deploy.local.gateway import PREFIXES
from tests.house.manifests import HTTP, K8S, METRICS, Document, containers, documents, files, kustomization, workloads

VERSION = "1.37"
# What kustomize reads itself, and what Prometheus' operator brings: no schema of Kubernetes has them.
ELSEWHERE = {"Kustomization", "Component", "PodMonitor"}
BASE = K8S / "base"


def base(kind: str) -> dict[str, Document]:
    """The base's objects of one kind, by name; patches left out."""
    found = {}
    for folder in (BASE, *(BASE / service for service in PREFIXES)):
        for name in kustomization(folder)["resources"]:
            for document in documents(folder / name) if name.endswith(".yaml") else []:
                if document["kind"] == kind:
                    found[document["metadata"]["name"]] = document
    return found


def test_kubernetes_knows_every_field() -> None:
    """Strictly: a field that is misspelt or misplaced, in an object or in a patch, is refused."""
    seen = 0
    for path in files():
        for document in documents(path):
            if document["kind"] not in ELSEWHERE:
                kubernetes_validate.validate(_whole(document), VERSION, strict=True)
                seen += 1
    assert seen > 40


def test_a_misspelt_field_would_be_refused() -> None:
    """In patches too, which are filled up before they are looked at."""
    patch = documents(BASE / "every-pod.yaml")[0]
    patch["spec"]["template"]["spec"]["automountServiceAcountToken"] = False
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(_whole(patch), VERSION, strict=True)


def test_every_file_is_used_and_every_file_that_is_used_exists() -> None:
    """A kustomization names only what is there (secrets apart), and no manifest lies beside it unread."""
    for path in files():
        if path.name == "kustomization.yaml":
            named = set(_named(documents(path)[0]))
            assert [name for name in named if not (path.parent / name).exists()] == [], path
            beside = {each.name for each in path.parent.glob("*.*")} - {path.name}
            assert beside <= named, path


def test_every_process_has_its_workload() -> None:
    """A deployment per process and a job per migration, which run the command that the contracts name."""
    found = base("Deployment") | base("Job")
    assert set(found) == {
        f"{service}-{process}" + ("-VERSION" if process == "migrate" else "") for service, process in workloads()
    }
    for service, process in workloads():
        document = found[f"{service}-{process}" + ("-VERSION" if process == "migrate" else "")]
        [container] = containers(document)
        assert (container["name"], container["image"]) == ("process", f"passerelle-{service}")
        assert container["args"] == [process]
        labels = {"app.kubernetes.io/name": service, "app.kubernetes.io/component": process}
        assert labels.items() <= document["spec"]["template"]["metadata"]["labels"].items()
        assert document["kind"] == "Job" or document["spec"]["selector"]["matchLabels"] == labels


def test_every_process_may_be_moved_one_at_a_time() -> None:
    """A drained node takes one copy of a process, never all."""
    budgets = base("PodDisruptionBudget")
    assert set(budgets) == set(base("Deployment"))
    for name, budget in budgets.items():
        assert budget["spec"]["selector"] == base("Deployment")[name]["spec"]["selector"]
        assert budget["spec"]["maxUnavailable"] == 1


def test_every_pod_is_locked_down() -> None:
    """No root, no capability, nothing written but /tmp, no token of the cluster: of every deployment and job."""
    patches = {each["path"]: each["target"] for each in kustomization(BASE)["patches"]}
    assert patches["every-pod.yaml"] == {"kind": "(Deployment|Job)"}
    assert patches["every-process.yaml"] == {"kind": "Deployment"}
    pod = documents(BASE / "every-pod.yaml")[0]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    [container] = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]) == {"requests", "limits"}


def test_a_process_has_time_to_stop() -> None:
    """Kubernetes waits longer than a process takes to end its work, and than an API waits before it begins to."""
    every = documents(BASE / "every-process.yaml")[0]["spec"]["template"]["spec"]
    api = documents(BASE / "every-api.yaml")[0]["spec"]["template"]["spec"]
    before = api["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert every["terminationGracePeriodSeconds"] >= 30
    assert api["terminationGracePeriodSeconds"] >= 30 + before


def test_ports_are_the_same_everywhere() -> None:
    """Containers, probes, services and network policies name the ports that the settings name."""
    [every] = documents(BASE / "every-process.yaml")[0]["spec"]["template"]["spec"]["containers"]
    [api] = documents(BASE / "every-api.yaml")[0]["spec"]["template"]["spec"]["containers"]
    assert every["ports"] == [{"name": "metrics", "containerPort": METRICS}]
    assert api["ports"] == [{"name": "http", "containerPort": HTTP}]
    assert [every[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")] == [
        {"path": "/health/live", "port": "metrics"},
        {"path": "/health/live", "port": "metrics"},
        {"path": "/health/ready", "port": "metrics"},
    ]
    services = base("Service")
    assert set(services) == set(PREFIXES)
    assert {each["spec"]["ports"][0]["port"] for each in services.values()} == {HTTP}
    ports = {name: _ports(each) for name, each in base("NetworkPolicy").items()}
    by_name = {
        "to-names": {53},
        "to-postgresql": {5432},
        "to-kafka": {9092},
        "to-far-sides": {443},
        "to-mail-server": {465, 587},
        "nobody-else": set(),
    }
    assert ports == {name: {HTTP} for name in ports} | by_name
    [monitoring] = (
        each for each in documents(K8S / "components/monitoring/monitoring.yaml") if "podSelector" in each["spec"]
    )
    assert _ports(monitoring) == {METRICS}


def test_the_ingress_routes_what_the_contracts_name() -> None:
    """Each prefix to its service, the bare root to auth, and nothing that could hold /internal."""
    [rule] = base("Ingress")["passerelle"]["spec"]["rules"]
    routed = {(path["path"], path["pathType"], path["backend"]["service"]["name"]) for path in rule["http"]["paths"]}
    prefixes = {(prefix, "Prefix", service) for service, every in PREFIXES.items() for prefix in every}
    assert routed == prefixes | {("/", "Exact", "auth")}


def test_only_who_calls_far_sides_may() -> None:
    """The way out of the cluster is open for the processes that speak to marketplaces, and for https alone."""
    allowed = {
        name
        for name, each in base("Deployment").items()
        if each["spec"]["template"]["metadata"]["labels"].get("passerelle/far-sides") == "allowed"
    }
    assert allowed == {
        "auth-api", "auth-worker", "orders-worker", "orders-poller", "inventory-worker", "labels-worker"
    }  # fmt: skip
    selector = base("NetworkPolicy")["to-far-sides"]["spec"]["podSelector"]
    assert selector == {"matchLabels": {"passerelle/far-sides": "allowed"}}


def test_all_that_is_not_named_is_refused() -> None:
    """Both ways, for every pod of the namespace."""
    spec = base("NetworkPolicy")["nobody-else"]["spec"]
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_no_manifest_holds_a_secret() -> None:
    """Secrets are made outside (a secret manager, or files that git ignores): none is written down here."""
    assert [path for path in files() for each in documents(path) if each["kind"] == "Secret"] == []
    text = "".join(path.read_text() for path in files())
    assert not re.search(r"(PASSWORD|CLIENT_SECRET|KEY_ENCRYPTION_KEYS)=", text)


def _ports(policy: Document) -> set[int]:
    rules = policy["spec"].get("ingress", []) + policy["spec"].get("egress", [])
    return {port["port"] for rule in rules for port in rule["ports"]}


def _whole(document: Document) -> Document:
    """A patch of a deployment with what only whole ones must have."""
    whole = deepcopy(document)
    if whole["kind"] == "Deployment":
        whole["spec"].setdefault("selector", {})
    return whole


def _named(document: Document) -> Iterator[str]:
    yield from document.get("resources", [])
    yield from document.get("components", [])
    yield from (each["path"] for each in document.get("patches", []))
    for generator in document.get("configMapGenerator", []):
        yield from generator.get("files", [])
