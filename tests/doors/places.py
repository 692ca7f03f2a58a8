"""Where ids stand in what our APIs take, found in their documents: a new field is found by itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

# Stands for an id where an id is the name of a member.
A_NAME = "(a name)"
# Leads to the next page of what one may see anyway.
_CURSOR = "cursor"
_SIMPLE: dict[str, Any] = {"string": "x", "integer": 1, "number": 1, "boolean": True, "null": None}
Json = dict[str, Any]
Way = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """
    `way`: of names and indices, to the id. `body`: a body that is right but for it. `is_text`: other words may stand
    there too, such as two ids joined.
    """

    method: str
    path: str
    part: Literal["query", "body"]
    way: Way
    body: Any = field(default=None, compare=False)
    is_text: bool = False

    @property
    def name(self) -> str:
        """Of the field: what an error says."""
        return str(next(step for step in reversed(self.way) if isinstance(step, str) and step != A_NAME))

    @property
    def is_cursor(self) -> bool:
        return self.name == _CURSOR

    @property
    def filters(self) -> bool:
        """Whether what is listed is of this id only."""
        return self.part == "query" and not self.is_cursor

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.part} {'.'.join(map(str, self.way))}"


def places_of(document: Json) -> Iterator[Place]:
    """Each id in a query or a body, and each text in a query that may hold one."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", []):
                kinds = [_resolved(one, document) for one in parameter["schema"].get("anyOf", [parameter["schema"]])]
                texts = [kind for kind in kinds if kind.get("type") == "string" and "enum" not in kind]
                if parameter["in"] == "query" and texts:
                    is_text = all("format" not in kind for kind in texts)
                    yield Place(method.upper(), path, "query", (parameter["name"],), is_text=is_text)
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            for way in dict.fromkeys(_ways(schema, document)):
                yield Place(method.upper(), path, "body", way, _example(schema, document))


def filled(place: Place, value: str) -> Any:
    """The body with this id in its place."""
    return _put(place.body, place.way, value)


def _put(held: Any, way: Way, value: str) -> Any:
    if not way:
        return value
    step, *rest = way
    if step == A_NAME:
        return {value: 1}
    if step == 0:
        return [_put(held[0] if isinstance(held, list) and held else None, tuple(rest), value)]
    row: Json = held if isinstance(held, dict) else {}
    return {**row, str(step): _put(row.get(str(step)), tuple(rest), value)}


def _ways(schema: Json, document: Json, way: Way = ()) -> Iterator[Way]:
    """To each id in what the schema allows."""
    schema = _resolved(schema, document)
    if schema.get("format") == "uuid":
        yield way
    if schema.get("propertyNames", {}).get("format") == "uuid":
        yield (*way, A_NAME)
    for name, each in schema.get("properties", {}).items():
        yield from _ways(each, document, (*way, name))
    if "items" in schema:
        yield from _ways(schema["items"], document, (*way, 0))
    for kind in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(kind, []):
            yield from _ways(each, document, way)


def _example(schema: Json, document: Json) -> Any:
    """All that it has, as little as may be of each."""
    schema = _resolved(schema, document)
    kinds = [_resolved(kind, document) for of in ("anyOf", "oneOf", "allOf") for kind in schema.get(of, [])]
    if kinds:
        return None if {"type": "null"} in kinds else _example(kinds[0], document)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [_example(schema["items"], document)]
    if schema.get("type") == "object":
        return {name: _example(each, document) for name, each in schema.get("properties", {}).items()}
    return _SIMPLE.get(str(schema.get("type")))


def _resolved(schema: Json, document: Json) -> Json:
    name = schema.get("$ref", "").rpartition("/")[2]
    return _resolved(document["components"]["schemas"][name], document) if name else schema
