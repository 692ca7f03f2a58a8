"""Making and revoking an organisation's API clients, and their secrets."""

from collections.abc import Callable
from uuid import UUID

from services.auth.domain.api_client import (
    CLIENTS_MOST,
    ApiClient,
    ClientSecret,
    ClientsFull,
    add_secret,
    checked,
    end_secret,
    revoke,
)
from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.opaque import digest
from services.auth.domain.revocation import of_secret
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
        made_by=who.user_id,
        made_at=now,
        secrets=(_secret(secret, who, clock),),
    )
    await store.api_clients.save(client)
    await store.audit.add(_entry(client, Action.CLIENT_MADE, who, clock, after=" ".join(sorted(scopes))))
    return client, secret


async def make_secret(
    client_id: str, who: Actor, *, store: Store, clock: Clock, new_secret: Callable[[], str]
) -> tuple[ApiClient, str]:
    """The client and its second secret, which is kept nowhere. Raises ClientUnknown, SecretsFull."""
    client, secret = await _lock(client_id, who, store), new_secret()
    client = add_secret(client, _secret(secret, who, clock))
    await store.api_clients.save(client)
    await store.audit.add(_entry(client, Action.SECRET_MADE, who, clock, after=str(client.living[-1].id)))
    return client, secret


async def end_client_secret(client_id: str, secret_id: UUID, who: Actor, *, store: Store, clock: Clock) -> None:
    """It, and all tokens asked for with it, open nothing more. Again: nothing. Raises ClientUnknown."""
    client = await _lock(client_id, who, store)
    if secret_id not in {each.id for each in client.secrets}:
        raise ClientUnknown
    ended = end_secret(client, secret_id, clock.now())
    if ended != client:
        await _keep_ended(client, ended, store, clock)
        await store.audit.add(_entry(client, Action.SECRET_ENDED, who, clock, before=str(secret_id)))


async def revoke_api_client(client_id: str, who: Actor, *, store: Store, clock: Clock) -> ApiClient:
    """The client, revoked with all its tokens. Raises ClientUnknown."""
    client = await store.api_clients.lock_own(client_id, who.organisation_id)
    if client is None:
        raise ClientUnknown
    revoked = revoke(client, clock.now())
    if revoked is not client:
        await _keep_ended(client, revoked, store, clock)
        await store.audit.add(_entry(client, Action.CLIENT_REVOKED, who, clock))
    return revoked


async def _lock(client_id: str, who: Actor, store: Store) -> ApiClient:
    client = await store.api_clients.lock_own(client_id, who.organisation_id)
    if client is None or client.revoked_at is not None:
        raise ClientUnknown
    return client


async def _keep_ended(before: ApiClient, after: ApiClient, store: Store, clock: Clock) -> None:
    await store.api_clients.save(after)
    for secret in before.living:
        if secret not in after.living:
            await store.revoked.add(of_secret(secret.id, after.id, clock.now()))


def _secret(secret: str, who: Actor, clock: Clock) -> ClientSecret:
    return ClientSecret(new_id(), digest(secret), who.user_id, clock.now())


def _entry(
    client: ApiClient, action: Action, who: Actor, clock: Clock, *, before: str | None = None, after: str | None = None
) -> AuditEntry:
    its = (who.organisation_id, who.user_id)
    return AuditEntry(new_id(), clock.now(), action, *its, reason=client.id, before=before, after=after)
