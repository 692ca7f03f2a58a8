"""The worker: publishes what happened here, probes, sends mails, keeps keys and secrets young, removes what is over."""

import asyncio
from functools import partial

import structlog

from services.auth import bootstrap
from services.auth.bootstrap import FAREWELL, INVITATION, MAIL, PROBE, SERVICE, Auth
from services.auth.entrypoints.advice import advise
from services.auth.entrypoints.gauges import keep_gauges
from services.auth.entrypoints.letters import CATALOGUES, Letters
from services.auth.entrypoints.secret_watch import keep_secrets
from services.auth.retention_bootstrap import overdue_records_on, retention_on
from services.auth.settings import Settings
from services.auth.usecases.send_farewell import send_farewell
from services.auth.usecases.send_invitation import send_invitation
from services.auth.usecases.send_mail import send_mail
from shared.db.claim_loop import run_claim_loop
from shared.db.retention import retention_parts
from shared.db.upkeep import run_hourly
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.messaging.relay import run_relay
from shared.runtime.process import run_process
from shared.runtime.serve import Part

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

    keep = settings.retention
    old = retention_parts(retention_on(engine, keep, clock), overdue_records_on(engine, keep))
    watched = [partial(keep_gauges, held), partial(advise, held, settings), partial(keep_secrets, held.client_secrets)]
    try:
        return await run_process(
            service=SERVICE,
            process="worker",
            settings=settings,
            parts=[relay, probe, *_mails(held), house, *old, *watched, held.tokens.finish],
            ready=bootstrap.ready_on(engine),
        )
    finally:
        await outward.close()
        await held.keys.close()
        await engine.dispose()


def _mails(held: Auth) -> list[Part]:
    """What sends mails: to members, to whom they invite, and to who was one."""
    if held.mailer is None:
        return [_no_mails]
    letters = Letters(CATALOGUES, held.public_url, expired_goes_on=held.expired_goes_on)
    clock, new_secret = held.clock, held.new_secret
    mail = partial(send_mail, mailer=held.mailer, write=letters, clock=clock, new_secret=new_secret)
    invite = partial(send_invitation, mailer=held.mailer, write=letters.invitation, clock=clock, new_secret=new_secret)

    farewell = partial(send_farewell, mailer=held.mailer, write=letters.farewell)

    async def mails(stop: asyncio.Event) -> None:
        await run_claim_loop(held.claims, MAIL, mail, stop=stop)

    async def invitations(stop: asyncio.Event) -> None:
        await run_claim_loop(held.claims, INVITATION, invite, stop=stop)

    async def farewells(stop: asyncio.Event) -> None:
        await run_claim_loop(held.claims, FAREWELL, farewell, stop=stop)

    return [mails, invitations, farewells]


async def _no_mails(stop: asyncio.Event) -> None:
    log.warning("mail.not_set_up")
    await stop.wait()


async def keep_house(held: Auth) -> None:
    """And the audit log's head goes to the process's log, which is kept elsewhere: `audit verify --head` takes it."""
    await held.keep_house()
    if head := await held.audit_log.head():
        log.info("audit.head", detail=str(head))
