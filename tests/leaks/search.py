"""Values that must not be found, in every form text may have, and a search for thousands of them at once."""

import html
import json
import sys
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

# A value of at least twice this, less one, holds a whole block wherever it begins.
_BLOCK = 8
_LONG = 2 * _BLOCK - 1
# By how many bytes stand before a value: how many characters of its Base64 depend on them.
_DEPENDENT = (0, 2, 3)


@dataclass(frozen=True)
class Canary:
    """`may_be`: kinds of places that are made to hold it."""

    what: str
    value: str | bytes
    may_be: frozenset[str] = frozenset()


def forms(value: str | bytes) -> set[bytes]:
    """As it is, in Base64 at any offset, in hex; of text also in capitals, for URLs, JSON, HTML, and in UTF-16."""
    if isinstance(value, bytes):
        return _of_bytes(value)
    found = {spelled.encode() for spelled in _spellings(value)}
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        found |= _of_bytes(value.encode(encoding))
    return found


def _spellings(value: str) -> set[str]:
    escaped = {quote(value), quote(value, safe=""), quote_plus(value)}
    plain = {value, value.upper(), value.lower(), json.dumps(value)[1:-1], html.escape(value)}
    return plain | escaped | {one.replace("%", "%25") for one in escaped}


def _of_bytes(value: bytes) -> set[bytes]:
    found = {value, value.hex().encode(), value.hex().upper().encode()}
    for before, dependent in enumerate(_DEPENDENT):
        encoded = b64encode(b"\0" * before + value).rstrip(b"=")
        whole = encoded[dependent : len(encoded) - bool((before + len(value)) % 3)]
        found |= {whole, whole.replace(b"+", b"-").replace(b"/", b"_")}
    return found


class Needles:
    """All forms of all canaries; what is as long as a token costs the same, however many there are."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        self._short: dict[bytes, set[Canary]] = {}
        self._long: dict[bytes, set[Canary]] = {}
        self._blocks: dict[int, set[bytes]] = {}
        for canary in canaries:
            for form in forms(canary.value):
                kept = self._long if len(form) >= _LONG else self._short
                kept.setdefault(form, set()).add(canary)
        for form in self._long:
            for start in range(_BLOCK):
                block = int.from_bytes(form[start : start + _BLOCK], sys.byteorder)
                self._blocks.setdefault(block, set()).add(form)

    def found(self, content: bytes) -> dict[Canary, bytes]:
        """Which are there, each with its first surroundings."""
        blocks = memoryview(content)[: len(content) // _BLOCK * _BLOCK].cast("Q")
        likely = {form for block in blocks if block in self._blocks for form in self._blocks[block]}
        there = {form: self._long[form] for form in likely if form in content}
        there |= {form: canaries for form, canaries in self._short.items() if form in content}
        return {canary: _around(content, form) for form, canaries in there.items() for canary in canaries}


def _around(content: bytes, form: bytes) -> bytes:
    at = content.index(form)
    return content[max(0, at - 80) : at + len(form) + 20]
