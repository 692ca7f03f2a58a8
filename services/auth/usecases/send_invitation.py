"""
The mail of an invitation: read -> hand it to the mail server -> settled, as `send_mail` does.

The secret of its link is made here, so that it is in the mail and nowhere else; sent again after a kill it is another
one, and both are good.
"""

from collections.abc import Callable

import structlog

from services.auth.domain.mail import Letter
from services.auth.domain.member import Invitation
from services.auth.usecases.invite_member import make_link
from services.auth.usecases.mail_ports import Mailer
from services.auth.usecases.member_ports import InvitationWriter
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.errors import Refused
from shared.kernel.ports import Lease

log = structlog.get_logger()


async def send_invitation(
    lease: Lease[Store],
    *,
    mailer: Mailer,
    write: InvitationWriter,
    clock: Clock,
    new_secret: Callable[[], str],
) -> None:
    """Raises Unavailable: the claim loop tries again later."""

    async def begun(store: Store) -> tuple[Invitation, Letter] | None:
        invited = await store.invitations.lock_to_mail(lease.subject)
        if invited is None:
            return None
        if not invited.invitation.is_good(clock.now()):
            await store.invitations.mailed(invited.invitation, None)
            return None
        secret = await make_link(invited.invitation, store=store, new_secret=new_secret)
        return invited.invitation, write(invited, secret)

    work = (await lease.intend(begun)).value
    if work is None:
        return
    invitation, letter = work
    try:
        await mailer.send(letter)
    except Refused as error:
        log.warning("mail.refused", mail_id=str(letter.id), reason=error.code)
        await lease.settle_write(lambda store: store.invitations.mailed(invitation, None))
    else:
        await lease.settle_write(lambda store: store.invitations.mailed(invitation, clock.now()))
