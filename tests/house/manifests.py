"""What `deploy/` says, read as data: documents, kustomizations, and what kustomize makes of them where it is there."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import secret_files
from deploy.local.settings import PROCESSES

Document = dict[str, Any]
ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "deploy" / "compose"
K8S = ROOT / "deploy" / "k8s"
OVERLAYS = ("local", "production")
# The one port of pages and APIs, the one of health and metrics: every process has an address of its own.
HTTP, METRICS = 8000, 9000
# Read by libraries of ours, not by us.
FOREIGN = frozenset({"PGSSLMODE", "PGSSLROOTCERT"})


def documents(path: Path) -> list[Document]:
    """The mappings of a YAML file (a list of patch operations has none)."""
    return [each for each in yaml.safe_load_all(path.read_text()) if isinstance(each, dict)]


def files() -> list[Path]:
    return sorted(K8S.rglob("*.yaml"))


def kustomization(folder: Path) -> Document:
    return documents(folder / "kustomization.yaml")[0]


def literals(folder: Path, name: str) -> dict[str, str]:
    """What a kustomization says of one config map."""
    generators = kustomization(folder).get("configMapGenerator", [])
    lines = [line for each in generators if each["name"] == name for line in each.get("literals", [])]
    return dict(line.split("=", 1) for line in lines)


def containers(document: Document) -> list[Document]:
    """Of a workload."""
    found: list[Document] = document["spec"]["template"]["spec"]["containers"]
    return found


def renderer() -> list[str] | None:
    """The command that renders a folder, where there is one."""
    if shutil.which("kubectl"):
        return ["kubectl", "kustomize"]
    return ["kustomize", "build"] if shutil.which("kustomize") else None


needs_renderer = pytest.mark.skipif(renderer() is None, reason="neither kubectl nor kustomize is installed")


def with_secrets(folder: Path) -> Path:
    """A copy of `deploy/` in the folder, with fresh secrets where the local overlay and the compose file want them."""
    copy = folder / "deploy"
    for name in ("k8s", "compose"):
        shutil.copytree(ROOT / "deploy" / name, copy / name, ignore=shutil.ignore_patterns("secrets"))
    for secrets in (copy / "k8s" / "overlays" / "local" / "secrets", copy / "compose" / "secrets"):
        secret_files.make(secrets, "postgres:5432", sandbox="http://localhost:8080")
    return copy


def rendered(folder: Path) -> list[Document]:
    command = renderer()
    assert command, "no kubectl and no kustomize"
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def environment_file(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def workloads() -> list[tuple[str, str]]:
    """Every process of every service, the one-shot migration too."""
    return [(service, process) for service in PROCESSES for process in (*PROCESSES[service], "migrate")]
