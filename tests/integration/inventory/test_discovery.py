"""Listings as marketplaces tell of them: read page by page, mapped, gone, and what reading waits for."""

import asyncio
from typing import Any

import pytest

from services.inventory.domain.sku import StockRow
from shared.events.auth import ConnectionRevokedV1
from shared.kernel.errors import Refused, RoleMissing, Unavailable
from shared.kernel.ids import OrganisationId, new_id
from shared.marketplaces.ports import PageTokenRefused
from tests.infrastructure import waiting_for_a_lock
from tests.integration.inventory.channels import Shop
from tests.integration.inventory.conftest import Inventory
from tests.integration.inventory.test_stock import check_sequences
from tests.unit.inventory.builders import order, order_line
from tests.unit.inventory.far_sides import offer


@pytest.fixture
def shop(inventory: Inventory) -> Shop:
    return Shop(inventory)


async def listings(shop: Shop) -> dict[str, Any]:
    return {row.sku: row for row in await shop.inventory.rows("listing")}


async def due_again(shop: Shop) -> None:
    """Another pass, from its first page to its last."""
    await shop.inventory.execute("update discovery set due_at = now()")
    await shop.inventory.execute("update lease set not_before = null")
    await shop.discover()


async def test_a_pass_reads_every_page_of_every_channel(shop: Shop) -> None:
    """One page a lease, with the place kept in between; what is of an equal code is mapped."""
    await shop.inventory.set(*(StockRow(f"sku-{number}", counted=1) for number in range(50)))
    offers = [offer(f"sku-{number}") for number in range(45)]
    await shop.connect("amazon", *offers, channels=("FR", "DE"))
    assert shop.listings["amazon"].asked == [(channel, page) for channel in ("FR", "DE") for page in (None, "20", "40")]
    rows = await shop.inventory.rows("listing")
    assert len(rows) == 90
    assert {row.mapped_by for row in rows} == {"code"}
    ((discovery,)) = await shop.inventory.rows("discovery")
    assert (discovery.current, discovery.waits_code) == (None, None)


async def test_channels_that_come_while_a_pass_begins_are_read_at_once(shop: Shop) -> None:
    """A pass that began with the old connection does not put off what the new one is due for."""
    await shop.inventory.set(StockRow("mug", counted=3))
    await shop.inventory.apply(shop.state("amazon", channels=()))
    shop.listings["amazon"].offers = {"FR": [offer("mug")]}
    async with shop.inventory.held.uow() as store:
        await shop.inventory.apply_in(store, shop.state("amazon"))
        reading = asyncio.create_task(shop.discover())
        await waiting_for_a_lock(shop.inventory.engine)
    await reading
    assert set(await listings(shop)) == {"mug"}


async def test_a_sku_made_later_takes_its_listing(shop: Shop) -> None:
    """By an order or by a count; and of its own organisation only."""
    await shop.connect("amazon", offer("mug"), offer("cup"))
    await shop.inventory.set(StockRow("mug", counted=3), organisation_id=OrganisationId(new_id()))
    assert {row.sku_id for row in (await listings(shop)).values()} == {None}
    await shop.inventory.apply(order([order_line("cup", 1)]))
    await shop.inventory.set(StockRow("mug", counted=3))
    skus = {row.id: row.code for row in await shop.inventory.rows("sku")}
    assert {sku: skus[row.sku_id] for sku, row in (await listings(shop)).items()} == {"mug": "mug", "cup": "cup"}
    await shop.push()
    assert shop.stock["amazon"].shows == {("FR", "mug"): 3}


async def test_what_a_whole_pass_has_not_seen_is_gone(shop: Shop) -> None:
    """It is told nothing more; seen again, it is told at once."""
    await shop.inventory.set(StockRow("mug", counted=3), StockRow("cup", counted=3))
    await shop.connect("amazon", offer("mug"), offer("cup"))
    await shop.push()
    shop.listings["amazon"].offers["FR"] = [offer("mug", 3)]
    await due_again(shop)
    assert (await listings(shop))["cup"].gone_at is not None
    await shop.inventory.set(StockRow("cup", counted=2))
    await shop.push()
    assert shop.stock["amazon"].shows["FR", "cup"] == 3
    shop.listings["amazon"].offers["FR"] = [offer("mug", 3), offer("cup")]
    await due_again(shop)
    await shop.push()
    assert (await listings(shop))["cup"].gone_at is None
    assert shop.stock["amazon"].shows["FR", "cup"] == 2


async def test_a_channel_that_is_no_longer_reached_is_gone_at_once(shop: Shop) -> None:
    """Auth says so; nothing is asked first."""
    await shop.connect("amazon", offer("mug"), channels=("FR", "DE"))
    await shop.inventory.apply(shop.state("amazon", channels=("FR",)))
    gone = {row.channel_id: row.gone_at is not None for row in await shop.inventory.rows("listing")}
    assert gone == {"FR": False, "DE": True}


