"""What is asked is encoded as it was meant, and neither side is printed."""

import pytest

from shared.http.messages import Answer, Request
from shared.kernel.errors import Unreadable


def test_parameters_survive_as_data() -> None:
    """A page token's plus, slash and equals signs, and the comma of a list, reach the far side as they are."""
    request = Request("GET", "https://far.example/orders", "list", "read", params=[("t", "a+b/c=="), ("ids", "x,y z")])
    assert request.full_url == "https://far.example/orders?t=a%2Bb%2Fc%3D%3D&ids=x%2Cy%20z"


def test_nothing_of_a_call_is_printed() -> None:
    """A request or an answer in a trace shows neither parameters nor headers nor bodies."""
    request = Request(
        "GET", "https://u:SECRET@far.example/SECRET", "list", "read", headers={"a": "SECRET"}, body=b"SECRET"
    )
    assert "SECRET" not in repr(request)
    assert "SECRET" not in repr(Answer(200, {"a": "SECRET"}, b"SECRET"))


def test_an_answer_that_is_not_json_keeps_its_bytes() -> None:
    """HTML where JSON was due is Unreadable, with the bytes to be sealed, and not in its message."""
    with pytest.raises(Unreadable) as caught:
        Answer(200, {}, b"<html>SECRET").json()
    assert caught.value.raw == b"<html>SECRET"
    assert "SECRET" not in str(caught.value)


def test_the_far_sides_request_id_is_found() -> None:
    """Amazon's and others' names for a call."""
    assert Answer(200, {"x-amzn-requestid": "r1"}, b"").request_id == "r1"
    assert Answer(200, {}, b"").request_id is None
