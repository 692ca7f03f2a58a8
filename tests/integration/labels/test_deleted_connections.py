"""The laws of a connection that auth deleted: its names go at once, its id with the last order that came by it."""

from shared.events.auth import ConnectionDeletedV1, OrganisationDeletedV1
from tests.integration.labels.conftest import Labels
from tests.integration.labels.test_closed import closed, upkeep
from tests.integration.labels.test_erasure import erase
from tests.integration.labels.test_retention import count, delete_due, grown_old

ITS = ("connection", "channel_mode", "fulfilment")


async def deleted(labels: Labels) -> None:
    await labels.apply(ConnectionDeletedV1(), labels.connection_id)


async def test_names_go_at_once_and_the_id_with_the_last_order(labels: Labels) -> None:
    """With the modes of its channels and its leases; buyers before. Seen red without the conditions."""
    order = await labels.order()
    await labels.settle_everything()
    await deleted(labels)
    ((name, seller, state, channels),) = await labels.rows("select name, seller_id, state, channels from connection")
    assert (name, seller, state, channels) == ("", "", "disconnected", [])
    await grown_old(labels, order)
    await labels.execute("delete from lease")
    await delete_due(labels)
    assert await count(labels, "connection") == 1, "what is to be erased is not, yet"
    assert await erase(labels)
    await delete_due(labels)
    assert {table: await count(labels, table) for table in (*ITS, "lease")} == dict.fromkeys((*ITS, "lease"), 0)


async def test_its_id_waits_for_its_orders(labels: Labels) -> None:
    """All of it again changes nothing; one that was never heard of leaves nothing. Seen red without the condition."""
    order = await labels.order()
    await deleted(labels)
    assert await erase(labels)
    ((erased_at,),) = await labels.rows("select erased_at from fulfilment")
    assert erased_at is not None
    await delete_due(labels)
    assert (await count(labels, "connection"), await count(labels, "channel_mode")) == (1, 1)
    await grown_old(labels, order)
    await delete_due(labels)
    await deleted(labels)
    assert await count(labels, "connection") == 0


async def test_a_closed_organisation_is_forgotten_once_all_of_it_is_gone(labels: Labels) -> None:
    """
    Auth keeps nothing of it any more: nor do we. Where it was never heard that it is closed, it is looked after first.
    """
    await closed(labels, labels.organisation_id)
    await labels.execute("update closed_organisation set closed_at = closed_at - interval '31 days'")
    await upkeep(labels)
    await labels.apply(OrganisationDeletedV1(), labels.organisation_id)
    assert await count(labels, "closed_organisation") == 0
    await labels.apply(OrganisationDeletedV1(), labels.organisation_id)
    assert await labels.rows("select erased_at from closed_organisation") == [(None,)]
