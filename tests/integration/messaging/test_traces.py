"""A trace goes on over Kafka: what applies an event is part of what told it. Seen red with no span in the applier."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import uuid4

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.events.base import Event
from shared.events.topics import INVENTORY_STOCK
from shared.messaging.applier import Applier, Received, Subscription
from shared.runtime.telemetry import configure_telemetry, span, traceparent
from tests.integration.messaging.conftest import POISON, applier, changed, received


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """What ends from now on."""
    configure_telemetry("orders", "worker", None)
    kept = InMemorySpanExporter()
    cast(TracerProvider, trace.get_tracer_provider()).add_span_processor(SimpleSpanProcessor(kept))
    return kept


def told_in_a_trace(sku: str = "A-1") -> tuple[Received, str]:
    """An event, and the traceparent that it carries."""
    with span("PUT /level"):
        carried = str(traceparent())
    return received(changed(uuid4(), 1, sku=sku), traceparent=carried), carried


def applying(spans: InMemorySpanExporter) -> list[ReadableSpan]:
    return [one for one in spans.get_finished_spans() if one.name == f"apply {INVENTORY_STOCK.name}"]


async def test_an_event_goes_on_with_its_trace(engine: AsyncEngine, spans: InMemorySpanExporter) -> None:
    """Also for what its handler writes: the next event carries the same trace."""
    seen: list[str | None] = []

    async def handle(_connection: AsyncConnection, _events: Sequence[Event[Any]]) -> None:
        seen.append(traceparent())

    one, carried = told_in_a_trace()
    subscribed = [Subscription(INVENTORY_STOCK, handle)]
    await Applier("orders", subscribed, engine, lambda connection: connection).apply(INVENTORY_STOCK.name, [one])
    assert [str(each).split("-")[1] for each in seen] == [carried.split("-")[1]]
    assert len(applying(spans)) == 1


async def test_a_batch_is_one_span_that_names_its_causes(engine: AsyncEngine, spans: InMemorySpanExporter) -> None:
    """Not one for each event; and of a batch that cannot be applied, one for each try."""
    batch = [told_in_a_trace() for _ in range(3)]
    await applier(engine).apply(INVENTORY_STOCK.name, [one for one, _ in batch])
    (together,) = applying(spans)
    named = {f"{link.context.trace_id:032x}" for link in together.links}
    assert named == {carried.split("-")[1] for _, carried in batch}
    assert dict(together.attributes or {}) == {
        "messaging.destination.name": INVENTORY_STOCK.name,
        "messaging.batch.message_count": 3,
    }
    await applier(engine).apply(INVENTORY_STOCK.name, [one for one, _ in (told_in_a_trace(), told_in_a_trace(POISON))])
    assert len(applying(spans)) == 1 + 3
