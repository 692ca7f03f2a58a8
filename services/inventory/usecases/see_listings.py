"""Keep what a marketplace told of listings: map them by equal code, aim what is told for them, look what they show."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from services.inventory.domain.connection import Connection
from services.inventory.domain.listing import Key, Listing
from services.inventory.domain.sku import Sku
from services.inventory.domain.target import State, Target
from services.inventory.usecases.aim import aim_listings
from services.inventory.usecases.drifts import publish_drifts
from services.inventory.usecases.ports import SkuName, Store
from services.inventory.usecases.weigh import weigh
from shared.kernel.ids import SkuId, new_id
from shared.marketplaces import listings as marketplace


async def see_listings(
    told: Sequence[marketplace.Listing],
    connection: Connection,
    channel_id: str,
    *,
    store: Store,
    shared: bool,
    weights: bool,
    asked_at: datetime,
    grace: timedelta,
    now: datetime,
) -> None:
    """
    A page of one channel's listings, asked for at `asked_at`; the organisation's listings are locked. `weights`: the
    page tells, and the seller wants, what they weigh.
    """
    by_sku = {one.sku: one for one in told if one.sku}
    known = await store.listings.of_keys({Key(connection.id, sku) for sku in by_sku})
    here = {one.sku: one for one in known if one.channel_id == channel_id}
    siblings = {one.sku: one for one in known if one.shared and one.channel_id != channel_id} if shared else {}
    ids = await store.skus.find({SkuName(connection.organisation_id, sku) for sku in by_sku})
    seen = []
    for sku, one in by_sku.items():
        listing = here.get(sku) or _new(connection, channel_id, sku, siblings, now)
        mapped = listing.mapped_by_code(ids.get(SkuName(connection.organisation_id, sku)))
        looked = mapped.seen(one, shared=shared, now=now)
        seen.append(looked.weighed(one.weight) if weights else looked)
    await weigh(here.values(), seen, store, now)
    await aim_listings(seen, store, now)
    await _look(seen, store, asked_at, grace, now)


def _new(connection: Connection, channel_id: str, sku: str, siblings: Mapping[str, Listing], now: datetime) -> Listing:
    listing = Listing(new_id(), connection.organisation_id, connection.id, channel_id, sku, seen_at=now)
    return listing.like(siblings[sku]) if sku in siblings else listing


async def _look(listings: Sequence[Listing], store: Store, asked_at: datetime, grace: timedelta, now: datetime) -> None:
    """What a channel shows beside what it was told: only of what was told before the page was asked for."""
    shown = {(one.key, one.channel_id): one.quantity for one in listings if one.quantity is not None}
    if not shown:
        return
    changes = []
    for target in await store.targets.of_keys({key for key, _ in shown}):
        quantity = shown.get((Key(target.connection_id, target.sku), target.channel_id))
        if quantity is not None and _was_told(target, asked_at):
            changes.append((target, target.seen(quantity, grace, now)))
    changes = [(before, after) for before, after in changes if before != after]
    await store.targets.save([after for _, after in changes])
    await publish_drifts(changes, await _skus(changes, store, now), store, now)


def _was_told(target: Target, asked_at: datetime) -> bool:
    return target.state is State.IN_SYNC and (target.told_at is None or target.told_at < asked_at)


async def _skus(changes: Sequence[tuple[Target, Target]], store: Store, now: datetime) -> list[Sku]:
    """Locked already, when their listings were aimed."""
    ids: set[SkuId] = {after.sku_id for before, after in changes if after.drifted(before)}
    return await store.skus.lock((), ids, now) if ids else []
