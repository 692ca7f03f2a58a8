"""A call ends in an answer, or in an error that says what may be done next."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import httpx
import pytest
import pytest_asyncio
import structlog.testing

from shared.http import kept
from shared.http import outward as module
from shared.http.messages import Request
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.kernel.errors import OutcomeUnknown, Unavailable
from shared.kernel.ports import TooLate
from tests.unit.http.far_side import answering, far_side, hanging_up, silent

Effect = Literal["read", "write"]


@dataclass
class FixedClock:
    seconds: float = 100.0

    def now(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.seconds


@pytest_asyncio.fixture
async def outward() -> AsyncIterator[Outward]:
    client = Outward(SystemClock())
    yield client
    await client.close()


def ask(base_url: str, effect: Effect = "read", **more: Any) -> Request:
    return Request("POST" if effect == "write" else "GET", f"{base_url}/x", "tryIt", effect, **more)


@pytest.mark.parametrize("status", ["200 OK", "302 Found", "404 Not Found", "500 Oops"])
async def test_every_status_is_an_answer(outward: Outward, status: str) -> None:
    """The client judges no status and follows no redirect; headers come with lower-case names."""
    async with far_side(answering(status, b'{"a": 1}', "X-Kind: k\r\nLocation: /elsewhere\r\n")) as side:
        answer = await outward.call(ask(side.base_url))
    assert (answer.status, answer.json(), answer.headers["x-kind"]) == (int(status[:3]), {"a": 1}, "k")
    assert len(side.heads) == 1


@pytest.mark.parametrize("effect", ["read", "write"])
async def test_no_connection_is_unavailable_even_for_a_write(outward: Outward, effect: Effect) -> None:
    """Nothing left us: nothing can have happened."""
    with pytest.raises(Unavailable):
        await outward.call(ask("http://127.0.0.1:1", effect))


async def test_what_cannot_be_sent_was_not_sent(outward: Outward) -> None:
    """A header no protocol allows: nothing left, and its value is not in the error."""
    async with far_side(answering("200 OK")) as side:
        with pytest.raises(Unavailable) as caught:
            await outward.call(ask(side.base_url, "write", headers={"x": "SECRET\n"}))
        assert side.heads == []
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(("effect", "error"), [("read", Unavailable), ("write", OutcomeUnknown)])
@pytest.mark.parametrize("behave", [silent, hanging_up])
async def test_no_answer_to_a_write_is_an_unknown_outcome(
    outward: Outward, effect: Effect, error: type[Exception], behave: Callable[..., Any]
) -> None:
    """Silence or a dropped connection after the request left: a read may be asked again, a write may have happened."""
    async with far_side(behave) as side:
        with pytest.raises(error):
            await outward.call(ask(side.base_url, effect, timeout_seconds=0.2))
        assert side.asked.is_set()


@pytest.mark.parametrize(("effect", "error"), [("read", Unavailable), ("write", OutcomeUnknown)])
async def test_an_endless_answer_is_not_read(
    outward: Outward, effect: Effect, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than the limit is never held in memory."""
    monkeypatch.setattr(module, "MAX_ANSWER_BYTES", 1000)
    async with far_side(answering("200 OK", b"x" * 1001)) as side:
        with pytest.raises(error):
            await outward.call(ask(side.base_url, effect))


