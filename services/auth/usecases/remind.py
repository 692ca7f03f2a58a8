"""Who can renew authorisations that end is told by mail: once a week, past the end each day."""

from services.auth.domain.life import EXPIRING_FOR
from services.auth.domain.mail import MailKind
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import OrganisationId


async def remind(after: OrganisationId | None, *, store: Store, clock: Clock) -> OrganisationId | None:
    """
    One mail to each member of an organisation, naming all that end: a batch, in the order of the organisations' ids.

    Gives the last id; None: there was none left. A reminder that was not sent yet is replaced.
    """
    now = clock.now()
    found = await store.mails.lock_to_be_reminded(now + EXPIRING_FOR, after)
    for one in found:
        if one.is_due(now):
            await store.mails.drop_unsent(one.organisation_id, MailKind.ENDING)
            await store.mails.add(one.organisation_id, MailKind.ENDING, one.connection_ids, due_at=now, now=now)
            await store.mails.reminded(one.organisation_id, now)
    return found[-1].organisation_id if found else None
