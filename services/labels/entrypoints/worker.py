"""
The worker: publishes and applies events, plans what is due, makes labels, tells the marketplaces, erases and deletes
in time.
"""

import asyncio
from contextlib import suppress
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.labels import bootstrap
from services.labels.bootstrap import ERASE, LABEL, SERVICE, WRITE_BACK
from services.labels.settings import Settings
from services.labels.usecases.create_labels import create_labels
from services.labels.usecases.erase import erase_due
from services.labels.usecases.replan import BATCH, replan_due
from services.labels.usecases.write_back import write_back_due
from shared.db.claim_loop import run_claim_loop
from shared.db.errors import Conflict, DatabaseUnavailable
from shared.db.overdue import keep_overdue, late_erasures
from shared.db.retention import retention_parts
from shared.db.unit_of_work import SqlUnitOfWork
from shared.http.outward import Outward
from shared.kernel.clock import Clock, SystemClock
from shared.messaging.consumer import run_consumer
from shared.messaging.relay import run_relay
from shared.runtime.process import run_process
from shared.runtime.serve import Part

_IDLE_SECONDS = 0.5
_ERASE_IDLE_SECONDS = 5.0
_AWAY_SECONDS = 2.0
_BUG_SECONDS = 30.0

log = structlog.get_logger()


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
            bind=bootstrap.bind,
            kafka=kafka,
            stop=stop,
        )

    return [relay, consumer]


def _claim_parts(settings: Settings, engine: AsyncEngine, outward: Outward, clock: Clock) -> list[Part]:
    claims = bootstrap.claims_of(engine, clock)
    make = partial(create_labels, tools=bootstrap.labelling_of(settings, outward, clock))
    tell = partial(write_back_due, tools=bootstrap.telling_of(settings, outward, clock))

    async def labels(stop: asyncio.Event) -> None:
        await run_claim_loop(claims, LABEL, make, stop=stop, idle_seconds=_IDLE_SECONDS)

    async def write_backs(stop: asyncio.Event) -> None:
        await run_claim_loop(claims, WRITE_BACK, tell, stop=stop, idle_seconds=_IDLE_SECONDS)

    erase = partial(erase_due, erasing=bootstrap.erasing_of(settings, outward, clock))

    async def erasures(stop: asyncio.Event) -> None:
        await run_claim_loop(claims, ERASE, erase, stop=stop, idle_seconds=_ERASE_IDLE_SECONDS)

    async def gauge(stop: asyncio.Event) -> None:
        await keep_overdue(late_erasures, bootstrap.overdue_on(engine), stop=stop)

    return [labels, write_backs, erasures, gauge, _replans(engine, clock)]


def _replans(engine: AsyncEngine, clock: Clock) -> Part:
    """No far side: one transaction per batch, again and again."""
    uow = SqlUnitOfWork(engine, bootstrap.bind)
    planner = bootstrap.planner_of(clock)

    async def replans(stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                rest = 0.0 if await replan_due(uow, planner=planner) == BATCH else _IDLE_SECONDS
            except (DatabaseUnavailable, Conflict) as error:
                log.warning("replan.database_away", reason=str(error))
                rest = _AWAY_SECONDS
            except Exception:
                log.exception("replan.bug")
                rest = _BUG_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), rest)

    return replans
