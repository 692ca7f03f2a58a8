"""
Faults while quantities are told, at both marketplaces: what the product says meanwhile, and that buyers see what is
available in the end.
"""

from functools import partial
from html import unescape

from deploy.local.sandbox_apps import AMAZON, OCTOPIA
from tests.e2e.courses import Case, Course
from tests.e2e.scene import Scene, until


async def a_quantity_arrives_in_the_end(scene: Scene, *, operation: str, kind: str) -> None:
    """The fault strikes the telling of a count once; buyers see the count in the end, and so does our page."""
    await scene.in_sync()
    await scene.fault(operation, kind, times=1)
    await scene.count_another()
    await scene.struck(operation, kind)
    await scene.in_sync()


async def a_refused_quantity_is_shown_and_told_again(scene: Scene, *, operation: str, kind: str, reason: str) -> None:
    """Refused on every channel: the listing's page and API say why; a person who tries again sees it arrive."""
    await scene.in_sync()
    await scene.fault(operation, kind)
    await scene.count_another()
    refused: list[str] = []

    async def says() -> bool:
        listings = (await scene.shop.get("/api/inventory/v1/listings"))["items"]
        refused[:] = [one["id"] for one in listings if one["reason"] == reason]
        return len(refused) == len(listings)

    await until(says, f"all listings say {reason}")
    page = unescape((await scene.shop.browser.open(f"/stock/listings/{refused[0]}")).text)
    assert "Tell the quantity again" in page
    scene.saw(f"listing refused, *{reason}*", "Tell the quantity again")
    await scene.mend()
    for listing in refused:
        await scene.shop.send("POST", f"/api/inventory/v1/listings/{listing}/retry")
    await scene.in_sync()


async def reading_listings_waits_and_goes_on(scene: Scene, *, operation: str, kind: str, sentence: str) -> None:
    """The page of listings says why; what is told them goes on meanwhile, and so does reading when it is well."""
    await scene.in_sync()
    await scene.fault(operation, kind)
    await scene.listings_are_due()
    says = f"Reading its listings waits because {sentence}"

    async def waits() -> bool:
        return says in await scene.page("/stock/listings")

    await until(waits, f"the page says {says!r}")
    scene.saw("page of listings", says)
    await scene.count_another()
    await scene.in_sync()
    await scene.mend()

    async def goes_on() -> bool:
        return not await waits()

    await until(goes_on, "listings are read again")


async def a_long_list_is_read_to_its_end(scene: Scene, *, operation: str, kind: str, listings: int) -> None:
    """A cursor that is refused or leads in a circle: the list is read again, and nothing of it is left out."""
    await scene.shop.list_skus(f"LONG-{number:04d}" for number in range(listings - 1))
    await scene.fault(operation, kind, times=1)
    await scene.listings_are_due()
    await scene.struck(operation, kind)

    async def found() -> bool:
        path = f"/api/inventory/v1/listings?search=LONG-{listings - 2:04d}"
        return len((await scene.shop.get(path))["items"]) == 1

    await until(found, "the last of the list is known")


def _listings_wait(marketplace: str, operation: str, kind: str, sentence: str) -> list[Case]:
    proof = partial(reading_listings_waits_and_goes_on, operation=operation, kind=kind, sentence=sentence)
    return [Case(f"{marketplace}.{operation}", kind, proof)]


def _found_in_the_end(marketplace: str, operation: str, kind: str, listings: int) -> list[Case]:
    proof = partial(a_long_list_is_read_to_its_end, operation=operation, kind=kind, listings=listings)
    return [Case(f"{marketplace}.{operation}", kind, proof)]


def _arrives(marketplace: str, operation: str, *kinds: str) -> list[Case]:
    name = operation if marketplace == AMAZON else f"{marketplace}.{operation}"
    proof = a_quantity_arrives_in_the_end
    return [Case(name, kind, partial(proof, operation=operation, kind=kind)) for kind in kinds]


def _refused(marketplace: str, operation: str, kind: str, reason: str) -> list[Case]:
    name = operation if marketplace == AMAZON else f"{marketplace}.{operation}"
    proof = partial(a_refused_quantity_is_shown_and_told_again, operation=operation, kind=kind, reason=reason)
    return [Case(name, kind, proof)]


COURSES = [
    Course(
        [
            *_refused(AMAZON, "patchListingsItem", "patch_invalid", "quantity_refused"),
            *_arrives(AMAZON, "patchListingsItem", "server_error", "timeout_after_effect"),
        ],
        listed=True,
    ),
    Course(
        [
            *_refused(OCTOPIA, "submitOfferPackage", "package_rejected", "package_rejected"),
            *_arrives(OCTOPIA, "createOfferPackage", "timeout_after_effect"),
            *_arrives(OCTOPIA, "uploadOfferRequests", "server_error"),
        ],
        listed=True,
        marketplace=OCTOPIA,
    ),
    Course(
        [
            *_arrives(OCTOPIA, "listOfferPackages", "malformed_record"),
            *_arrives(OCTOPIA, "createOfferPackage", "dropped_204"),
            *_arrives(OCTOPIA, "submitOfferPackage", "dropped_204"),
            *_arrives(OCTOPIA, "getOfferResults", "malformed_record"),
        ],
        listed=True,
        marketplace=OCTOPIA,
    ),
    Course(
        [
            *_arrives(OCTOPIA, "uploadOfferRequests", "dropped_204"),
            *_arrives(OCTOPIA, "submitOfferPackage", "revoked_grant"),
            *_arrives(OCTOPIA, "getOfferPackage", "throttle"),
            *_listings_wait(OCTOPIA, "listOffers", "server_error", "the marketplace does not answer"),
            *_found_in_the_end(OCTOPIA, "listOffers", "refused_page_token", 1001),
            *_found_in_the_end(OCTOPIA, "listOffers", "repeated_page_token", 2001),
        ],
        listed=True,
        marketplace=OCTOPIA,
    ),
]
