"""
Making and revoking an organisation's API clients, and their secrets.

What outlives the session that made it is made by an act that asks for more than the session (decision 0036).
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid5

from services.auth.domain.api_client import (
    CLIENTS_MOST,
    ApiClient,
    ClientSecret,
    ClientsFull,
    MadeBefore,
    add_secret,
    check_room,
    checked,
    end_secret,
    revoke,
)
from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.mail import MailKind
from services.auth.domain.opaque import digest
from services.auth.domain.revocation import of_secret
from services.auth.usecases.actor import Actor
from services.auth.usecases.errors import ClientUnknown
from services.auth.usecases.ports import Store
from services.auth.usecases.prove_password import Proven
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id

_ID_PREFIX = "client-"


@dataclass(frozen=True, slots=True)
class Wish:
    """A client as its form asks for it. `once`: of that form, by which it makes one however often it is sent."""

    name: str
    scopes: frozenset[str]
    once: str


async def check_client(wish: Wish, who: Actor, *, store: Store) -> tuple[str, frozenset[str]]:
    """
    Name and scopes as they are kept. Before anything is shown for it, too, so that what cannot be made uses up no code.
    Raises ClientInvalid, MadeBefore, ClientsFull.
    """
    kept = checked(wish.name, wish.scopes)
    living = await store.api_clients.lock_count(who.organisation_id)
    if await store.api_clients.lock_own(_client_id(wish, who), who.organisation_id) is not None:
        raise MadeBefore
    if living >= CLIENTS_MOST:
        raise ClientsFull
    return kept


async def make_api_client(
    wish: Wish, who: Actor, *, shown: Proven, store: Store, clock: Clock, new_secret: Callable[[], str]
) -> tuple[ApiClient, str]:
    """
    The client and its secret, which is kept nowhere. `shown`: for this act. Raises as `check_client`, and as
    `Proven.locked`.
    """
    name, scopes = await check_client(wish, who, store=store)
    await shown.locked(store)
    secret = new_secret()
    client = ApiClient(
        id=_client_id(wish, who),
        organisation_id=who.organisation_id,
        name=name,
        scopes=scopes,
        made_by=who.user_id,
        made_at=clock.now(),
        secrets=(_secret(new_id(), secret, who, clock),),
    )
    await store.api_clients.save(client)
    await store.audit.add(_entry(client, Action.CLIENT_MADE, who, clock, after=" ".join(sorted(scopes))))
    await store.mails.ask(shown.account.id, MailKind.CLIENT_MADE, clock.now())
    return client, secret


async def check_secret(client_id: str, once: str, who: Actor, *, store: Store) -> ApiClient:
    """
    The client, which may have another one. Before anything is shown for it, too. `once`: as of `Wish`. Raises
    ClientUnknown, MadeBefore, SecretsFull.
    """
    client = await _lock(client_id, who, store)
    if _secret_id(client_id, once, who) in {each.id for each in client.secrets}:
        raise MadeBefore
    check_room(client)
    return client


async def make_secret(
    client_id: str,
    once: str,
    who: Actor,
    *,
    shown: Proven,
    store: Store,
    clock: Clock,
    new_secret: Callable[[], str],
) -> tuple[ApiClient, str]:
    """
    The client and its second secret, which is kept nowhere. `shown`: for this act. Raises as `check_secret`, and as
    `Proven.locked`.
    """
    await shown.locked(store)  # before the client, as whoever closes the organisation does
    client, secret = await check_secret(client_id, once, who, store=store), new_secret()
    client = add_secret(client, _secret(_secret_id(client_id, once, who), secret, who, clock))
    await store.api_clients.save(client)
    await store.audit.add(_entry(client, Action.SECRET_MADE, who, clock, after=str(client.living[-1].id)))
    await store.mails.ask(shown.account.id, MailKind.CLIENT_MADE, clock.now())
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


def _client_id(wish: Wish, who: Actor) -> str:
    """Of the organisation and the form, so that no form names another organisation's."""
    return f"{_ID_PREFIX}{uuid5(who.organisation_id, wish.once)}"


def _secret_id(client_id: str, once: str, who: Actor) -> UUID:
    return uuid5(who.organisation_id, f"{client_id} {once}")


def _secret(secret_id: UUID, secret: str, who: Actor, clock: Clock) -> ClientSecret:
    return ClientSecret(secret_id, digest(secret), who.user_id, clock.now())


def _entry(
    client: ApiClient, action: Action, who: Actor, clock: Clock, *, before: str | None = None, after: str | None = None
) -> AuditEntry:
    its = (who.organisation_id, who.user_id)
    return AuditEntry(new_id(), clock.now(), action, *its, reason=client.id, before=before, after=after)
