"""A collector of traces (OTLP over HTTP) that keeps what it is sent."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.ports import free_port


class Collector:
    """`by_process`: everything sent by each, as protobuf (strings are in clear there)."""

    def __init__(self) -> None:
        self._port = free_port()
        self.by_process: dict[str, bytes] = {}

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        for spans in ExportTraceServiceRequest.FromString(body).resource_spans:
            told = {one.key: one.value.string_value for one in spans.resource.attributes}
            name = f"{told['service.name'].removeprefix('passerelle-')}-{told['service.instance.id']}"
            self.by_process[name] = self.by_process.get(name, b"") + spans.SerializeToString()
        return Response(media_type="application/x-protobuf")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listens for the length of the block."""
        app = Starlette(routes=[Route("/v1/traces", self._take, methods=["POST"])])
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=self._port, log_level="warning"))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.05)
        try:
            yield
        finally:
            server.should_exit = True
            await serving
