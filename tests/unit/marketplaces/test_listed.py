"""A list's records with their own bytes: read as JSON reads them, refused where JSON refuses."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.kernel.errors import Unreadable
from shared.marketplaces.fields import load_object
from shared.marketplaces.listed import load_listed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside, max_size=3),
    max_leaves=8,
)
MARKS = st.text(alphabet='{}[]",:\\ \n01.eorders-tru', max_size=25)


def whole(body: bytes, name: str) -> dict[str, Any] | None:
    """The answer as `load_listed` reads it, put together again; None: refused."""
    try:
        answer, listed = load_listed(body, name)
    except Unreadable:
        return None
    return answer if listed is None else answer | {name: [value for value, _ in listed]}


def plainly(body: bytes) -> dict[str, Any] | None:
    try:
        return load_object(body)
    except Unreadable:
        return None


@given(st.dictionaries(st.sampled_from(["orders", "pagination", "é"]), JSON), st.sampled_from([None, 2]))
def test_an_answer_is_read_as_ever(answer: dict[str, Any], indent: int | None) -> None:
    """Whatever the members are and however they are laid out, nothing is lost and nothing is another value."""
    body = json.dumps(answer, indent=indent).encode()
    assert whole(body, "orders") == load_object(body)


@given(MARKS)
@example('{"orders":[1,]}')
@example('{"orders":[1 2]}')
@example('{"orders":[1]')
@example('{"orders":[1]},')
@example('{"orders":[],}')
@example('{"orders" []}')
@example("{1:[]}")
@example('{"orders":[1],"orders":[2]}')
@example('{"orders":[1],"orders":3}')
@example(' {"orders" : [ 1 , 2 ] } ')
def test_what_is_no_json_is_refused(text: str) -> None:
    """Just what `load_object` refuses; of a member told twice the later one counts."""
    assert whole(text.encode(), "orders") == plainly(text.encode())


def test_a_record_comes_with_its_own_bytes() -> None:
    """As they were told: a number keeps its digits, a letter its bytes, blanks stay."""
    records = ['{"price": 12.50, "to": "Zoé"}', '{"to":"\\u00e9\\ud800"}', "7"]
    body = f'{{"orders": [ {" , ".join(records)} ], "next": [1]}}'.encode()
    answer, listed = load_listed(body, "orders")
    assert listed is not None
    assert answer == {"next": [1]}
    assert [told.decode() for _, told in listed] == records
    assert listed[0][0]["price"] == Decimal("12.50")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_any_encoding_json_may_have_is_read(encoding: str) -> None:
    """The records' bytes are UTF-8 whatever the answer's were."""
    _, listed = load_listed('{"orders":["é"]}'.encode(encoding), "orders")
    assert listed == [("é", '"é"'.encode())]


@pytest.mark.parametrize("body", [b"[]", b"7", b"", b"\xff\xfe\xff", b"[" * 100_000, b'{"orders":' + b"[" * 100_000])
def test_what_is_no_object_is_unreadable(body: bytes) -> None:
    """Said as `load_object` says it, with the bytes."""
    with pytest.raises(Unreadable) as told:
        load_listed(body, "orders")
    with pytest.raises(Unreadable) as plain:
        load_object(body)
    assert (told.value.code, told.value.raw) == (plain.value.code, body)
