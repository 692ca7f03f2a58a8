"""What people choose for listings: which SKU each one is, and how it follows the stock; and have one told again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from services.inventory.domain.listing import Listing
from services.inventory.usecases.aim import aim_listings
from services.inventory.usecases.ports import SkuName, Store
from services.inventory.usecases.weigh import weigh
from shared.kernel.clock import Clock
from shared.kernel.ids import OrganisationId, SkuId


@dataclass(frozen=True, slots=True)
class Choice:
    """
    For one listing. Only the fields in `given` are changed. `sku`: the code of one of the organisation's SKUs, None:
    it is none of them. `maximum` None: no limit.
    """

    listing_id: UUID
    sku: str | None = None
    follow: bool = True
    buffer: int = 0
    maximum: int | None = None
    given: frozenset[str] = field(default_factory=frozenset)


class ChoicesWrong(Exception):
    """`problems`: place of the choice and the field (`id`, `sku`) that names nothing of the organisation's."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        super().__init__(f"{len(problems)} unknown")
        self.problems = tuple(problems)


class NothingToTell(Exception):
    """The listing is not told any quantity: not mapped, not followed, never counted, or the marketplace's."""


async def choose(choices: Sequence[Choice], organisation_id: OrganisationId, *, store: Store, clock: Clock) -> None:
    """
    All of it or, raising ChoicesWrong, nothing. The choices' listings differ.

    Listings that share one quantity are changed together.
    """
    await store.listings.lock([organisation_id])
    found = {one.id: one for one in await store.listings.of_ids(organisation_id, [one.listing_id for one in choices])}
    codes = {SkuName(organisation_id, one.sku) for one in choices if "sku" in one.given and one.sku is not None}
    ids = {name.code: sku_id for name, sku_id in (await store.skus.find(codes)).items()}
    _check(choices, found, ids)
    changed = {one.listing_id: _chosen(found[one.listing_id], one, ids) for one in choices}
    shared = {one.key: one for one in changed.values() if one.shared}
    for sibling in await store.listings.of_keys(shared) if shared else []:
        if sibling.shared and sibling.id not in changed:
            found[sibling.id] = sibling
            changed[sibling.id] = sibling.like(shared[sibling.key])
    now = clock.now()
    await weigh(found.values(), list(changed.values()), store, now)
    await aim_listings(list(changed.values()), store, now)


async def tell_again(listing_id: UUID, organisation_id: OrganisationId, *, store: Store, clock: Clock) -> None:
    """Has its quantity told once more, now. Raises ChoicesWrong, NothingToTell."""
    found = await store.listings.of_ids(organisation_id, [listing_id])
    if not found:
        raise ChoicesWrong([(0, "id")])
    targets = await store.targets.of_ids([one.target_id for one in found if one.target_id is not None])
    if not targets or targets[0].desired is None:
        raise NothingToTell
    await store.targets.save([target.asked_again(clock.now()) for target in targets])


def _check(choices: Sequence[Choice], found: Collection[UUID], ids: Mapping[str, SkuId]) -> None:
    unknown = [(index, "id") for index, one in enumerate(choices) if one.listing_id not in found]
    for index, one in enumerate(choices):
        if "sku" in one.given and one.sku is not None and one.sku not in ids:
            unknown.append((index, "sku"))
    if unknown:
        raise ChoicesWrong(unknown)


def _chosen(listing: Listing, choice: Choice, ids: Mapping[str, SkuId]) -> Listing:
    if "sku" in choice.given:
        listing = listing.mapped_by_hand(None if choice.sku is None else ids[choice.sku])
    if "follow" in choice.given:
        listing = replace(listing, follow=choice.follow)
    if "buffer" in choice.given:
        listing = replace(listing, buffer=choice.buffer)
    if "maximum" in choice.given:
        listing = replace(listing, maximum=choice.maximum)
    return listing
