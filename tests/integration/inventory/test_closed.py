"""The laws of an organisation that was closed: its SKUs, their stock and listings go; another's stay."""

from uuid import UUID

from services.inventory.adapters import tables
from services.inventory.domain.sku import StockRow
from shared.events.auth import ConnectionDisconnectedV1, OrganisationClosedV1
from shared.events.base import Event
from shared.kernel.ids import OrganisationId, new_id
from tests.integration.inventory.ageing import TODAY, count, delete_due
from tests.integration.inventory.channels import Shop
from tests.integration.inventory.conftest import Inventory
from tests.integration.inventory.test_stock import check_sums
from tests.unit.inventory.builders import ORGANISATION, order, order_line
from tests.unit.inventory.far_sides import offer

OTHER = OrganisationId(UUID("018f0000-0000-7000-8000-000000000009"))
# What an organisation's orders hold has their time; the copy of a connection is auth's word.
WITH_ITS_ORDERS = {"connection", "reservation"}
EMPTIED = (tables.listing, tables.target, tables.reservation_line, tables.stock_import)
GONE = {"sku", "listing", "push_target", "reservation_line", "ledger_entry", "stock_import"}


def closed() -> Event[OrganisationClosedV1]:
    body = OrganisationClosedV1(organisation_id=ORGANISATION, closed_at=TODAY)
    return Event(new_id(), ORGANISATION, 1, TODAY, body)


async def test_skus_go_with_all_that_refers_to_them(inventory: Inventory) -> None:
    """
    Ledger and listings too, and what an order that is heard late makes anew. Seen red without each deletion, and with a
    ledger that lets nothing go.
    """
    shop = Shop(inventory)
    await inventory.set(StockRow("mug", counted=5), StockRow("cup", counted=5))
    await inventory.set(StockRow("theirs", counted=3), organisation_id=OTHER)
    await shop.connect("amazon", offer("mug"), offer("unknown"))
    await inventory.apply(order([order_line("mug", 2)]))
    await inventory.execute(
        f"insert into stock_import values (gen_random_uuid(), '{ORGANISATION}', null, now(), '[]', '[]')"  # noqa: S608
    )
    for table in EMPTIED:
        assert await count(inventory, table) > 0
    await inventory.apply(shop.state("amazon", ConnectionDisconnectedV1))
    await inventory.apply(closed())
    for _ in range(2):
        await delete_due(inventory)
        assert [row.organisation_id for row in await inventory.rows("sku")] == [OTHER]
        assert [row.organisation_id for row in await inventory.rows("ledger_entry")] == [OTHER]
        for table in EMPTIED:
            assert await count(inventory, table) == 0
        await inventory.apply(order([order_line("late", 1)]))
    await check_sums(inventory)


def test_every_table_of_organisations_is_known() -> None:
    """A new one is either deleted when its organisation is closed, or goes with its orders: say which."""
    theirs = {table.name for table in tables.metadata.tables.values() if "organisation_id" in table.c}
    assert theirs - WITH_ITS_ORDERS == GONE | {"closed_organisation"}
