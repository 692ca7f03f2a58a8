"""
What every channel is to show, kept with levels and listings in the transaction that changes either.

Nothing is told here: a target that is not as desired is due, and `usecases/push.py` tells it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.inventory.domain.listing import Listing
from services.inventory.domain.sku import Sku
from services.inventory.domain.target import Target
from services.inventory.usecases.ports import SkuName, Store
from shared.kernel.ids import ConnectionId, SkuId, new_id

Place = tuple[ConnectionId, str, str]  # connection, scope, the marketplace's name: one target each


async def aim_levels(skus: Sequence[Sku], store: Store, now: datetime) -> None:
    """Levels changed: what tells of these (locked) SKUs is aimed anew."""
    if not skus:
        return
    available = {sku.id: _available(sku) for sku in skus}
    before = await store.targets.of_skus(available)
    await _save(before, [target.aimed(available[target.sku_id], now) for target in before], store)


async def map_made(skus: Sequence[Sku], store: Store) -> list[Listing]:
    """SKUs were made (and their organisations' listings locked): those of an equal code, mapped, not yet stored."""
    if not skus:
        return []
    ids = {SkuName(sku.organisation_id, sku.code): sku.id for sku in skus}
    waiting = await store.listings.unmapped(ids)
    return [one.mapped_by_code(ids[SkuName(one.organisation_id, one.sku)]) for one in waiting]


async def aim_listings(changed: Sequence[Listing], store: Store, now: datetime) -> None:
    """Stores listings that were changed (their organisation's are locked) and aims what is told for them."""
    if not changed:
        return
    after = {one.id: one for one in changed} | await _sharing(changed, store)
    skus = await store.skus.lock((), {one.sku_id for one in after.values() if one.pushed and one.sku_id}, now)
    available = {sku.id: _available(sku) for sku in skus}
    places = {_place(one) for one in after.values()}
    before = [one for one in await store.targets.of_keys({one.key for one in changed}) if _place(one) in places]
    targets = _aimed(after.values(), {_place(one): one for one in before}, available, now)
    await _save(before, targets.values(), store)
    ids = {place: one.id for place, one in targets.items()}
    await store.listings.save([replace(one, target_id=ids.get(_place(one))) for one in after.values()])


async def _sharing(changed: Sequence[Listing], store: Store) -> dict[UUID, Listing]:
    """The listings that share the quantity of a changed one, beside those changed."""
    keys = {one.key for one in changed if one.shared}
    known = {one.id for one in changed}
    beside = await store.listings.of_keys(keys) if keys else []
    return {one.id: one for one in beside if one.shared and one.id not in known}


def _aimed(
    listings: Iterable[Listing], known: Mapping[Place, Target], available: Mapping[SkuId, int | None], now: datetime
) -> dict[Place, Target]:
    """The targets of all listings of some names: those that are told of, and those no longer."""
    leading: defaultdict[Place, list[Listing]] = defaultdict(list)
    for one in listings:
        if one.pushed:
            leading[_place(one)].append(one)
    targets = {}
    for place, target in known.items():
        if place not in leading:
            targets[place] = replace(target, active=False).aimed(None, now)
    for place, ours in leading.items():
        first = min(ours, key=lambda one: one.channel_id)
        assert first.sku_id is not None  # noqa: S101 - `pushed` says so
        targets[place] = _target(first, known.get(place)).aimed(available[first.sku_id], now)
    return targets


def _target(listing: Listing, known: Target | None) -> Target:
    assert listing.sku_id is not None  # noqa: S101 - `pushed` says so
    new = Target(
        id=new_id(),
        organisation_id=listing.organisation_id,
        connection_id=listing.connection_id,
        scope=listing.scope,
        channel_id=listing.channel_id,
        sku=listing.sku,
        sku_id=listing.sku_id,
    )
    return replace(
        known or new,
        channel_id=listing.channel_id,
        sku_id=listing.sku_id,
        active=True,
        buffer=listing.buffer,
        maximum=listing.maximum,
    )


async def _save(before: Iterable[Target], after: Iterable[Target], store: Store) -> None:
    known = {one.id: one for one in before}
    await store.targets.save([one for one in after if one != known.get(one.id)])


def _place(told: Target | Listing) -> Place:
    return told.connection_id, told.scope, told.sku


def _available(sku: Sku) -> int | None:
    return sku.available if sku.tracked else None
