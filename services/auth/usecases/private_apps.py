"""
Applications of an organisation's own: their client secrets, and the accounts they reach, each tried before it is kept.

Whoever shows a token that works reaches the account; what the account is called is only typed, so that it keeps nobody
else out.
"""

import re
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.connection import Connection, ConnectionState, clean_name, new_connection
from services.auth.domain.grant import SealedGrant
from services.auth.domain.private_app import (
    APPS_MOST,
    CODES_MOST,
    REMINDED_EVERY,
    SECRET_LENGTH,
    PrivateApp,
    PrivateProblem,
    PrivateRefused,
)
from services.auth.usecases.actor import Actor
from services.auth.usecases.count_attempt import check_attempts, count_attempt
from services.auth.usecases.keep_grant import keep_grant
from services.auth.usecases.ports import Store
from services.auth.usecases.private_ports import PrivateVault
from shared.kernel.clock import Clock
from shared.kernel.errors import ClientSecretInvalid, ConsentLost, FarSideError, Refused
from shared.kernel.ids import ConnectionId, new_id
from shared.kernel.ports import UnitOfWork
from shared.marketplaces.endpoint import Endpoint
from shared.marketplaces.models import OAuthAnswer, Places
from shared.marketplaces.private import PrivateWay

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PrivateOffer:
    """
    A marketplace that knows such applications. `by_country`: an account is one country's, else a region's.
    `secret_lasts`: for how long a client secret is good; None: no end is known.
    """

    marketplace: str
    title: str
    way: PrivateWay
    places: Places
    by_country: bool
    secret_lasts: timedelta | None


@dataclass(frozen=True, slots=True)
class Rows:
    """
    What is to be reached: accounts of one country that share a refresh token, which is secret. `name` empty: as they
    are called already. `endpoint`: where new ones are worked; those that are there stay where they are.
    """

    app_id: UUID
    country: str
    codes: tuple[str, ...]
    name: str
    refresh_token: str = field(repr=False)
    endpoint: Endpoint = Endpoint.PRODUCTION


@dataclass(frozen=True, slots=True)
class SealedApp:
    """An application with another secret, and as it was known when that was sealed; None: not at all."""

    known: PrivateApp | None
    app: PrivateApp


async def keep_private_app(
    client_id: str,
    client_secret: str,
    who: Actor,
    *,
    offer: PrivateOffer,
    keys: Mapping[str, str],
    uow: UnitOfWork[Store],
    vault: PrivateVault,
    clock: Clock,
) -> PrivateApp:
    """
    A new application; another secret where its client id is known. Where the client itself is let in, that only, of one
    that is used: a new one comes with its account. `keys`: what the try is counted by.

    Raises PrivateRefused, TooManyAttempts.
    """
    check_client(client_id, client_secret, offer)
    now = clock.now()
    await counted(keys, uow, now)
    accepted = await told(vault.accepts(offer.marketplace, client_id, client_secret))
    async with uow() as store:
        if offer.way.by_client:
            _check_used(await _known(offer, client_id, who, store))
        if not accepted:
            await store.audit.add(entry(Action.PRIVATE_APP_REFUSED, who, now, None))
    if not accepted:
        raise PrivateRefused(PrivateProblem.SECRET_REFUSED)
    while True:
        sealed = await seal_app(offer, client_id, client_secret, who, uow=uow, vault=vault, now=now)
        if offer.way.by_client:
            _check_used(sealed.known)
        async with uow() as store:
            if await keep_app(sealed, who, store=store, now=now):
                return sealed.app


async def keep_private_rows(
    rows: Rows,
    who: Actor,
    *,
    offer: PrivateOffer,
    keys: Mapping[str, str],
    uow: UnitOfWork[Store],
    vault: PrivateVault,
    clock: Clock,
) -> Sequence[ConnectionId]:
    """
    A connection for each code, authorised once the token gave another; each in a transaction of its own.

    Raises PrivateRefused, NameInvalid, TooManyAttempts.
    """
    _check(rows, offer)
    names, region, now = _names(rows), offer.places.regions[rows.country], clock.now()
    async with uow() as store:
        app = await store.private_apps.get_own(rows.app_id, who.organisation_id)
    if app is None or app.marketplace != offer.marketplace:
        raise PrivateRefused(PrivateProblem.APP_UNKNOWN)
    await counted(keys, uow, now)
    answer: OAuthAnswer = await told(vault.try_token(app, rows.refresh_token))
    kept = []
    for code in rows.codes:
        grant = await told(vault.grant(app, region, rows.refresh_token, answer, now))
        async with uow() as store:
            # Locked, so that it is not removed meanwhile, nor its secret with the last account it reached.
            usable = {one.id for one in await store.private_apps.lock_of(who.organisation_id) if one.has_secret}
            if app.id not in usable:
                raise PrivateRefused(PrivateProblem.APP_UNKNOWN)
            row = (code, names.get(code), rows.country, rows.endpoint)
            kept.append(await kept_row(row, grant, who, offer, store, clock.now()))
    return kept


def _check_used(known: PrivateApp | None) -> None:
    """Raises PrivateRefused: no account of the organisation is reached by this client."""
    if known is None or not known.has_secret:
        raise PrivateRefused(PrivateProblem.APP_UNKNOWN)


