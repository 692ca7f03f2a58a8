"""How the code is cut: small modules, small functions, each with its sentence, nothing half done."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("services", "shared", "deploy", "tests")
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
TOP_LEVEL = {
    "services", "shared", "deploy", "tests", "docs", "Makefile", "README.md", "pyproject.toml", "requirements.lock",
    "requirements-dev.lock", "requirements-service.lock", "LICENSE", "CHANGELOG.md",
}  # fmt: skip
SERVICES = ("auth", "orders", "inventory", "labels")
FRAMEWORKS = ("fastapi", "starlette", "sqlalchemy", "httpx", "aiokafka", "authlib")


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    lines: int
    docstring: str | None


@dataclass(frozen=True, slots=True)
class Module:
    docstring: str | None
    functions: tuple[Function, ...]


@cache
def looked_at(path: Path) -> Module:
    """What is asked of it; its tree is not kept: a million nodes, for the collector of garbage to look at."""
    tree = ast.parse(path.read_text())
    found = (
        Function(each.name, (each.end_lineno or 0) - each.lineno + 1, ast.get_docstring(each))
        for each in _functions(tree)
    )
    return Module(ast.get_docstring(tree), tuple(found))


def _functions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Statements only: a function is in no expression."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield from _functions(child)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_module_is_two_things() -> None:
    """No module is longer than 300 lines."""
    long = {name_of(path): lines for path in modules(*FOLDERS) if (lines := _lines(path)) > LONGEST_MODULE}
    assert long == {}


def test_no_function_is_two_things() -> None:
    """No function is longer than 40 lines, its docstring included."""
    long = {
        f"{name_of(path)}:{function.name}": function.lines
        for path in modules(*FOLDERS)
        for function in looked_at(path).functions
        if function.lines > LONGEST_FUNCTION
    }
    assert long == {}


def test_every_module_says_what_it_is() -> None:
    """A module with code begins with its sentence."""
    silent = [name_of(path) for path in modules(*FOLDERS) if path.read_text().strip() and not looked_at(path).docstring]
    assert silent == []


def test_every_test_says_its_law() -> None:
    """A test function has a docstring."""
    silent = [
        f"{name_of(path)}:{function.name}"
        for path in modules("tests")
        for function in looked_at(path).functions
        if function.name.startswith("test_") and not function.docstring
    ]
    assert silent == []


def test_nothing_is_left_for_later() -> None:
    """No unfinished work hides in a comment or an exception."""
    marks = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "NotImplemented" + "Error")) + r")\b")
    found = [name_of(path) for path in modules(*FOLDERS) if marks.search(path.read_text())]
    assert found == []


def test_the_top_level_is_what_the_owner_fixed() -> None:
    """Nothing else lies in the root folder."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {line.split("/")[0] for line in listed.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


@pytest.mark.parametrize("service", SERVICES)
def test_services_have_the_same_rooms(service: str) -> None:
    """Same file names in sibling folders: a reader who knows one service finds their way in the next."""
    wanted = (
        "README.md", "__main__.py", "settings.py", "bootstrap.py", "domain", "usecases/ports.py", "adapters/tables.py",
        "adapters/queries.py", "entrypoints/api.py", "entrypoints/worker.py", "migrations/versions",
    )  # fmt: skip
    assert [name for name in wanted if not (ROOT / "services" / service / name).exists()] == []


@pytest.mark.parametrize("service", SERVICES)
def test_domain_and_use_cases_load_no_framework(service: str) -> None:
    """Importing them in a fresh interpreter loads neither web, database nor Kafka code (package __init__s included)."""
    names = [
        name_of(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        for part in ("domain", "usecases")
        for path in modules(f"services/{service}/{part}")
    ]
    code = f"import sys, {', '.join(names)}; print([m for m in {FRAMEWORKS!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())
