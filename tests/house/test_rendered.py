"""What kustomize makes of the overlays, where it is installed: what a cluster would be given."""

import re

import kubernetes_validate
import pytest
import yaml

from tests.house.manifests import OVERLAYS, Document, containers, needs_renderer, rendered, with_secrets, workloads
from tests.house.test_kubernetes import ELSEWHERE, VERSION

pytestmark = needs_renderer


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    """The objects of one overlay; production with all that may be added to it."""
    folder = with_secrets(tmp_path_factory.mktemp("deploy")) / "k8s" / "overlays" / request.param
    if request.param == "production":
        path = folder / "kustomization.yaml"
        added = ["../../components/monitoring", "../../components/tracing"]
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"components": added}))
    return rendered(folder)


def test_kubernetes_takes_it_all(overlay: list[Document]) -> None:
    """Every object is valid, strictly, has a name that may be one, and lies in the one namespace."""
    for document in overlay:
        if document["kind"] not in ELSEWHERE:
            kubernetes_validate.validate(document, VERSION, strict=True)
        assert re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", document["metadata"]["name"])
        assert document["kind"] == "Namespace" or document["metadata"]["namespace"] == "passerelle"


def test_every_process_is_whole(overlay: list[Document]) -> None:
    """Each one is locked down, is watched on a port that it has, and is given nothing that does not exist."""
    made = {(each["kind"], each["metadata"]["name"]) for each in overlay}
    ours = [each for each in overlay if containers_of_ours(each)]
    assert len(ours) == len(workloads())
    for document in ours:
        pod = document["spec"]["template"]["spec"]
        [container] = containers(document)
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert ":" in container["image"]
        for source in container.get("envFrom", []):
            assert ("ConfigMap", source["configMapRef"]["name"]) in made
        if document["kind"] == "Deployment":
            ports = {port["name"] for port in container["ports"]}
            assert {container[f"{kind}Probe"]["httpGet"]["port"] for kind in ("liveness", "readiness")} <= ports
            assert pod["terminationGracePeriodSeconds"] >= 30


def test_a_name_that_changes_is_no_membership(overlay: list[Document]) -> None:
    """A deployment's copies are told no instance: its pods get new names, and Kafka would wait for the old ones."""
    told = {variable["name"] for each in overlay for one in containers_of_ours(each) for variable in one["env"]}
    told |= {key for each in overlay if each["kind"] == "ConfigMap" for key in each.get("data", {})}
    assert [name for name in told if name.endswith("INSTANCE_ID")] == []


def test_a_migration_is_a_job_of_its_version(overlay: list[Document]) -> None:
    """Its name ends in the tag of its image, so that the next version's is another."""
    jobs = [each for each in overlay if each["kind"] == "Job"]
    for job in jobs:
        [container] = containers(job)
        assert job["metadata"]["name"].endswith("-migrate-" + container["image"].rpartition(":")[2])
    assert len(jobs) == len([process for _, process in workloads() if process == "migrate"])


def test_where_servers_are_elsewhere_there_are_two_of_everything(overlay: list[Document]) -> None:
    """In production one of each may be lost; on one machine there is one."""
    local = any(each["kind"] == "StatefulSet" for each in overlay)
    copies = {each["spec"].get("replicas", 1) for each in overlay if each["kind"] == "Deployment"}
    assert copies == ({1} if local else {2})


def containers_of_ours(document: Document) -> list[Document]:
    """Of our own processes; none of what is beside them."""
    ours = document["metadata"].get("labels", {}).get("app.kubernetes.io/part-of") == "passerelle"
    return containers(document) if ours and document["kind"] in ("Deployment", "Job") else []
