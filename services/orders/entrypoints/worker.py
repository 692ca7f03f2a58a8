"""
The worker: publishes what happened here, applies what happened elsewhere, sends answers to orders that wait; erases
buyers' data and deletes orders whose time is over, and keeps data keys under the newest key-encryption key.
"""

import asyncio
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from services.orders import bootstrap
from services.orders.bootstrap import ACCEPTANCE, ERASE, SERVICE, bind
from services.orders.settings import Settings
from services.orders.usecases.erase import erase_due
from services.orders.usecases.send_answers import send_answers
from shared.db.claim_loop import run_claim_loop
from shared.db.overdue import keep_overdue, late_erasures
from shared.db.retention import retention_parts
from shared.db.upkeep import run_hourly
from shared.http.outward import Outward
from shared.kernel.clock import Clock, SystemClock
from shared.messaging.consumer import run_consumer
from shared.messaging.relay import run_relay
from shared.runtime.process import run_process
from shared.runtime.serve import Part

_ERASE_IDLE_SECONDS = 5.0


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
                *_upkeep(settings, engine),
                *retention_parts(
                    bootstrap.retention_on(engine, settings.retention),
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
        await run_consumer(
            service=SERVICE,
            subscriptions=bootstrap.subscriptions(clock),
            engine=engine,
            bind=bind,
            kafka=kafka,
            stop=stop,
        )

    return [relay, consumer]


def _claim_parts(settings: Settings, engine: AsyncEngine, outward: Outward, clock: Clock) -> list[Part]:
    claims = bootstrap.claims_on(engine, clock)
    send = partial(send_answers, answering=bootstrap.answering_of(settings, outward, clock))

    async def answers(stop: asyncio.Event) -> None:
        await run_claim_loop(claims, ACCEPTANCE, send, stop=stop)

    erase = partial(erase_due, erasing=bootstrap.erasing_of(settings, outward, clock))

    async def erasures(stop: asyncio.Event) -> None:
        await run_claim_loop(claims, ERASE, erase, stop=stop, idle_seconds=_ERASE_IDLE_SECONDS)

    return [answers, erasures]


def _upkeep(settings: Settings, engine: AsyncEngine) -> list[Part]:
    erasures = bootstrap.overdue_on(engine)
    rewrap = bootstrap.rewrapping_on(engine, bootstrap.keys_of(settings))

    async def gauge(stop: asyncio.Event) -> None:
        await keep_overdue(late_erasures, erasures, stop=stop)

    async def keys(stop: asyncio.Event) -> None:
        await run_hourly(rewrap, stop=stop)

    return [gauge, keys]
