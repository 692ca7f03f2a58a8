"""Bodies that nobody sends by accident: they are refused in words, and are no bug of ours."""

import httpx
import pytest

from tests.unit.web.conftest import COOKIE

JSON = "application/json"
# One row each: what it is, the body, its content type.
BODIES = {
    "too deep": (b"[" * 100_000 + b"]" * 100_000, JSON),
    "not UTF-8": (b'{"counted": "\xff\xfe"}', JSON),
    "a half of a pair": (b'{"counted": "\\ud800"}', JSON),
    "more digits than there are": (b'{"counted": ' + b"9" * 5000 + b"}", JSON),
    "larger than the column": (b'{"counted": 9223372036854775808}', JSON),
    "not a number": (b'{"counted": NaN}', JSON),
    "endless": (b'{"counted": -Infinity}', JSON),
    "a date": (b'{"counted": 1, "when": "9999-99-99"}', JSON),
    "nothing": (b"", JSON),
    "no JSON at all": (b'{"counted": 1', JSON),
    "JSON that calls itself text": (b'{"counted": 1}', "text/plain"),
    "a form": (b"counted=1", "application/x-www-form-urlencoded"),
    "of no type": (b'{"counted": 1}', ""),
}


@pytest.mark.parametrize("name", BODIES)
async def test_an_odd_body_is_refused_in_words(client: httpx.AsyncClient, name: str) -> None:
    """400 or 422 as problem+json, without the body's own words. Seen red without our answer to errors."""
    body, kind = BODIES[name]
    client.cookies.update(COOKIE)
    headers = {"content-type": kind, "x-csrf-token": "csrf-1"}
    answer = await client.put("/api/orders/v1/level", content=body, headers=headers)
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "9999" not in answer.text
    assert "NaN" not in answer.text


async def test_of_two_members_of_one_name_the_last_one_counts(client: httpx.AsyncClient) -> None:
    """As JSON parsers have it; what is checked is what is used."""
    client.cookies.update(COOKIE)
    headers = {"content-type": JSON, "x-csrf-token": "csrf-1"}
    good = await client.put("/api/orders/v1/level", content=b'{"counted": 99, "counted": 3}', headers=headers)
    bad = await client.put("/api/orders/v1/level", content=b'{"counted": 3, "counted": 99}', headers=headers)
    assert (good.json(), bad.status_code) == (3, 422)


# A form in parts, in the character set that it names itself.
FORM = (
    b'--x\r\ncontent-disposition: form-data; name="csrf_token"\r\n\r\n%s\r\n'
    b'--x\r\ncontent-disposition: form-data; name="sku"\r\n\r\n%s\r\n--x--\r\n'
)


@pytest.mark.parametrize("charset", ["utf-8", "utf-7", "raw_unicode_escape", "unicode_escape", "nonsense", "rot13"])
async def test_a_form_in_a_strange_character_set_is_no_bug(client: httpx.AsyncClient, charset: str) -> None:
    """Some make halves of pairs, which are no text: 415 but for our own. Seen red (500) while they were believed."""
    client.cookies.update(COOKIE)
    headers = {"content-type": f"multipart/form-data; boundary=x; charset={charset}", "accept": "text/html"}
    other: set[int] = set() if charset == "utf-8" else {415}
    for half in (b"+2AA-", b"\\ud800", b"\xff"):
        stranger = await client.post("/orders", content=FORM % (half, b"a"), headers=headers)
        assert stranger.status_code in (other or {400, 403}), stranger.text
        known = await client.post("/orders", content=FORM % (b"csrf-1", half), headers=headers)
        assert known.status_code in (other or {200, 400}), known.text


async def test_a_path_with_a_nul_leads_nowhere(client: httpx.AsyncClient) -> None:
    """Whatever route it would fit, for programs and people."""
    for path in ("/api/orders/v1/error/a%00b", "/error/%00"):
        assert (await client.get(path)).status_code == 404
