"""A client ends one of its own tokens before its time."""

from datetime import datetime

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.revocation import REVOKED_MOST, RevokedFull, of_token
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import OrganisationId, new_id


async def revoke_token(
    jti: str,
    client_id: str,
    organisation_id: OrganisationId | None,
    ends_at: datetime,
    *,
    store: Store,
    clock: Clock,
) -> None:
    """It opens nothing more, everywhere within 30 seconds. Again: nothing. Raises RevokedFull."""
    if await store.revoked.holds([jti]):
        return
    if await store.revoked.lock_count(client_id) >= REVOKED_MOST:
        raise RevokedFull
    await store.revoked.add(of_token(jti, client_id, ends_at))
    await store.audit.add(
        AuditEntry(new_id(), clock.now(), Action.TOKEN_REVOKED, organisation_id, reason=client_id, client_id=client_id)
    )
