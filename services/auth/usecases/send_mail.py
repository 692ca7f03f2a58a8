"""
One mail: read -> is it still true? -> hand it to the mail server -> settled.

A mail server cannot be asked whether it has a mail: a worker killed between its answer and our row sends the mail
again, with the same Message-ID. The secret of a link is made here, so that it is in the mail and nowhere else; sent
again it is another one, and both are good.
"""

from collections.abc import Callable

import structlog

from services.auth.domain.account import Account
from services.auth.domain.mail import ABOUT_ACCOUNT, LINK_LASTS, Letter, Link, Mail, still_true, still_wanted
from services.auth.domain.opaque import digest
from services.auth.usecases.mail_ports import Mailer, Writer
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.errors import Refused
from shared.kernel.ports import Lease

log = structlog.get_logger()


async def send_mail(
    lease: Lease[Store], *, mailer: Mailer, write: Writer, clock: Clock, new_secret: Callable[[], str]
) -> None:
    """Raises Unavailable: the claim loop tries again later."""

    async def begun(store: Store) -> Letter | None:
        found = await store.mails.lock(lease.subject)
        if found is None:
            return None
        mail, reader, connections = found
        if mail.kind in ABOUT_ACCOUNT:
            return await _about_account(mail, reader, store, write=write, clock=clock, new_secret=new_secret)
        now = clock.now()
        about = still_true(mail.kind, connections, now)
        if not about:
            await store.mails.settle(mail.id, sent_at=None)
            return None
        return write(mail, reader, about, now)

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


async def _about_account(
    mail: Mail, reader: Account, store: Store, *, write: Writer, clock: Clock, new_secret: Callable[[], str]
) -> Letter | None:
    """With a new link, where it is to bring one; None: nobody wants it any more."""
    now, secret = clock.now(), ""
    if not still_wanted(mail, reader, now):
        await store.mails.settle(mail.id, sent_at=None)
        return None
    if mail.kind in LINK_LASTS:
        secret = new_secret()
        await store.links.add(Link(digest(secret), reader.id, mail.kind, now + LINK_LASTS[mail.kind]))
    return write.about_account(mail, reader, secret)
