"""
Another client secret in time: operators are told that one ends, and where that can be, the marketplace is asked.

Each under the lease of the secret that ends: read -> intend -> act -> settle. Asking is a write that nothing takes
back, and its answer holds nothing: what may have been asked is not asked again within a day.
"""

from collections.abc import Callable
from datetime import timedelta

import structlog

from services.auth.domain.audit import Action
from services.auth.domain.client_secret import ClientSecret, OurClient, newest
from services.auth.domain.mail import Letter
from services.auth.usecases.client_secrets import note
from services.auth.usecases.mail_ports import Mailer
from services.auth.usecases.ports import Store
from services.auth.usecases.secret_ports import OperatorsLetter
from shared.kernel.clock import Clock
from shared.kernel.errors import OutcomeUnknown, Refused, Retryable
from shared.kernel.ids import UserId
from shared.kernel.ports import Lease
from shared.marketplaces.client_secrets import RotationPort

log = structlog.get_logger()

IsDue = Callable[[ClientSecret], bool]


def due_before_end(before: timedelta, clock: Clock) -> IsDue:
    """So long before the end."""
    return lambda secret: secret.is_to_be_replaced(clock.now(), before)


def due_at_once(clock: Clock) -> IsDue:
    """Unless another may still be on its way."""
    return lambda secret: not secret.is_asked(clock.now())


async def ask_for_another(
    lease: Lease[Store],
    client: OurClient,
    port: RotationPort,
    *,
    is_due: IsDue,
    reason: str,
    by: UserId | None = None,
    clock: Clock,
) -> bool:
    """
    False: none is due, or there is a newer secret. The new one comes by the queue. `by`: whose account asks.

    Raises FarSideError. Where it is sure that nothing was asked, and the same again may do, another try may follow.
    """

    async def begun(store: Store) -> bool:
        secret = newest(await store.client_secrets.of(client.client_id))
        if secret is None or secret.id != lease.subject or not is_due(secret):
            return False
        await store.client_secrets.set_asked(secret.id, clock.now())
        return True

    async def asked(store: Store) -> None:
        await note(Action.CLIENT_SECRET_ASKED, client.client_id, reason, by=by, at=clock.now(), store=store)

    if not (await lease.intend(begun)).value:
        return False
    try:
        await port.rotate(client.region)
    except Retryable:
        await lease.settle_write(lambda store: store.client_secrets.set_asked(lease.subject, None))
        raise
    except OutcomeUnknown:
        await lease.settle_write(asked)
        raise
    await lease.settle_write(asked)
    log.info("client_secret.asked", client_id=client.client_id, user_id=str(by) if by else None)
    return True


async def warn_operators(
    lease: Lease[Store], client: OurClient, *, mailer: Mailer | None, write: OperatorsLetter | None, clock: Clock
) -> None:
    """
    Once at each of the days: in the log, and by mail where there is somebody to write to.

    A worker killed in between sends the mail again, with the same Message-ID. Raises Unavailable: again later.
    """
    secret = (await lease.intend(lambda store: store.client_secrets.get(lease.subject))).value
    days = secret.warning_due(clock.now()) if secret else None
    if secret is None or days is None:
        return
    until = secret.ends_at.isoformat() if secret.ends_at else None
    log.warning("client_secret.ends", client_id=client.client_id, until=until, remaining=days)
    if mailer is not None and write is not None:
        await _send(mailer, write(client, secret, days), client)
    await lease.settle_write(lambda store: store.client_secrets.set_warned(lease.subject, days))


async def _send(mailer: Mailer, letter: Letter, client: OurClient) -> None:
    """Refused for good, it is told by the log and the metric alone."""
    try:
        await mailer.send(letter)
    except Refused as error:
        log.error("client_secret.mail_refused", client_id=client.client_id, reason=error.code)  # noqa: TRY400 - no bug
