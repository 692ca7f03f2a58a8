"""Every key our code logs is on the allow-list: what is dropped at run time would be missed when it is needed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.runtime.log_keys import ALLOWED

ROOT = Path(__file__).parents[3]
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
NOT_KEYS = {"exc_info"}


def logged(path: Path) -> Iterator[tuple[int, str, list[str]]]:
    """Line, event and keys of every `log.<level>("event", key=…)`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and _of_log(node.func.value):
                yield node.lineno, first.value, [keyword.arg for keyword in node.keywords if keyword.arg]


def _of_log(owner: ast.expr) -> bool:
    return isinstance(owner, ast.Name) and owner.id in {"log", "logger"}


@pytest.mark.parametrize("folder", ["shared", "services"])
def test_every_logged_key_is_allowed(folder: str) -> None:
    """A key missing in shared/runtime/log_keys.py is named here with its line."""
    unknown = [
        f"{path.relative_to(ROOT)}:{line} {event}: {key}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, event, keys in logged(path)
        for key in keys
        if key not in ALLOWED | NOT_KEYS
    ]
    assert unknown == []


@pytest.mark.parametrize("folder", ["shared", "services"])
def test_an_event_is_a_dotted_fact(folder: str) -> None:
    """`order.received`, never a sentence with values in it."""
    odd = [
        f"{path.relative_to(ROOT)}:{line} {event}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, event, _ in logged(path)
        if not event.replace(".", "").replace("_", "").isalnum() or "." not in event
    ]
    assert odd == []
