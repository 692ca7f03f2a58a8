"""An address is confirmed by a link that was sent to it; until then its organisation connects no marketplace."""

from services.auth.domain.account import LinkInvalid
from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.mail import MailKind
from services.auth.domain.opaque import digest
from services.auth.usecases.errors import EmailUnconfirmed
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import OrganisationId, new_id


async def confirm_email(secret: str, *, store: Store, clock: Clock) -> None:
    """Raises LinkInvalid."""
    now = clock.now()
    account_id = await store.links.use(digest(secret), MailKind.CONFIRM, now)
    account = await store.accounts.lock(account_id) if account_id else None
    if account is None or account.disabled_at is not None:
        raise LinkInvalid
    if await store.accounts.confirm_email(account.id, now):
        await store.audit.add(AuditEntry(new_id(), now, Action.EMAIL_CONFIRMED, account.organisation_id, account.id))


async def check_confirmed(organisation_id: OrganisationId, *, store: Store) -> None:
    """Raises EmailUnconfirmed."""
    if not await store.accounts.has_confirmed(organisation_id):
        raise EmailUnconfirmed