async def test_half_an_answer_to_a_write_is_an_unknown_outcome(outward: Outward) -> None:
    """A status without its whole body is no answer."""

    async def behave(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        await writer.drain()
        writer.close()

    async with far_side(behave) as side:
        with pytest.raises(OutcomeUnknown):
            await outward.call(ask(side.base_url, "write"))


async def test_a_late_write_does_not_leave() -> None:
    """`send_before` is looked at when the connection stands, last of all: TooLate means no byte was sent."""
    outward = Outward(FixedClock(100.0))
    async with far_side(answering("200 OK")) as side:
        await outward.call(ask(side.base_url, "write", send_before_monotonic=100.5))
        with pytest.raises(TooLate):
            await outward.call(ask(side.base_url, "write", send_before_monotonic=100.0))
        assert len(side.heads) == 1
        await outward.call(ask(side.base_url, "write", send_before_monotonic=100.5))
    await outward.close()


async def test_a_form_is_posted(outward: Outward) -> None:
    """Forms are encoded, with their content type."""
    bodies: list[tuple[bytes, str]] = []

    async def app(request: httpx.Request) -> httpx.Response:
        bodies.append((request.content, request.headers["content-type"]))
        return httpx.Response(200)

    client = Outward(SystemClock(), transport=httpx.MockTransport(app))
    await client.post_form("http://x/token", {"a": "1+2", "b": "é"}, operation="token", effect="read")
    assert bodies == [(b"a=1%2B2&b=%C3%A9", "application/x-www-form-urlencoded")]
    await client.close()


async def test_a_packed_answer_is_unpacked(outward: Outward) -> None:
    """We say that we take it packed, and read what was packed."""
    packed = gzip.compress(b'{"a": 1}')
    async with far_side(answering("200 OK", packed, "Content-Encoding: gzip\r\n")) as side:
        assert (await outward.call(ask(side.base_url))).json() == {"a": 1}
    assert b"accept-encoding: gzip" in side.heads[0].lower()


async def test_what_a_request_says_goes_before_what_all_say(outward: Outward) -> None:
    """A header that a request has, however written, goes once and as it has it."""
    async with far_side(answering("200 OK")) as side:
        await outward.call(ask(side.base_url, headers={"Accept": "application/json"}))
    assert [line for line in side.heads[0].lower().split(b"\r\n") if line.startswith(b"accept:")] == [
        b"accept: application/json"
    ]


async def test_calls_go_over_one_connection(outward: Outward) -> None:
    """An answer that was read whole leaves its connection for the next call."""
    came_from: list[object] = []

    async def behave(head: bytes, writer: asyncio.StreamWriter) -> None:
        came_from.append(writer.get_extra_info("peername"))
        await answering("200 OK")(head, writer)

    async with far_side(behave) as side:
        await outward.call(ask(side.base_url))
        await outward.call(ask(side.base_url))
    assert came_from[0] == came_from[1]


async def test_many_at_once_keep_their_connections(outward: Outward) -> None:
    """What a burst opened, the next one uses."""
    came_from: set[object] = set()

    async def behave(head: bytes, writer: asyncio.StreamWriter) -> None:
        came_from.add(writer.get_extra_info("peername"))
        await asyncio.sleep(0.02)
        await answering("200 OK")(head, writer)

    async with far_side(behave) as side:
        for _ in range(2):
            await asyncio.gather(*(outward.call(ask(side.base_url)) for _ in range(50)))
    assert len(came_from) == 50


async def test_more_at_once_than_we_open_connections_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others wait, and are answered."""
    monkeypatch.setattr(kept, "MOST", 3)
    client, at_once, seen = Outward(SystemClock()), 0, 0

    async def behave(head: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal at_once, seen
        at_once += 1
        seen = max(seen, at_once)
        await asyncio.sleep(0.01)
        at_once -= 1
        await answering("200 OK")(head, writer)

    async with far_side(behave) as side:
        answers = await asyncio.gather(*(client.call(ask(side.base_url)) for _ in range(10)))
        await client.close()
    assert ([answer.status for answer in answers], seen) == ([200] * 10, 3)


async def test_a_connection_that_stood_idle_too_long_is_closed(
    outward: Outward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A far side that no call goes to any more is not held on to, once there is a call to another one."""
    async with far_side(answering("200 OK")) as first, far_side(answering("200 OK")) as second:
        await outward.call(ask(first.base_url))
        monkeypatch.setattr(kept, "IDLE_SECONDS", 0.0)
        await outward.call(ask(second.base_url))
        await asyncio.wait_for(first.left.wait(), 5)


async def test_no_cookie_goes_from_one_call_to_the_next(outward: Outward) -> None:
    """The next call may be another seller's."""
    async with far_side(answering("200 OK", b"{}", "Set-Cookie: who=them; Path=/\r\n")) as side:
        await outward.call(ask(side.base_url))
        await outward.call(ask(side.base_url))
    assert b"cookie" not in side.heads[1].lower()


async def test_a_call_is_one_line_without_its_contents(outward: Outward) -> None:
    """Operation, host, status and time are logged; parameters, headers and bodies are not."""
    async with far_side(answering("200 OK", b"SECRET", "x-amzn-requestid: r-1\r\n")) as side:
        with structlog.testing.capture_logs() as lines:
            await outward.call(
                ask(side.base_url, "write", params=[("code", "SECRET")], headers={"x": "SECRET"}, body=b"SECRET")
            )
    assert [(line["event"], line["operation"], line["status"], line["request_id"]) for line in lines] == [
        ("http.out", "tryIt", 200, "r-1")
    ]
    assert "SECRET" not in str(lines)


async def test_a_cancelled_call_is_cancelled(outward: Outward) -> None:
    """Stopping a process is not mistaken for a far side's silence."""
    async with far_side(silent) as side:
        calling = asyncio.create_task(outward.call(ask(side.base_url, "write")))
        await side.asked.wait()
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
