"""*Connect* where sellers delegate in the marketplace's portal: an organisation says which account is its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.claim import CLAIMS_MOST, ClaimProblem, ClaimRefused, claim, clean_login, contest, standing
from services.auth.domain.connection import ChannelsInvalid, Connection, ConnectionState, clean_name, new_connection
from services.auth.usecases.actor import Actor
from services.auth.usecases.errors import ConnectionUnknown, RegionNotOffered
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import SharedGrants, Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, new_id
from shared.marketplaces.ports import DelegationPort


@dataclass(frozen=True, slots=True)
class Portal:
    """Where sellers of a region give the delegation, the name they find us under there, and our client id."""

    address: str
    listed_as: str
    client_id: str


@dataclass(frozen=True, slots=True)
class DelegationOffer:
    """
    A marketplace whose sellers may delegate to us here: its portals, by the regions we have an application for.

    `seller_ids`: what a seller id looks like, so that one account has one spelling; `channels`: those one may choose.
    """

    delegation: DelegationPort
    portals: Mapping[str, Portal]
    seller_ids: str
    channels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is claimed, and how it is to be called. `login` is personal data; `chosen` None: all channels."""

    marketplace: str
    region: str
    seller_id: str
    name: str
    login: str = field(default="", repr=False)
    chosen: frozenset[str] | None = None


async def claim_seller(
    claimed: Claimed,
    who: Actor,
    *,
    store: Store,
    offers: Mapping[str, DelegationOffer],
    grants: SharedGrants,
    clock: Clock,
) -> Connection:
    """
    The organisation's connection to that account: unproven, unless there is one that lives, which stays as it is.

    Raises RegionNotOffered, NameInvalid, ChannelsInvalid, ClaimRefused.
    """
    offer = offers.get(claimed.marketplace)
    if offer is None or claimed.region not in offer.portals:
        raise RegionNotOffered
    if not re.fullmatch(offer.seller_ids, claimed.seller_id):
        raise ClaimRefused(ClaimProblem.SELLER_INVALID)
    if claimed.chosen is not None and (not claimed.chosen or claimed.chosen - offer.channels):
        raise ChannelsInvalid
    checked = replace(claimed, name=clean_name(claimed.name))
    return await _claim(checked, who, store=store, grants=grants, now=clock.now())


async def claim_again(
    connection_id: ConnectionId,
    who: Actor,
    *,
    store: Store,
    offers: Mapping[str, DelegationOffer],
    grants: SharedGrants,
    clock: Clock,
) -> Connection:
    """
    *Reconnect*: the same connection, to be proven anew where it was ended; one that lives stays as it is.

    Raises ConnectionUnknown, RegionNotOffered, ClaimRefused.
    """
    own = await store.connections.get_own(connection_id, who.organisation_id)
    if own is None:
        raise ConnectionUnknown
    offer = offers.get(own.marketplace)
    if offer is None or own.region not in offer.portals:
        raise RegionNotOffered
    claimed = Claimed(own.marketplace, own.region, own.seller_id, own.name, own.login or "", own.chosen)
    return await _claim(claimed, who, store=store, grants=grants, now=clock.now())


async def _claim(claimed: Claimed, who: Actor, *, store: Store, grants: SharedGrants, now: datetime) -> Connection:
    login, account = clean_login(claimed.login), (claimed.marketplace, claimed.region, claimed.seller_id)
    open_claims = await store.connections.count_claims(who.organisation_id)
    found = standing(await store.connections.lock_of_seller(*account, who.organisation_id), who.organisation_id)
    if found.holder not in {None, who.organisation_id}:
        raise ClaimRefused(ClaimProblem.OTHER_ORGANISATION)
    if found.own is not None and found.own.state is not ConnectionState.DISCONNECTED:
        return found.own
    if open_claims >= CLAIMS_MOST:
        raise ClaimRefused(ClaimProblem.TOO_MANY)
    for rival in found.rivals:
        await keep_change(contest(rival), store=store, now=now)
    grant_id = await store.grants.share(grants.new_shared_grant(claimed.marketplace, claimed.region, now))
    before = found.own or new_connection(who.organisation_id, *account, claimed.name)
    own = replace(before, name=claimed.name, login=login, chosen=claimed.chosen, app_id=None, remind_at=None)
    change = claim(own, grant_id, now, contested=bool(found.rivals))
    await keep_change(change, store=store, now=now)
    await store.audit.add(
        AuditEntry(new_id(), now, Action.CLAIMED, who.organisation_id, who.user_id, own.id, client_id=who.client_id)
    )
    return change.connection
