"""The worker: publishes what happened here, probes, sends mails, keeps keys and secrets young, removes what is over."""

import asyncio
from functools import partial

import structlog

from services.auth import bootstrap
from services.auth.bootstrap import MAIL, PROBE, SERVICE, Auth
from services.auth.entrypoints.advice import advise
from services.auth.entrypoints.gauges import keep_gauges
from services.auth.entrypoints.letters import CATALOGUES, Letters
from services.auth.entrypoints.secret_watch import keep_secrets
from services.auth.settings import Settings
from services.auth.usecases.send_mail import send_mail
from shared.db.claim_loop import run_claim_loop
from shared.db.upkeep import run_hourly
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.messaging.relay import run_relay
from shared.runtime.process import run_process

log = structlog.get_logger()


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
        await run_hourly(partial(keep_house, held), stop=stop)

    async def probe(stop: asyncio.Event) -> None:
        await run_claim_loop(held.claims, PROBE, held.probe, stop=stop)

    async def mail(stop: asyncio.Event) -> None:
        if held.mailer is None:
            log.warning("mail.not_set_up")
            await stop.wait()
            return
        letters = Letters(CATALOGUES, held.public_url)
        work = partial(send_mail, mailer=held.mailer, write=letters, clock=clock, new_secret=held.new_secret)
        await run_claim_loop(held.claims, MAIL, work, stop=stop)

    watched = [partial(keep_gauges, held), partial(advise, held, settings), partial(keep_secrets, held.client_secrets)]
    try:
        return await run_process(
            service=SERVICE,
            process="worker",
            settings=settings,
            parts=[relay, probe, mail, house, *watched, held.tokens.finish],
            ready=bootstrap.ready_on(engine),
        )
    finally:
        await outward.close()
        await held.keys.close()
        await engine.dispose()


async def keep_house(held: Auth) -> None:
    """And the audit log's head goes to the process's log, which is kept elsewhere: `audit verify --head` takes it."""
    await held.keep_house()
    if head := await held.audit_log.head():
        log.info("audit.head", detail=str(head))
