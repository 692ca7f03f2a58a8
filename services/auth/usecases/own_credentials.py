"""
Where a client itself is let in: credentials of a seller's own, tried on the very account before they are kept.

They are an application of the organisation's own (decision 0013) that has no tokens beside it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.auth.domain.audit import Action
from services.auth.domain.connection import clean_name
from services.auth.domain.private_app import PrivateProblem, PrivateRefused
from services.auth.usecases.actor import Actor
from services.auth.usecases.ports import Store
from services.auth.usecases.private_apps import (
    PrivateOffer,
    check_client,
    counted,
    entry,
    keep_app,
    kept_row,
    seal_app,
    told,
)
from services.auth.usecases.private_ports import PrivateVault
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import UnitOfWork
from shared.marketplaces.endpoint import Endpoint
from shared.marketplaces.models import OAuthAnswer
from shared.marketplaces.ports import FarAccount


@dataclass(frozen=True, slots=True)
class OwnCredentials:
    """An account, and the client that is let in to it. `client_secret` is secret; `name` empty: as it is called."""

    country: str
    account_id: str
    name: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)


async def keep_own_credentials(
    brought: OwnCredentials,
    who: Actor,
    *,
    offer: PrivateOffer,
    keys: Mapping[str, str],
    uow: UnitOfWork[Store],
    vault: PrivateVault,
    clock: Clock,
) -> ConnectionId:
    """
    The account's connection, authorised by them. `keys`: what the try is counted by.

    Raises PrivateRefused, NameInvalid, TooManyAttempts.
    """
    name, region = _checked(brought, offer), offer.places.regions[brought.country]
    client, now = (brought.client_id, brought.client_secret), clock.now()
    await counted(keys, uow, now)
    try:
        answer = await _tried(brought, region, offer, vault)
    except PrivateRefused as refused:
        if refused.problem is not PrivateProblem.AWAY:
            async with uow() as store:
                await store.audit.add(entry(Action.PRIVATE_APP_REFUSED, who, now, None))
        raise
    row = (brought.account_id, name, brought.country, Endpoint.PRODUCTION)
    while True:
        sealed = await seal_app(offer, *client, who, uow=uow, vault=vault, now=now)
        grant = await told(vault.grant(sealed.app, region, "", answer, now))
        async with uow() as store:
            if await keep_app(sealed, who, store=store, now=now):
                return await kept_row(row, grant, who, offer, store, now)


def _checked(brought: OwnCredentials, offer: PrivateOffer) -> str | None:
    """The name it is to have; None: the one it has. Raises PrivateRefused, NameInvalid."""
    check_client(brought.client_id, brought.client_secret, offer)
    if brought.country not in offer.places.regions:
        raise PrivateRefused(PrivateProblem.COUNTRY_INVALID)
    if not re.fullmatch(offer.way.account_ids, brought.account_id):
        raise PrivateRefused(PrivateProblem.CODES_INVALID)
    return clean_name(brought.name) if brought.name else None


async def _tried(brought: OwnCredentials, region: str, offer: PrivateOffer, vault: PrivateVault) -> OAuthAnswer:
    """Their first token, which opens the account. Raises PrivateRefused."""
    answer: OAuthAnswer = await told(vault.try_client(offer.marketplace, brought.client_id, brought.client_secret))
    account = FarAccount(region, brought.account_id, brought.country, private=True)
    if not await told(vault.opens(offer.marketplace, account, answer)):
        raise PrivateRefused(PrivateProblem.ACCOUNT_REFUSED)
    return answer
