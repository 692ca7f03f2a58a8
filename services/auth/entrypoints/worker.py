"""The worker: publishes what happened here, probes consents, keeps keys young and removes what is over."""

import asyncio
from functools import partial

from services.auth import bootstrap
from services.auth.bootstrap import PROBE, SERVICE
from services.auth.entrypoints.advice import advise
from services.auth.settings import Settings
from shared.db.claim_loop import run_claim_loop
from shared.db.upkeep import run_hourly
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.messaging.relay import run_relay
from shared.runtime.process import run_process


async def run(settings: Settings) -> int:
    """Runs its parts until told to stop; the exit status."""
    engine = bootstrap.engine_of(settings, "worker")
    clock = SystemClock()
    outward = Outward(clock)
    held = bootstrap.auth_on(engine, settings, outward, clock)
    kafka = bootstrap.kafka_of(settings)

    async def relay(stop: asyncio.Event) -> None:
        await run_relay(settings.database_url.get_secret_value(), kafka, service=SERVICE, stop=stop)

    async def house(stop: asyncio.Event) -> None:
        await run_hourly(held.keep_house, stop=stop)

    async def probe(stop: asyncio.Event) -> None:
        await run_claim_loop(held.claims, PROBE, held.probe, stop=stop)

    try:
        return await run_process(
            service=SERVICE,
            process="worker",
            settings=settings,
            parts=[relay, probe, house, partial(advise, held, settings), held.tokens.finish],
            ready=bootstrap.ready_on(engine),
        )
    finally:
        await outward.close()
        await engine.dispose()
