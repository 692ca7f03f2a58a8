"""The search of `make leaks`: no way to write a value hides it, wherever it stands, and nothing else is found."""

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.leaks.search import Canary, Needles

STREET, TOKEN, KEY = "7 Allée d'<Été>", "Atza|IQEBLzAtAhRzq+/-token", bytes(range(200, 232))
CANARIES = [Canary("street", STREET), Canary("token", TOKEN), Canary("key", KEY)]
NEEDLES = Needles(CANARIES)
WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "capitals": str.upper,
    "address": quote,
    "form": quote_plus,
    "address in an address": lambda text: quote(quote(text)),
    "JSON": json.dumps,
    "HTML": html.escape,
    "hexadecimal": lambda text: text.encode().hex(),
    "Base64 of UTF-16": lambda text: base64.b64encode(text.encode("utf-16-le")).decode(),
}


@pytest.mark.parametrize("way", WRITTEN)
@pytest.mark.parametrize("value", [STREET, TOKEN])
@given(before=st.integers(0, 40))
def test_a_value_is_found_however_it_is_written(value: str, way: str, before: int) -> None:
    """At every offset, short and long. Seen red with blocks of which only those at offset 0 were looked up."""
    content = b"." * before + WRITTEN[way](value).encode() + b"..."
    assert {canary.value for canary in NEEDLES.found(content)} == {value}


@given(before=st.binary(max_size=20), after=st.binary(max_size=20))
def test_base64_of_anything_around_a_value_is_seen_through(before: bytes, after: bytes) -> None:
    """Of text and of a key's bytes, in both alphabets. Seen red with the last, half told character kept."""
    for value, encode in ((TOKEN.encode(), base64.b64encode), (KEY, base64.urlsafe_b64encode)):
        (found,) = NEEDLES.found(encode(before + value + after))
        assert found.value in {TOKEN, KEY}


def test_what_is_like_a_value_is_none() -> None:
    """One character less is not found. Seen red with blocks alone taken for their values."""
    assert NEEDLES.found(f"{STREET[:-1]} {TOKEN[:-1]} {KEY[:-1].hex()} {quote(STREET[1:])}".encode()) == {}
