"""The worker: publishes and applies events, reads listings, tells channels how many are left, deletes in time."""

import asyncio
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from services.inventory import bootstrap
from services.inventory.bootstrap import LISTING, PUSH, SERVICE
from services.inventory.settings import Settings
from services.inventory.usecases.discover import discover
from services.inventory.usecases.push import push
from shared.db.claim_loop import run_claim_loop
from shared.db.retention import retention_parts
from shared.http.outward import Outward
from shared.kernel.clock import Clock, SystemClock
from shared.messaging.relay import run_relay
from shared.runtime.process import run_process
from shared.runtime.serve import Part

_IDLE_SECONDS = 0.5


async def run(settings: Settings) -> int:
    """All parts side by side until told to stop; the exit status."""
    engine = bootstrap.engine_of(settings, "worker")
    clock = SystemClock()
    outward = Outward(clock)
    try:
        return await run_process(
            service=SERVICE,
            process="worker",
            settings=settings,
            parts=[
                *_event_parts(settings, engine, clock),
                *_claim_parts(settings, engine, outward, clock),
                *retention_parts(
                    bootstrap.retention_on(engine, settings.retention, clock),
                    bootstrap.overdue_records_on(engine, settings.retention),
                ),
            ],
            ready=bootstrap.ready_on(engine),
        )
    finally:
        await outward.close()
        await engine.dispose()


def _event_parts(settings: Settings, engine: AsyncEngine, clock: Clock) -> list[Part]:
    kafka = bootstrap.kafka_of(settings)

    async def relay(stop: asyncio.Event) -> None:
        await run_relay(settings.database_url.get_secret_value(), kafka, service=SERVICE, stop=stop)

    async def consumer(stop: asyncio.Event) -> None:
        await bootstrap.consume(engine, kafka, clock, stop)

    return [relay, consumer]


def _claim_parts(settings: Settings, engine: AsyncEngine, outward: Outward, clock: Clock) -> list[Part]:
    claims = bootstrap.claims_of(settings, engine, clock)
    read = partial(discover, discovering=bootstrap.discovering_of(settings, outward, clock))
    tell = partial(push, pushing=bootstrap.pushing_of(settings, outward, clock))

    async def listings(stop: asyncio.Event) -> None:
        await run_claim_loop(claims, LISTING, read, stop=stop)

    async def pushes(stop: asyncio.Event) -> None:
        await run_claim_loop(claims, PUSH, tell, stop=stop, idle_seconds=_IDLE_SECONDS)

    return [listings, pushes]
