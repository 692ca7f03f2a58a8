"""Everything about a marketplace is in its one folder, and only the registry knows that there are several."""

import re
from pathlib import Path

import pytest

from shared.marketplaces.registry import PROFILES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "shared" / "marketplaces"
FOLDERS = sorted(path.name for path in FOLDER.iterdir() if (path / "__init__.py").exists())


def imported(path: Path) -> set[str]:
    """The marketplaces whose folders a module imports from."""
    found = re.findall(r"\bshared\.marketplaces(?:\.| import )(\w+)", path.read_text())
    return set(found) & set(FOLDERS)


def test_every_folder_is_registered() -> None:
    """A marketplace is a folder and a line in the registry; who deals with it otherwise (vendors) is named after it."""
    assert set(FOLDERS) <= set(PROFILES)
    assert {name.split("_")[0] for name in PROFILES} == set(FOLDERS)


@pytest.mark.parametrize("name", FOLDERS)
def test_marketplaces_do_not_import_each_other(name: str) -> None:
    """What two of them need lies beside their folders."""
    others = {path.name: found for path in (FOLDER / name).rglob("*.py") if (found := imported(path) - {name})}
    assert others == {}


def test_only_the_registry_names_them() -> None:
    """Neither what lies beside the folders nor any service imports from one."""
    shared = [path for path in FOLDER.glob("*.py") if path.name != "registry.py"]
    services = (ROOT / "services").rglob("*.py")
    assert [path.name for path in (*shared, *services) if imported(path)] == []


@pytest.mark.parametrize("name", FOLDERS)
def test_every_marketplace_says_what_is_unlike_the_others(name: str) -> None:
    """The page a reader needs before the code; its table names every module."""
    page = (FOLDER / name / "README.md").read_text()
    modules = [path.name for path in (FOLDER / name).glob("*.py") if path.name != "__init__.py"]
    assert [module for module in modules if f"`{module}`" not in page] == []
