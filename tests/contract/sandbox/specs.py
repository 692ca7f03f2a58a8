"""The official models, where they are at hand: `PASSERELLE_SPECS`, or `../shared/specs` beside the project."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

_ROOT = Path(__file__).resolve().parents[3]
_SPECS = Path(os.environ.get("PASSERELLE_SPECS", _ROOT.parent / "shared" / "specs"))
_OCTOPIA = _SPECS / "octopia" / "octopia_seller_v2_reconstructed.yaml"


def model_file(name: str) -> Path:
    """Where an official Swagger 2.0 model of Amazon's is, if it is at hand."""
    return _SPECS / "amazon" / f"{name}.json"


@cache
def model(name: str) -> dict[str, Any]:
    """An official Swagger 2.0 model of Amazon's; the test is skipped where it is not at hand."""
    path = model_file(name)
    if not path.exists():
        pytest.skip(f"the official model {name} is not at hand (PASSERELLE_SPECS)")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def check(name: str, path: str, method: str, status: int, body: object) -> None:
    """The body of an answer against the schema the model gives for its status; raises ValidationError."""
    validator = _validator(name, path, method, status)
    if validator is None:
        assert body is None
    else:
        _hold(body, validator)


@cache
def _validator(name: str, path: str, method: str, status: int) -> Any:
    """None where an answer of this status has no body."""
    spec = model(name)
    schema = spec["paths"][path][method]["responses"][str(status)].get("schema")
    return schema and _validator_of(schema | {"definitions": spec["definitions"]})


def _validator_of(schema: dict[str, Any]) -> Any:
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(schema, format_checker=checker)


def _hold(body: object, validator: Any) -> None:
    if error := jsonschema.exceptions.best_match(validator.iter_errors(body)):
        raise error


def octopia_is_at_hand() -> bool:
    """Whether `octopia` will give it."""
    return _OCTOPIA.exists()


def sandbox_cases() -> Path:
    """The cases of Amazon's static sandbox, derived from its models; the test is skipped where they are not at hand."""
    path = _SPECS / "amazon" / "derived" / "sandbox_cases.jsonl"
    if not path.exists():
        pytest.skip("the official sandbox cases are not at hand (PASSERELLE_SPECS)")
    return path


@cache
def octopia() -> dict[str, Any]:
    """The reconstructed description of Octopia's seller API; the test is skipped where it is not at hand."""
    if not octopia_is_at_hand():
        pytest.skip("the reconstructed description of Octopia is not at hand (PASSERELLE_SPECS)")
    found: dict[str, Any] = _nullable(yaml.safe_load(_OCTOPIA.read_text()))
    return found


def check_octopia(path: str, method: str, answer: httpx.Response) -> None:
    """An answer against the schema described for its status; raises ValidationError."""
    for media_type, validator in _described(path, method, answer.status_code):
        assert answer.headers["content-type"] == media_type
        _hold(answer.json(), validator)


@cache
def _described(path: str, method: str, status: int) -> tuple[tuple[str, Any], ...]:
    """Each media type described for a status, with what validates its body."""
    spec = octopia()
    responses = spec["paths"][path][method]["responses"]
    success = next(response for code, response in responses.items() if code.startswith("2"))
    # Which of the 2xx a write answers is uncertain in most places: they describe each other. Refusals are of one shape.
    refusal = spec["components"]["responses"]["Problem"]
    described = responses.get(str(status), success if 200 <= status < 300 else responses.get("default", refusal))
    if "$ref" in described:
        described = spec["components"]["responses"][described["$ref"].rpartition("/")[2]]
    contents = described.get("content", {}).items()
    components = {"components": spec["components"]}
    return tuple(
        (media_type, _validator_of(content.get("schema", {}) | components)) for media_type, content in contents
    )


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
