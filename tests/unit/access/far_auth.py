"""auth as seen from another service: told by a test what to answer, remembering what it was asked."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from shared.http.outward import Outward

START = datetime(2026, 11, 22, 8, tzinfo=UTC)


@dataclass
class TurnedClock:
    """A clock that a test turns."""

    seconds: float = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return 1000.0 + self.seconds


Answer = Callable[[httpx.Request], httpx.Response]


def tokens_counted() -> Answer:
    """`/oauth/token`: each answer is another token, t1, t2, …"""
    count = 0

    def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        return httpx.Response(200, json={"access_token": f"t{count}", "token_type": "Bearer", "expires_in": 600})

    return answer


@dataclass
class FarAuth:
    """`answers` by path; unreachable where there is none."""

    answers: dict[str, Answer] = field(default_factory=lambda: {"/oauth/token": tokens_counted()})
    asked: list[httpx.Request] = field(default_factory=list)

    def answer(self, path: str, status: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        self.answers[path] = lambda _: httpx.Response(status, json=body, headers=headers)

    def problem(self, path: str, status: int, name: str, headers: dict[str, str] | None = None) -> None:
        self.answer(path, status, {"type": f"urn:passerelle:problem:{name}", "title": "x", "status": status}, headers)

    def outward(self) -> Outward:
        return Outward(TurnedClock(), transport=httpx.MockTransport(self._serve))

    def paths(self) -> list[str]:
        return [request.url.path for request in self.asked]

    def body(self, number: int = -1) -> Any:
        return json.loads(self.asked[number].content)

    def _serve(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.path not in self.answers:
            raise httpx.ConnectError("away")
        return self.answers[request.url.path](request)


class NothingRevoked:
    """auth's list, empty."""

    async def ids(self) -> frozenset[str]:
        return frozenset()
