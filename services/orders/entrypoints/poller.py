"""The poller: reads orders, one page per lease of a connection. Several may run side by side."""

import asyncio
from functools import partial

from services.orders import bootstrap
from services.orders.bootstrap import POLL, SERVICE
from services.orders.settings import Settings
from services.orders.usecases.poll import poll
from shared.db.claim_loop import run_claim_loop
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.runtime.process import run_process


async def run(settings: Settings) -> int:
    """Polls until told to stop; the exit status."""
    engine = bootstrap.engine_of(settings, "poller")
    clock = SystemClock()
    outward = Outward(clock)
    polling = bootstrap.polling_of(settings, bootstrap.keys_of(settings), outward, clock)
    claims = bootstrap.claims_on(engine, clock)

    async def read_orders(stop: asyncio.Event) -> None:
        await run_claim_loop(claims, POLL, partial(poll, polling=polling), stop=stop)

    try:
        return await run_process(
            service=SERVICE,
            process="poller",
            settings=settings,
            parts=[read_orders],
            ready=bootstrap.ready_on(engine),
        )
    finally:
        await outward.close()
        await engine.dispose()
