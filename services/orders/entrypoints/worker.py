"""The worker: publishes what happened here, applies what happened elsewhere."""

import asyncio
from functools import partial

from services.orders import bootstrap
from services.orders.bootstrap import SERVICE, bind
from services.orders.settings import Settings
from shared.kernel.clock import SystemClock
from shared.messaging.consumer import run_consumer
from shared.messaging.relay import run_relay
from shared.runtime.process import run_process


async def run(settings: Settings) -> int:
    """Relay and consumer side by side until told to stop; the exit status."""
    engine = bootstrap.engine_of(settings, "worker")
    kafka = bootstrap.kafka_of(settings)

    async def relay(stop: asyncio.Event) -> None:
        await run_relay(settings.database_url.get_secret_value(), kafka, service=SERVICE, stop=stop)

    async def consumer(stop: asyncio.Event) -> None:
        await run_consumer(
            service=SERVICE,
            subscriptions=bootstrap.subscriptions(SystemClock()),
            engine=engine,
            bind=bind,
            kafka=kafka,
            stop=stop,
        )

    try:
        return await run_process(
            service=SERVICE,
            process="worker",
            settings=settings,
            parts=[relay, consumer],
            ready=partial(bootstrap.database_answers, engine),
        )
    finally:
        await engine.dispose()
