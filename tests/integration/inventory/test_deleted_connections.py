"""The laws of a connection that auth deleted: its names go at once, its id with the last of its listings."""

from services.inventory.adapters import tables
from services.inventory.domain.sku import StockRow
from shared.events.auth import ConnectionDeletedV1, ConnectionDisconnectedV1, OrganisationDeletedV1
from shared.events.base import Event
from shared.kernel.ids import new_id
from tests.integration.inventory.ageing import OLD, TODAY, count, delete_due, set_all
from tests.integration.inventory.channels import Shop
from tests.integration.inventory.conftest import Inventory
from tests.integration.inventory.test_closed import closed
from tests.unit.inventory.builders import ORGANISATION
from tests.unit.inventory.far_sides import offer

ITS = (tables.connection, tables.discovery, tables.listing, tables.target, tables.submission, tables.lease)


def deleted(shop: Shop, name: str) -> Event[ConnectionDeletedV1]:
    return Event(new_id(), shop.ids[name], 3, TODAY, ConnectionDeletedV1())


async def test_names_go_at_once_and_the_id_with_the_last_listing(inventory: Inventory) -> None:
    """
    With reading progress, what was told and what was under way. Another's stay; again it changes nothing. Seen red
    with its listings passed over.
    """
    shop = Shop(inventory)
    await inventory.set(StockRow("mug", counted=5))
    for name in ("amazon", "octopia"):
        await shop.connect(name, offer("mug"))
    await shop.push()
    await inventory.apply(shop.state("octopia", ConnectionDisconnectedV1))
    await inventory.apply(deleted(shop, "octopia"))
    its = {row.id: (row.name, row.seller_id) for row in await inventory.rows("connection")}
    assert its == {shop.ids["amazon"]: ("Amazon", "SELLER"), shop.ids["octopia"]: ("", "")}
    await delete_due(inventory)
    assert await count(inventory, tables.connection) == 2, "a listing is left"
    await set_all(inventory, tables.listing, tables.listing.c.gone_at.is_not(None), gone_at=OLD)
    for _ in range(2):
        await delete_due(inventory)
        assert [row.id for row in await inventory.rows("connection")] == [shop.ids["amazon"]]
        for table in ITS[1:-1]:
            assert {row.connection_id for row in await inventory.rows(table.name)} <= {shop.ids["amazon"]}
        await inventory.apply(deleted(shop, "octopia"))
    assert await count(inventory, tables.listing) == 1


async def test_who_never_heard_of_its_end_ends_it_now(inventory: Inventory) -> None:
    """Nothing is told any more, its listings are gone from now on. Seen red with names taken away alone."""
    shop = Shop(inventory)
    await inventory.set(StockRow("mug", counted=5))
    await shop.connect("amazon", offer("mug"))
    await inventory.apply(deleted(shop, "amazon"))
    (row,) = await inventory.rows("connection")
    (listed,) = await inventory.rows("listing")
    assert (row.state, row.channels, listed.gone_at is not None) == ("disconnected", [], True)
    assert await count(inventory, tables.submission) == 0


async def test_a_closed_organisation_is_forgotten_once_all_of_it_is_gone(inventory: Inventory) -> None:
    """Auth keeps nothing of it any more: nor do we."""
    await inventory.apply(closed())
    await inventory.execute("update closed_organisation set closed_at = closed_at - interval '31 days'")
    await delete_due(inventory)
    await inventory.apply(Event(new_id(), ORGANISATION, 2, TODAY, OrganisationDeletedV1()))
    assert await count(inventory, tables.closed_organisation) == 0
