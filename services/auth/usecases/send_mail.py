"""
One mail: read -> is it still true? -> hand it to the mail server -> settled.

A mail server cannot be asked whether it has a mail: a worker killed between its answer and our row sends the mail
again, with the same Message-ID.
"""

import structlog

from services.auth.domain.mail import Letter, still_true
from services.auth.usecases.mail_ports import Mailer, Writer
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.errors import Refused
from shared.kernel.ports import Lease

log = structlog.get_logger()


async def send_mail(lease: Lease[Store], *, mailer: Mailer, write: Writer, clock: Clock) -> None:
    """Raises Unavailable: the claim loop tries again later."""

    async def begun(store: Store) -> Letter | None:
        found = await store.mails.lock(lease.subject)
        if found is None:
            return None
        mail, reader, connections = found
        about = still_true(mail.kind, connections, clock.now())
        if not about:
            await store.mails.settle(mail.id, sent_at=None)
            return None
        return write(mail, reader, about)

    letter = (await lease.intend(begun)).value
    if letter is None:
        return
    try:
        await mailer.send(letter)
    except Refused as error:
        log.warning("mail.refused", mail_id=str(letter.id), reason=error.code)
        await lease.settle_write(lambda store: store.mails.settle(letter.id, sent_at=None))
    else:
        await lease.settle_write(lambda store: store.mails.settle(letter.id, sent_at=clock.now()))
