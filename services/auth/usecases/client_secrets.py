"""
Client secrets of our own applications: kept as they come, by whichever way.

A secret is kept once, however often it is told, and none is destroyed before its end is long over.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.client_secret import (
    DESTROYED_AFTER,
    FORMER_LASTS,
    CameBy,
    OurClient,
    when_it_began,
    whose_end_is_told,
)
from services.auth.usecases.ports import Store
from services.auth.usecases.secret_ports import Message, SecretQueue, SecretVault
from shared.kernel.clock import Clock
from shared.kernel.errors import Unreadable
from shared.kernel.ids import UserId, new_id
from shared.kernel.ports import UnitOfWork
from shared.marketplaces.client_secrets import NewSecret, RotationPort, SecretEnds

log = structlog.get_logger()


async def keep_given_secrets(client: OurClient, *, uow: UnitOfWork[Store], vault: SecretVault, clock: Clock) -> None:
    """Those of the settings that are not known yet; of others the end, where it is set. Raises Unavailable."""
    async with uow() as store:
        known = {one.digest: one for one in await store.client_secrets.of(client.client_id)}
    for given in client.given:
        its = known.get(given.digest)
        if its is None:
            told = NewSecret(client.client_id, given.value, given.ends_at, None)
            await keep_secret(client, told, CameBy.SETTINGS, uow=uow, vault=vault, clock=clock)
        elif given.ends_at is not None and not its.end_is_told:
            async with uow() as store:
                await store.client_secrets.set_end(its.id, given.ends_at)


async def keep_secret(
    client: OurClient,
    told: NewSecret,
    reason: str,
    *,
    by: UserId | None = None,
    uow: UnitOfWork[Store],
    vault: SecretVault,
    clock: Clock,
) -> bool:
    """
    The newest of its client from now on, sealed, with the ends that are told, else with those that are usual; not if
    another one was kept while it was sealed, or a queue's message comes late: then that one stays the newest. False: it
    is known, and nothing is changed. `by`: whose account did it.

    No transaction is open while a key service may be asked. Raises Unavailable.
    """
    now = clock.now()
    usual = now + client.lasts if client.lasts else None
    is_told = told.ends_at is not None
    secret = await vault.sealed(
        client.client_id, told.client_secret, now, ends_at=told.ends_at or usual, end_is_told=is_told
    )
    async with uow() as store:
        await store.client_secrets.lock(client.client_id)
        if reason == CameBy.QUEUE:
            known = await store.client_secrets.of(client.client_id)
            secret = replace(secret, began_at=when_it_began(known, told.ends_at, now))
        if not await store.client_secrets.add(secret):
            return False
        await store.client_secrets.end_former(secret, told.former_ends_at or now + FORMER_LASTS)
        await note(Action.CLIENT_SECRET_KEPT, client.client_id, reason, by=by, at=now, store=store)
    return True


async def destroy_old_secrets(*, store: Store, clock: Clock) -> None:
    """Those that are over for a month, and have a successor."""
    await store.client_secrets.destroy(clock.now() - DESTROYED_AFTER)


async def take_messages(
    queue: SecretQueue,
    clients: Mapping[str, OurClient],
    port: RotationPort,
    *,
    uow: UnitOfWork[Store],
    vault: SecretVault,
    clock: Clock,
) -> None:
    """
    One turn at a queue: what tells of secrets of ours is kept, and only then deleted.

    Whoever is killed in between finds the message again, and keeps nothing twice. Anything else stays in the queue: it
    may be another deployment's. Raises Unavailable.
    """
    for message in await queue.receive():
        told = _read(message, port)
        client = clients.get(told.client_id) if told else None
        if client is None:
            log.warning("client_secret.message_left", client_id=told.client_id if told else None)
            continue
        if isinstance(told, NewSecret):
            is_new = await keep_secret(client, told, CameBy.QUEUE, uow=uow, vault=vault, clock=clock)
            log.info("client_secret.received", client_id=client.client_id, outcome="new" if is_new else "known")
        elif told is not None:
            await _keep_end(told, uow)
        await queue.delete(message)


async def note(done: Action, client_id: str, reason: str, *, by: UserId | None, at: datetime, store: Store) -> None:
    """In the audit log, as of no organisation: the application is the operator's."""
    await store.audit.add(AuditEntry(new_id(), at, done, None, by, reason=reason, after=client_id))


def _read(message: Message, port: RotationPort) -> NewSecret | SecretEnds | None:
    try:
        return port.read(message.body)
    except Unreadable as error:
        log.warning("client_secret.message_unreadable", reason=error.code)
        return None


async def _keep_end(told: SecretEnds, uow: UnitOfWork[Store]) -> None:
    async with uow() as store:
        await store.client_secrets.lock(told.client_id)
        its = whose_end_is_told(await store.client_secrets.of(told.client_id), told.ends_at)
        if its is not None:
            await store.client_secrets.set_end(its.id, told.ends_at)
    log.info("client_secret.end_told", client_id=told.client_id, until=told.ends_at.isoformat())
