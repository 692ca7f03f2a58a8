"""The official models, where they are at hand: `PASSERELLE_SPECS`, or `../shared/specs` beside the project."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

_ROOT = Path(__file__).resolve().parents[3]
_SPECS = Path(os.environ.get("PASSERELLE_SPECS", _ROOT.parent / "shared" / "specs"))


@cache
def model(name: str) -> dict[str, Any]:
    """An official Swagger 2.0 model of Amazon's; the test is skipped where it is not at hand."""
    path = _SPECS / "amazon" / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the official model {name} is not at hand (PASSERELLE_SPECS)")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def check(name: str, path: str, method: str, status: int, body: object) -> None:
    """The body of an answer against the schema the model gives for its status; raises ValidationError."""
    spec = model(name)
    schema = spec["paths"][path][method]["responses"][str(status)].get("schema")
    if schema is None:
        assert body is None
        return
    jsonschema.validate(
        body, schema | {"definitions": spec["definitions"]}, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    )
