"""Making and revoking an organisation's API clients."""

from collections.abc import Callable

from services.auth.domain.api_client import CLIENTS_MOST, ApiClient, ClientsFull, checked, revoke
from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.opaque import digest
from services.auth.usecases.actor import Actor
from services.auth.usecases.errors import ClientUnknown
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id

_ID_PREFIX = "client-"


async def make_api_client(
    name: str, scopes: frozenset[str], who: Actor, *, store: Store, clock: Clock, new_secret: Callable[[], str]
) -> tuple[ApiClient, str]:
    """The client and its secret, which is kept nowhere. Raises ClientInvalid, ClientsFull."""
    name, scopes = checked(name, scopes)
    now, secret = clock.now(), new_secret()
    if await store.api_clients.lock_count(who.organisation_id) >= CLIENTS_MOST:
        raise ClientsFull
    client = ApiClient(
        id=f"{_ID_PREFIX}{new_id()}",
        organisation_id=who.organisation_id,
        name=name,
        scopes=scopes,
        secret_digest=digest(secret),
        made_by=who.user_id,
        made_at=now,
    )
    await store.api_clients.save(client)
    await store.audit.add(_entry(client, Action.CLIENT_MADE, who, clock))
    return client, secret


async def revoke_api_client(client_id: str, who: Actor, *, store: Store, clock: Clock) -> ApiClient:
    """The client, revoked. Raises ClientUnknown."""
    client = await store.api_clients.lock_own(client_id, who.organisation_id)
    if client is None:
        raise ClientUnknown
    revoked = revoke(client, clock.now())
    if revoked is not client:
        await store.api_clients.save(revoked)
        await store.audit.add(_entry(client, Action.CLIENT_REVOKED, who, clock))
    return revoked


def _entry(client: ApiClient, action: Action, who: Actor, clock: Clock) -> AuditEntry:
    return AuditEntry(new_id(), clock.now(), action, who.organisation_id, who.user_id, reason=client.id)