async def test_a_refused_page_token_begins_the_channel_again(shop: Shop) -> None:
    """Also a token that comes again; after some times the channel is left out, and nothing of it is gone."""
    await shop.connect("amazon", *(offer(f"sku-{number}") for number in range(25)))
    shop.listings["amazon"].answers.extend([None, PageTokenRefused("old"), None, None])
    await due_again(shop)
    assert shop.listings["amazon"].asked[2:] == [("FR", None), ("FR", "20"), ("FR", None), ("FR", "20")]
    shop.listings["amazon"].answers.extend([PageTokenRefused("old")] * 4)
    await due_again(shop)
    ((discovery,)) = await shop.inventory.rows("discovery")
    assert (discovery.current, discovery.waits_code) == (None, "refused")
    assert {row.gone_at for row in await shop.inventory.rows("listing")} == {None}


async def test_a_channel_that_refuses_to_be_read_holds_up_no_other(shop: Shop) -> None:
    """It is left out of the pass, and shown."""
    shop.listings["amazon"].answers.append(Refused("no"))
    await shop.connect("amazon", offer("mug"), channels=("FR", "DE"))
    assert [row.channel_id for row in await shop.inventory.rows("listing")] == ["DE"]
    ((discovery,)) = await shop.inventory.rows("discovery")
    assert discovery.waits_code == "refused"


@pytest.mark.parametrize(
    ("error", "code"),
    [(Unavailable("down"), "unavailable"), (RoleMissing("no role"), "role_missing")],
)
async def test_what_reading_waits_for_is_shown(shop: Shop, error: Exception, code: str) -> None:
    """Until a page is read; the pass goes on where it was."""
    shop.listings["amazon"].answers.extend([None, error])
    with pytest.raises(type(error)):
        await shop.connect("amazon", *(offer(f"sku-{number}") for number in range(25)))
    ((discovery,)) = await shop.inventory.rows("discovery")
    assert discovery.waits_code == code
    await shop.discover()
    ((discovery,)) = await shop.inventory.rows("discovery")
    assert (discovery.waits_code, len(await shop.inventory.rows("listing"))) == (None, 25)
    assert shop.listings["amazon"].asked == [("FR", None), ("FR", "20"), ("FR", "20")]


async def test_unreadable_records_are_counted(shop: Shop) -> None:
    """They are left out, and the page goes on."""
    shop.listings["amazon"].unreadable = 2
    await shop.connect("amazon", offer("mug"), channels=("FR", "DE"))
    ((progress,)) = await shop.inventory.held.listings.progress(shop.state("amazon").body.organisation_id)
    assert (progress.unreadable, progress.waiting) == (4, 0)
    assert len(await shop.inventory.rows("listing")) == 2


async def test_a_page_of_a_connection_that_lost_its_consent_is_discarded(shop: Shop) -> None:
    """What auth said while the page was on its way counts."""

    async def revoke() -> None:
        event = shop.state("amazon", ConnectionRevokedV1)
        revoked = event.body.model_copy(update={"state": "revoked"})
        await shop.inventory.apply(type(event)(event.id, event.subject, 2, event.time, revoked))

    shop.listings["amazon"].during = revoke
    await shop.connect("amazon", offer("mug"))
    assert await shop.inventory.rows("listing") == []
    shop.listings["amazon"].during = None
    await shop.inventory.apply(shop.state("amazon"))
    await shop.inventory.execute("update lease set not_before = null")
    await shop.discover()
    assert len(await shop.inventory.rows("listing")) == 1


async def test_what_shows_another_quantity_is_told_again(shop: Shop) -> None:
    """A pass looks at what was in sync: more than told is told again, less is taken for a sale, twice is a drift."""
    await shop.inventory.set(StockRow("mug", counted=3), StockRow("cup", counted=3))
    await shop.connect("amazon", offer("mug"), offer("cup"))
    await shop.push()
    for passes in (1, 2):
        shop.listings["amazon"].offers["FR"] = [offer("mug", 9), offer("cup", 1)]
        await due_again(shop)
        targets = await shop.targets()
        assert (targets["amazon", "mug"].state, targets["amazon", "cup"].state) == ("waiting", "sale")
        drifts = [row for row in await shop.inventory.rows("outbox") if row.type == "inventory.stock.channel_drift.v1"]
        assert len(drifts) == 2 * (passes == 2)
        await shop.inventory.execute("update push_target set due_at = now() where due_at is not null")
        await shop.push()
        assert shop.stock["amazon"].shows == {("FR", "mug"): 3, ("FR", "cup"): 3}
    ((progress,)) = await shop.inventory.held.listings.progress(shop.state("amazon").body.organisation_id)
    assert (progress.in_sync, progress.drifting) == (2, 2)
    await check_sequences(shop.inventory)
