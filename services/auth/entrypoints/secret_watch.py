"""The worker's care for client secrets of our own applications: kept, watched, replaced in time, received."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import structlog

from services.auth.domain.client_secret import OurClient, newest
from services.auth.entrypoints.secret_letter import SecretLetter
from services.auth.secrets_bootstrap import SECRET, SecretKeeper
from services.auth.usecases.client_secrets import destroy_old_secrets, keep_given_secrets, take_messages
from services.auth.usecases.ports import Store
from services.auth.usecases.replace_secret import ask_for_another, due_before_end, warn_operators
from shared.db.errors import Conflict, DatabaseUnavailable
from shared.db.upkeep import run_hourly
from shared.kernel.errors import FarSideError, Unavailable
from shared.kernel.ports import Lease, LeaseLost

BY_ITSELF = "before_end"
_REST_SECONDS = 1.0
_AWAY_SECONDS = 30.0

log = structlog.get_logger()


async def keep_secrets(keeper: SecretKeeper, stop: asyncio.Event) -> None:
    """A part of the process: the hourly look, and the queues where new secrets come."""
    hearing = (_hear(keeper, url, stop) for url in keeper.queues())
    await asyncio.gather(run_hourly(partial(tend_secrets, keeper), stop=stop), *hearing)


async def tend_secrets(keeper: SecretKeeper) -> None:
    """Each hour. What hinders one application hinders no other. Raises Unavailable, after the others had their turn."""
    away: Unavailable | None = None
    async with keeper.uow() as store:
        await destroy_old_secrets(store=store, clock=keeper.clock)
    for client in keeper.clients.values():
        for step in (_keep, _replace, _warn):
            try:
                await step(keeper, client)
            except Unavailable as error:
                away = error
            except (FarSideError, LeaseLost) as error:
                reason = error.code if isinstance(error, FarSideError) else "lease_lost"
                log.warning("client_secret.not_tended", client_id=client.client_id, reason=reason)
    if away is not None:
        raise away


async def _keep(keeper: SecretKeeper, client: OurClient) -> None:
    await keep_given_secrets(client, uow=keeper.uow, vault=keeper.vault, clock=keeper.clock)


async def _replace(keeper: SecretKeeper, client: OurClient) -> None:
    port = keeper.rotations.get(client.marketplace)
    if client.queue_url is None or port is None:
        return
    is_due = due_before_end(keeper.replaced_before, keeper.clock)
    ask = partial(ask_for_another, client=client, port=port, is_due=is_due, reason=BY_ITSELF, clock=keeper.clock)
    await with_newest(keeper, client, ask)


async def _warn(keeper: SecretKeeper, client: OurClient) -> None:
    write = SecretLetter(keeper.operators_email) if keeper.operators_email else None
    await with_newest(
        keeper, client, partial(warn_operators, client=client, mailer=keeper.mailer, write=write, clock=keeper.clock)
    )


async def with_newest(
    keeper: SecretKeeper, client: OurClient, work: Callable[[Lease[Store]], Awaitable[bool | None]]
) -> bool | None:
    """What the work gives, under the lease of the client's newest secret; None also: somebody else has it."""
    async with keeper.uow() as store:
        secret = newest(await store.client_secrets.of(client.client_id))
    if secret is None:
        return None
    async with keeper.leases.lease_of(SECRET, secret.id) as lease:
        return await work(lease) if lease is not None else None


async def _hear(keeper: SecretKeeper, url: str, stop: asyncio.Event) -> None:
    queue, port = keeper.queue_of(url), keeper.queues()[url]
    take = partial(take_messages, queue, keeper.clients, port, uow=keeper.uow, vault=keeper.vault, clock=keeper.clock)
    try:
        while not stop.is_set():
            rest = _REST_SECONDS
            try:
                await _unless_stopped(take(), stop)
            except (DatabaseUnavailable, Conflict, Unavailable) as error:
                log.warning("client_secret.queue_not_read", reason=str(error))
                rest = _AWAY_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), rest)
    finally:
        await queue.close()


async def _unless_stopped(work: Awaitable[None], stop: asyncio.Event) -> None:
    """Broken off when the process is to end: what was not deleted comes again."""
    turn, stopped = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({turn, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if turn.done():
            turn.result()
    finally:
        for each in (turn, stopped):
            each.cancel()
        await asyncio.gather(turn, stopped, return_exceptions=True)
