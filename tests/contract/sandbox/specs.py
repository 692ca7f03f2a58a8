"""The official models, where they are at hand: `PASSERELLE_SPECS`, or `../shared/specs` beside the project."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import httpx
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


def sandbox_cases() -> Path:
    """The cases of Amazon's static sandbox, derived from its models; the test is skipped where they are not at hand."""
    path = _SPECS / "amazon" / "derived" / "sandbox_cases.jsonl"
    if not path.exists():
        pytest.skip("the official sandbox cases are not at hand (PASSERELLE_SPECS)")
    return path


@cache
def octopia() -> dict[str, Any]:
    """The reconstructed description of Octopia's seller API; the test is skipped where it or a YAML reader is not."""
    path = _SPECS / "octopia" / "octopia_seller_v2_reconstructed.yaml"
    if not path.exists():
        pytest.skip("the reconstructed description of Octopia is not at hand (PASSERELLE_SPECS)")
    yaml = pytest.importorskip("yaml", reason="the reconstructed description of Octopia is YAML: PyYAML is not at hand")
    found: dict[str, Any] = _nullable(yaml.safe_load(path.read_text()))
    return found


def check_octopia(path: str, method: str, answer: httpx.Response) -> None:
    """An answer against the schema described for its status; raises ValidationError."""
    spec = octopia()
    responses = spec["paths"][path][method]["responses"]
    success = next(response for status, response in responses.items() if status.startswith("2"))
    # Which of the 2xx a write answers is uncertain in most places: they describe each other.
    described = responses.get(str(answer.status_code), success if answer.is_success else responses.get("default"))
    assert described is not None, f"{answer.status_code} is not described"
    if "$ref" in described:
        described = spec["components"]["responses"][described["$ref"].rpartition("/")[2]]
    for media_type, content in described.get("content", {}).items():
        assert answer.headers["content-type"] == media_type
        schema = content.get("schema", {}) | {"components": spec["components"]}
        jsonschema.validate(answer.json(), schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)


def _nullable(part: Any) -> Any:
    """OpenAPI 3.0's `nullable` in the words of JSON Schema; an address not yet told is null, too."""
    if isinstance(part, list):
        return [_nullable(item) for item in part]
    if not isinstance(part, dict):
        return part
    made = {name: _nullable(value) for name, value in part.items()}
    if part.get("nullable") and "type" in part:
        made["type"] = [part["type"], "null"]
    if "shippingAddress" in made:
        made["shippingAddress"] = {"anyOf": [made["shippingAddress"], {"type": "null"}]}
    return made