def check_client(client_id: str, client_secret: str, offer: PrivateOffer) -> None:
    """Raises PrivateRefused: it looks like none."""
    if not re.fullmatch(offer.way.client_ids, client_id):
        raise PrivateRefused(PrivateProblem.CLIENT_INVALID)
    if not client_secret or len(client_secret) > SECRET_LENGTH or not client_secret.isprintable():
        raise PrivateRefused(PrivateProblem.SECRET_INVALID)


def _names(rows: Rows) -> Mapping[str, str]:
    """By code; none where none was given. Raises NameInvalid."""
    several = len(rows.codes) > 1
    return {code: clean_name(f"{rows.name} {code}" if several else rows.name) for code in rows.codes if rows.name}


def _check(rows: Rows, offer: PrivateOffer) -> None:
    if rows.country not in offer.places.regions:
        raise PrivateRefused(PrivateProblem.COUNTRY_INVALID)
    wrong = next((code for code in rows.codes if not re.fullmatch(offer.way.account_ids, code)), None)
    repeated = len(set(rows.codes)) < len(rows.codes)
    if not rows.codes or len(rows.codes) > CODES_MOST or wrong is not None or repeated:
        raise PrivateRefused(PrivateProblem.CODES_INVALID, wrong or "")
    if not re.fullmatch(offer.way.refresh_tokens, rows.refresh_token):
        raise PrivateRefused(PrivateProblem.TOKEN_INVALID)


async def seal_app(
    offer: PrivateOffer,
    client_id: str,
    client_secret: str,
    who: Actor,
    *,
    uow: UnitOfWork[Store],
    vault: PrivateVault,
    now: datetime,
) -> SealedApp:
    """No transaction is open while a key service may be asked. To be kept next. Raises PrivateRefused."""
    async with uow() as store:
        known = await _known(offer, client_id, who, store)
    if known is None:
        app = await told(vault.new_app(who.organisation_id, offer.marketplace, client_id, client_secret, now))
    else:
        app = await told(vault.replaced(known, client_secret, now))
    if known is None or app.secret != known.secret:
        app = app.with_end(now, offer.secret_lasts)
    return SealedApp(known, app)


async def keep_app(sealed: SealedApp, who: Actor, *, store: Store, now: datetime) -> bool:
    """False: it was changed while its secret was sealed; nothing is kept. Raises PrivateRefused: there are too many."""
    known = await store.private_apps.lock_of(who.organisation_id)
    if _same(known, sealed.app.marketplace, sealed.app.client_id) != sealed.known:
        return False
    if sealed.known is None and len(known) >= APPS_MOST:
        raise PrivateRefused(PrivateProblem.TOO_MANY)
    await store.private_apps.save(sealed.app)
    await store.audit.add(entry(Action.PRIVATE_APP_KEPT, who, now, None))
    return True


async def _known(offer: PrivateOffer, client_id: str, who: Actor, store: Store) -> PrivateApp | None:
    return _same(await store.private_apps.lock_of(who.organisation_id), offer.marketplace, client_id)


def _same(known: Sequence[PrivateApp], marketplace: str, client_id: str) -> PrivateApp | None:
    return next((one for one in known if (one.marketplace, one.client_id) == (marketplace, client_id)), None)


async def kept_row(
    row: tuple[str, str | None, str, Endpoint],
    grant: SealedGrant,
    who: Actor,
    offer: PrivateOffer,
    store: Store,
    now: datetime,
) -> ConnectionId:
    """`row`: the account's id there, its name if one was given, its country, the endpoint of a new connection."""
    code, name, country, endpoint = row
    account = (offer.marketplace, grant.region, code)
    found = await store.connections.lock_of_seller(*account, who.organisation_id)
    own = [one for one in found if one.organisation_id == who.organisation_id and _is_same(one, country, offer)]
    if any(one.is_proven for one in own):
        raise PrivateRefused(PrivateProblem.CONNECTED, code)
    living = [one for one in own if one.state is not ConnectionState.DISCONNECTED]
    known = next(reversed(living or own), None)
    before = known or new_connection(who.organisation_id, *account, f"{offer.title} {country} {code}")
    mine = replace(
        before,
        name=name or before.name,
        country=country,
        app_id=grant.app_id,
        remind_at=None if offer.way.by_client else now + REMINDED_EVERY,
        endpoint=before.endpoint if living else endpoint,
    )
    await keep_grant(mine, grant, lasts=None, store=store, now=now)
    await store.audit.add(entry(Action.CONNECTED, who, now, before.id))
    return before.id


def _is_same(known: Connection, country: str, offer: PrivateOffer) -> bool:
    """A vendor's code in another country is another account."""
    return not offer.by_country or known.app_id is None or known.country == country


async def counted(keys: Mapping[str, str], uow: UnitOfWork[Store], now: datetime) -> None:
    async with uow() as store:
        counted = await count_attempt(keys, store=store, now=now)
    check_attempts(counted, now)


async def told(asked: Awaitable[T]) -> T:
    """The far side's answer, its refusals as problems."""
    try:
        return await asked
    except ConsentLost as error:
        raise PrivateRefused(PrivateProblem.TOKEN_REFUSED) from error
    except (ClientSecretInvalid, Refused) as error:
        raise PrivateRefused(PrivateProblem.SECRET_REFUSED) from error
    except FarSideError as error:
        raise PrivateRefused(PrivateProblem.AWAY) from error


def entry(action: Action, who: Actor, now: datetime, connection_id: ConnectionId | None) -> AuditEntry:
    return AuditEntry(new_id(), now, action, who.organisation_id, who.user_id, connection_id)
