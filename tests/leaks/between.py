"""What our services answer one another when they refuse: heard by a proxy before auth's and orders' internal APIs."""

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.secrets import Secrets
from deploy.local.stack import Stack
from shared.access.internal import InternalApi, ServiceTokens
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from tests.ports import free_ports

# Whom the others call, and as what settings they are told where.
_CALLED = {"auth": ("ORDERS_AUTH_URL", "INVENTORY_AUTH_URL", "LABELS_AUTH_URL"), "orders": ("LABELS_ORDERS_URL",)}
_METHODS = ["GET", "POST"]
_ERROR = 400
# Of one connection, or made anew for what is passed on.
_NOT_PASSED_ON = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


class Between:
    """`refusals`: of each service that is called, what for and the whole answer. A success holds secrets."""

    def __init__(self) -> None:
        self._ports = dict(zip(_CALLED, free_ports(len(_CALLED)), strict=True))
        self._targets: Mapping[str, str] = {}
        self._client: httpx.AsyncClient
        self.refusals: dict[str, list[bytes]] = {name: [] for name in _CALLED}

    def url(self, service: str) -> str:
        """Where this one is reached through us."""
        return f"http://127.0.0.1:{self._ports[service]}"

    @property
    def settings(self) -> dict[str, str]:
        """What makes the product's processes call through us."""
        return {name: self.url(service) for service, names in _CALLED.items() for name in names}

    def stand_before(self, stack: Stack) -> None:
        """From now on it is known where the services are."""
        self._targets = {service: stack.layout.api_url(service) for service in _CALLED}

    def api(self, stack: Stack, service: str, caller: str) -> InternalApi:
        """As `caller` asks `service`."""
        outward, secret = Outward(SystemClock()), SecretStr(Secrets(stack.folder.secrets).client_secret(caller))
        return InternalApi(self.url(service), ServiceTokens(self.url("auth"), caller, secret, outward), outward)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Listens for the length of the block, in a thread of its own: all the proofs keep their loop busy."""
        servers = [self._server(service) for service in _CALLED]
        thread = threading.Thread(target=asyncio.run, args=(self._serve(servers),))
        thread.start()
        while not all(server.started for server in servers):
            time.sleep(0.05)
        try:
            yield
        finally:
            for server in servers:
                server.should_exit = True
            thread.join()

    async def _serve(self, servers: list[uvicorn.Server]) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=50, keepalive_expiry=2.0)
        async with httpx.AsyncClient(trust_env=False, timeout=30, limits=limits) as client:
            self._client = client
            await asyncio.gather(*(server.serve() for server in servers))

    def _server(self, service: str) -> uvicorn.Server:
        async def forward(request: Request) -> Response:
            return await self._forward(service, request)

        app = Starlette(routes=[Route("/{path:path}", forward, methods=_METHODS)])
        config = uvicorn.Config(app, host="127.0.0.1", port=self._ports[service], log_level="warning", lifespan="off")
        return uvicorn.Server(config)

    async def _forward(self, service: str, request: Request) -> Response:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        headers = [pair for pair in request.headers.items() if pair[0] not in _NOT_PASSED_ON]
        try:
            url = self._targets[service] + path
            answer = await self._client.request(request.method, url, headers=headers, content=await request.body())
        except httpx.TransportError:
            return Response(status_code=503)
        told = {name: value for name, value in answer.headers.items() if name not in _NOT_PASSED_ON}
        if answer.status_code >= _ERROR:
            head = f"{request.method} {request.url.path} {answer.status_code} {told}\n".encode()
            self.refusals[service].append(head + answer.content)
        return Response(answer.content, answer.status_code, told)
