"""Accounts of a marketplace's older interface are remembered, to be consented to with one click each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.brought import Brought, Market, bring
from services.auth.domain.claim import standing
from services.auth.domain.connection import Connection, ConnectionState, new_connection
from services.auth.usecases.actor import Actor
from services.auth.usecases.begin_consent import Offer
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from shared.marketplaces.models import Channel

# Of one organisation, waiting for consent: more than any has.
BROUGHT_MOST = 300


class TooManyBrought(Exception):
    """So many accounts wait already that these would be too many."""


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """`waiting`: how many now wait for consent; `known`: how many live here already, and stay as they are."""

    waiting: int
    known: int


def markets_of(offer: Offer, stores: Mapping[str, Channel]) -> Mapping[str, Market]:
    """What may be brought, by channel id."""
    regions = offer.places.regions
    return {
        channel.id: Market(channel.country, regions[channel.country], regions[channel.country] in offer.regions)
        for channel in stores.values()
    }


async def bring_accounts(
    marketplace: str, accounts: Sequence[Brought], who: Actor, *, store: Store, clock: Clock
) -> BroughtIn:
    """
    All in one transaction. Whether an account is another organisation's shows when its seller consents, not before.

    Raises TooManyBrought.
    """
    now, waiting = clock.now(), await store.connections.count_brought(who.organisation_id)
    fresh: list[tuple[Connection, Brought]] = []
    # In one order, so that of two who bring the same neither waits for the other for ever.
    for account in sorted(accounts, key=lambda each: (each.region, each.seller_id)):
        named = (marketplace, account.region, account.seller_id)
        own = standing(await store.connections.lock_of_seller(*named, who.organisation_id), who.organisation_id).own
        if own is None or own.state is ConnectionState.DISCONNECTED:
            fresh.append((own or new_connection(who.organisation_id, *named, account.name), account))
    if waiting + len(fresh) > BROUGHT_MOST:
        raise TooManyBrought
    for own, account in fresh:
        await keep_change(bring(own, account), store=store, now=now)
        await store.audit.add(AuditEntry(new_id(), now, Action.BROUGHT, who.organisation_id, who.user_id, own.id))
    return BroughtIn(len(fresh), len(accounts) - len(fresh))
