"""
Bodies that nobody sends by accident, to every route that may change something: refused, no bug, and nothing is done.

Seen red with no limit of size, with a limit that believes what is announced, and with any character set believed.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from tests.integration.doors.conftest import Service
from tests.routes import Route

_LARGE = 3 * 1024 * 1024
_DEEP = 100_000
_URLENCODED = "application/x-www-form-urlencoded"
_JSON = "application/json"
# A form of 25 fields is one of a page; of so many, it is of nobody.
_MANY = 5000
# What the address names may be looked for first.
_REFUSED = {400, 403, 404, 413, 415, 422}


async def test_what_is_too_large_is_not_read(service: Service) -> None:
    """413, whether the sender says so or not; of a form also 400, as no field may be so long."""
    visitor = await service.signed_up()
    headers = {"x-csrf-token": await service.token_of(visitor)}
    wrong = []
    for route in changing(service):
        kind = {"content-type": _JSON if route.is_api else _URLENCODED}
        said = await visitor.client.request(
            route.method, route.address(), headers=headers | kind, content=b"a" * _LARGE
        )
        silent = await visitor.client.request(route.method, route.address(), headers=headers | kind, content=pieces())
        expected = {413} if route.has_body else {404, 413} if route.is_api else {400, 413}
        wrong += [(str(route), said.status_code)] if said.status_code != 413 else []
        wrong += [(f"{route}, unsaid", silent.status_code)] if silent.status_code not in expected else []
    assert wrong == []


async def test_what_cannot_be_read_is_refused(service: Service) -> None:
    """Whatever the body calls itself; a program gets a problem; no row is other afterwards."""
    visitor = await service.signed_up()
    token, wrong = await service.token_of(visitor), []
    before = await service.kept()
    for route in changing(service):
        if route.is_api and not route.has_body:
            continue
        for name, content, kind in odd(token):
            headers = httpx.Headers({"content-type": kind, "x-csrf-token": token}, encoding="latin-1")
            answer = await visitor.client.request(route.method, route.address(), headers=headers, content=content)
            told = "application/problem+json" if route.is_api else "text/html"
            if answer.status_code not in _REFUSED or told not in answer.headers["content-type"]:
                wrong.append((name, str(route), answer.status_code))
    assert wrong == []
    assert await service.kept() == before


def changing(service: Service) -> list[Route]:
    """Routes that a session's cookie may change something by; signing out would end the session."""
    return [route for route in service.routes if route.changes and route.takes_cookies and route.path != "/signout"]


async def pieces() -> AsyncIterator[bytes]:
    """As much, of a length that nobody says before."""
    for _ in range(_LARGE // 2**16):
        yield b"a" * 2**16


def odd(token: str) -> Iterator[tuple[str, Any, str]]:
    """A name, a body and what it calls itself."""
    yield "too deep", b"[" * _DEEP + b"]" * _DEEP, _JSON
    yield "too deep an object", b'{"a":' * _DEEP + b"1" + b"}" * _DEEP, _JSON
    yield "no JSON", b'{"a": ', _JSON
    yield "not UTF-8", b'{"name": "\xff\xfe"}', _JSON
    yield "text", b"a", "text/plain"
    yield "JSON that calls itself text", b'{"csrf_token": "a"}', "text/plain"
    yield "XML", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "application/xml"
    yield "of no type", b"{}", ""
    yield "of no known type", b"{}", "\xff/;;;"
    yield "parts without a boundary", b"--x\r\n", "multipart/form-data"
    yield (
        "parts that do not end",
        b"--x\r\ncontent-disposition: form-data; name=a\r\n\r\n",
        "multipart/form-data; boundary=x",
    )
    yield "another character set", f"csrf_token={token}".encode("utf-7"), f"{_URLENCODED}; charset=utf-7"
    yield "too many fields", f"csrf_token={token}&".encode() + b"a=1&" * _MANY, _URLENCODED
