"""Callers that ask for tokens all the time, of processes that come and go."""

import asyncio
import itertools
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

_CALLERS = 3
_REST_SECONDS = 0.1
# One in so many names its token as refused, so that it is renewed; one in so many asks for a service's own token.
_RENEWED = 10
_SERVICES = 25


@dataclass
class Load:
    """`processes`: where calls go now, as a load balancer knows; `failed`: what went wrong, each time it did."""

    connections: list[str]
    processes: list[str] = field(default_factory=list)
    requests: int = 0
    renewed: int = 0
    failed: list[str] = field(default_factory=list)
    _under_way: Counter[str] = field(default_factory=Counter)
    _versions: dict[str, int] = field(default_factory=dict)
    _token: str = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop."""
        limits = httpx.Limits(max_connections=None, keepalive_expiry=1.0)
        async with httpx.AsyncClient(trust_env=False, timeout=30, limits=limits) as client:
            await self._service_token(client)
            await asyncio.gather(*(self._calls(client, stop, number) for number in range(_CALLERS)))

    async def leave(self, process: str) -> None:
        """It gets no more calls, and has answered those it got."""
        self.processes.remove(process)
        while self._under_way[process]:
            await asyncio.sleep(0.01)

    async def _calls(self, client: httpx.AsyncClient, stop: asyncio.Event, number: int) -> None:
        rng = random.Random(number)
        for turn in itertools.count(number):
            if stop.is_set():
                return
            if turn % _SERVICES == 0:
                await self._service_token(client)
            else:
                await self._access_token(client, rng.choice(self.connections), is_refused=turn % _RENEWED == 0)
            await asyncio.sleep(_REST_SECONDS)

    async def _access_token(self, client: httpx.AsyncClient, connection: str, *, is_refused: bool) -> None:
        known = self._versions.get(connection)
        body = {"rejected": known if is_refused else None}
        path = f"/internal/v1/connections/{connection}/access-token"
        answer = await self._post(client, path, json=body, headers={"authorization": f"Bearer {self._token}"})
        if answer is not None:
            version = answer["token_version"]
            self.renewed += is_refused and known is not None and version > known
            self._versions[connection] = max(version, known or 0)

    async def _service_token(self, client: httpx.AsyncClient) -> None:
        form = {"grant_type": "client_credentials", "scope": "auth.tokens:use"}
        answer = await self._post(client, "/oauth/token", data=form, auth=("orders", "secret-orders"))
        if answer is not None:
            self._token = answer["access_token"]

    async def _post(self, client: httpx.AsyncClient, path: str, **given: Any) -> dict[str, Any] | None:
        """The answer; None: it failed, which is written down. Nothing is tried again."""
        process = self.processes[self.requests % len(self.processes)]
        self.requests += 1
        self._under_way[process] += 1
        try:
            answer = await client.post(process + path, **given)
        except httpx.HTTPError as error:
            self.failed.append(f"{path}: {type(error).__name__}")
            return None
        finally:
            self._under_way[process] -= 1
        if answer.status_code != 200:
            self.failed.append(f"{path}: {answer.status_code} {answer.text[:200]}")
            return None
        body: dict[str, Any] = answer.json()
        return body
