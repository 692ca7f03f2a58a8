"""Traces leave the process only where somebody takes them, and never hold it up."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.sdk.trace import TracerProvider

from shared.runtime import telemetry
from shared.runtime.telemetry import configure_telemetry, span, traceparent


class Collector(BaseHTTPRequestHandler):
    taken: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        self.taken.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    taken: list[tuple[str, bytes]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Collector,), {"taken": taken}))
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}", taken
    server.shutdown()
    serving.join()
    server.server_close()


def one_span(provider: TracerProvider) -> None:
    with provider.get_tracer("test").start_as_current_span("GET /orders/{order_id}"):
        pass


def test_spans_go_to_the_collector(collector: tuple[str, list[tuple[str, bytes]]]) -> None:
    """The last ones leave when the process ends."""
    address, taken = collector
    provider = configure_telemetry("orders", "api", address)
    one_span(provider)
    provider.shutdown()
    assert [path for path, _ in taken] == ["/v1/traces"]
    assert b"GET /orders/{order_id}" in taken[0][1]
    assert b"passerelle-orders" in taken[0][1]


def test_an_absent_collector_does_not_hold_up_the_end() -> None:
    """Nobody listens: the process ends all the same, soon."""
    provider = configure_telemetry("orders", "api", "http://127.0.0.1:1")
    one_span(provider)
    started = time.monotonic()
    provider.shutdown()
    assert time.monotonic() - started < 2 * telemetry.EXPORT_SECONDS + 1


def test_a_span_gives_what_is_carried_along() -> None:
    """Inside, the traceparent of that span; an inner span keeps the trace."""
    configure_telemetry("orders", "api", None)
    with span("outer"):
        outer = traceparent()
        with span("inner", parent=outer):
            inner = traceparent()
    assert outer is not None
    assert inner is not None
    assert outer.split("-")[1] == inner.split("-")[1]
    assert outer != inner
    assert traceparent() is None
