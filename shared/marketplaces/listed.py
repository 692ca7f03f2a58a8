"""
The records of a list, each with its own bytes as they were told.

To write a record as JSON again takes longer than to read it, and its numbers would not be told as they were.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from shared.kernel.errors import Unreadable
from shared.marketplaces.fields import decimal, load_object

Listed = tuple[Any, bytes]

_DECODER = json.JSONDecoder(parse_float=decimal)
_BLANK = re.compile(r"[ \t\n\r]*")


def load_listed(body: bytes, name: str) -> tuple[dict[str, Any], list[Listed] | None]:
    """
    An answer that must be an object, without its list `name`; and the items of that, each with its bytes.

    None: there is no such list. Raises Unreadable, as `load_object` does.
    """
    try:
        reader = _Reader(body.decode(json.detect_encoding(body), "surrogatepass"))
        if not reader.takes("{"):
            return load_object(body), None
        return _members(reader, name)
    except (ValueError, RecursionError) as error:
        raise Unreadable("The answer is not JSON.", code="not_json", raw=body) from error


def _members(reader: "_Reader", name: str) -> tuple[dict[str, Any], list[Listed] | None]:
    answer: dict[str, Any] = {}
    listed = None
    for _ in reader.each("}"):
        key = reader.key()
        if key != name:
            answer[key] = reader.value()
        elif reader.takes("["):  # told twice, the later one counts
            listed = [reader.item() for _ in reader.each("]")]
        else:
            listed, answer[key] = None, reader.value()
    reader.must_end()
    return answer, listed


class _Reader:
    """Goes through a text of JSON; it always stands behind blanks. Raises ValueError."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._go(0)

    def value(self) -> Any:
        value, end = _DECODER.raw_decode(self._text, self._at)
        self._go(end)
        return value

    def key(self) -> str:
        key = self.value()
        if not isinstance(key, str) or not self.takes(":"):
            raise ValueError("a member is a name and a value")
        return key

    def item(self) -> Listed:
        begin = self._at
        value, end = _DECODER.raw_decode(self._text, begin)
        self._go(end)
        return value, self._text[begin:end].encode("utf-8", "surrogatepass")

    def takes(self, mark: str) -> bool:
        """Whether this mark is next; if so, it is passed."""
        if not self._text.startswith(mark, self._at):
            return False
        self._go(self._at + len(mark))
        return True

    def each(self, closing: str) -> Iterator[None]:
        """Stops before each element of what was just opened, until it is closed."""
        if self.takes(closing):
            return
        yield
        while self.takes(","):
            yield
        if not self.takes(closing):
            raise ValueError(f"neither , nor {closing}")

    def must_end(self) -> None:
        if self._at != len(self._text):
            raise ValueError("more than one value")

    def _go(self, at: int) -> None:
        blank = _BLANK.match(self._text, at)
        self._at = blank.end() if blank else at
