"""The laws of an organisation that was closed: what it told labels of itself goes, and does not come back."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

from services.labels import bootstrap
from services.labels.adapters.tables import metadata
from services.labels.domain.carrier import Address, CarrierSettings
from services.labels.usecases.choose import set_carrier
from shared.db.retention import delete_all
from shared.events.auth import OrganisationClosedV1
from tests.integration.labels.conftest import Labels

# What an organisation's orders hold has their time; the copy of a connection is auth's word.
WITH_ITS_ORDERS = {"connection", "fulfilment", "shipment", "label_batch"}


async def closed(labels: Labels, organisation_id: UUID) -> None:
    await labels.apply(
        OrganisationClosedV1(organisation_id=organisation_id, closed_at=labels.clock.now()), organisation_id
    )


async def upkeep(labels: Labels) -> None:
    """As the worker does each hour."""
    await delete_all(bootstrap.retention_on(labels.engine, {"amazon": timedelta(days=540)}), asyncio.Event())


async def put_carrier(labels: Labels, organisation_id: UUID) -> None:
    sender = Address("Somebody", ("1 rue du Test",), "75001", "Paris", "FR")
    settings = CarrierSettings(organisation_id, sender, "Test Express", "9521234", 0, 1, 9, None)
    async with labels.uow() as store:
        await set_carrier(store, settings, planner=labels.planner)


async def test_the_carriers_settings_and_senders_go(labels: Labels) -> None:
    """
    Parcels and their numbers stay, and another organisation's all. A form that was under way comes too late, and an
    event again changes nothing. Seen red without each deletion, and with one look only.
    """
    other = uuid4()
    await put_carrier(labels, other)
    order = await labels.order()
    await labels.settle_everything()
    number = (await labels.shipment(order.order_id)).tracking_number
    assert await labels.rows("select count(*) from serial") == [(1,)]
    await closed(labels, labels.organisation_id)
    await upkeep(labels)
    assert await labels.rows("select organisation_id from carrier_settings") == [(other,)]
    assert await labels.rows("select count(*) from serial") == [(0,)]
    parcel = await labels.shipment(order.order_id)
    assert (parcel.sender, parcel.tracking_number) == (None, number)
    await put_carrier(labels, labels.organisation_id)
    await closed(labels, labels.organisation_id)
    await upkeep(labels)
    assert await labels.rows("select organisation_id from carrier_settings") == [(other,)]


async def test_it_is_looked_after_until_nothing_can_come_any_more(labels: Labels) -> None:
    """31 days: then it is done, and no table is searched for it each hour. Seen red with no end."""
    await closed(labels, labels.organisation_id)
    await upkeep(labels)
    assert await labels.rows("select erased_at from closed_organisation") == [(None,)]
    await labels.execute("update closed_organisation set closed_at = closed_at - interval '31 days'")
    await upkeep(labels)
    assert await labels.rows("select erased_at is not null from closed_organisation") == [(True,)]


def test_every_table_of_organisations_is_known() -> None:
    """A new one is either deleted when its organisation is closed, or goes with its orders: say which."""
    theirs = {table.name for table in metadata.tables.values() if "organisation_id" in table.c}
    assert theirs - WITH_ITS_ORDERS == {"carrier_settings", "serial", "closed_organisation"}
