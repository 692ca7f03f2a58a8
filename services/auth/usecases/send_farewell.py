"""The mail that an organisation was closed: read -> hand it to the mail server -> its address is forgotten."""

import structlog

from services.auth.usecases.closing_ports import FarewellWriter
from services.auth.usecases.mail_ports import Mailer
from services.auth.usecases.ports import Store
from shared.kernel.errors import Refused
from shared.kernel.ports import Lease

log = structlog.get_logger()


async def send_farewell(lease: Lease[Store], *, mailer: Mailer, write: FarewellWriter) -> None:
    """Raises Unavailable: the claim loop tries again later."""
    farewell = (await lease.intend(lambda store: store.closings.lock_farewell(lease.subject))).value
    if farewell is None:
        return
    try:
        await mailer.send(write(farewell))
    except Refused as error:
        log.warning("mail.refused", mail_id=str(farewell.id), reason=error.code)
    await lease.settle_write(lambda store: store.closings.said(farewell.id))
