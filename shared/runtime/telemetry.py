"""
Traces by OpenTelemetry: every process has trace ids; they are sent only where an OTLP endpoint is set.

No instrumentation packages: they keep query strings in spans and make one span per Kafka message. `traceparent()` is
what an outbox row or an internal call carries along.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

# An absent collector must not hold up the end of a process.
EXPORT_SECONDS = 2

_PROPAGATOR = TraceContextTextMapPropagator()
# Of whichever provider the process configures.
_TRACER = trace.get_tracer("passerelle")


def configure_telemetry(service: str, process: str, otlp_endpoint: str | None) -> TracerProvider:
    """Spans get ids from now on; the caller shuts the provider down at the end, so that the last ones leave."""
    resource = Resource.create({"service.name": f"passerelle-{service}", "service.instance.id": process})
    provider = TracerProvider(resource=resource)
    if otlp_endpoint:
        # Imported here: half of what a process without traces would otherwise load for nothing.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        endpoint = otlp_endpoint.rstrip("/") + "/v1/traces"
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_SECONDS)))
    trace.set_tracer_provider(provider)
    return provider


def traceparent() -> str | None:
    """The current W3C traceparent, to be carried in an outbox row or an internal call; None outside a span."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: str | None = None,
    causes: Iterable[str] = (),
    facts: Mapping[str, str | int] | None = None,
) -> Iterator[Span]:
    """
    A span around the block. `parent` is a traceparent from outside this process; `causes` are those of what is done
    here together. No personal data in `facts`.
    """
    context = _context(parent) if parent else None
    links = [Link(trace.get_current_span(_context(cause)).get_span_context()) for cause in causes]
    started = _TRACER.start_span(name, context=context, kind=kind, links=links, attributes=dict(facts or {}))
    with trace.use_span(started, end_on_exit=True, record_exception=False) as current:
        yield current


def _context(carried: str) -> Context:
    return _PROPAGATOR.extract({"traceparent": carried})


def current_ids() -> dict[str, str]:
    """`trace_id` and `span_id` of the current span, in hex; empty outside one."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
