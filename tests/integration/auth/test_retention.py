"""The laws of how long a connection is kept after its end: 18 months, then it is as if it had never been."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.auth.retention_bootstrap import overdue_records_on, retention_on
from services.auth.usecases import delete_old
from shared.db.errors import DatabaseUnavailable
from shared.db.retention import delete_all
from shared.db.unit_of_work import transaction
from tests.integration.auth.conftest import Running, Visitor

KEEP = timedelta(days=540)
LONG_AGO = "now() - interval '540 days 1 hour'"
NOT_YET = "now() - interval '539 days 23 hours'"


async def delete_due(auth: Running) -> None:
    """As the worker does each hour."""
    await delete_all(retention_on(auth.engine, KEEP, auth.clock), asyncio.Event())


async def overdue(auth: Running) -> int:
    return await overdue_records_on(auth.engine, KEEP)()


async def connected(auth: Running, visitor: Visitor) -> tuple[str, str]:
    """One more connection: its id, and its seller's."""
    seller_id = (await auth.sandbox.seller(region="eu"))["seller_id"]
    await visitor.connect(seller_id)
    (one,) = [each for each in await visitor.connections() if each["seller_id"] == seller_id]
    return one["id"], seller_id


async def disconnect(auth: Running, visitor: Visitor, its: str, *, data: str = "keep", at: str = LONG_AGO) -> None:
    await visitor.submit(f"/connections/{its}/disconnect", data=data)
    await auth.rows(f"update connection set ended_at = {at}, erase_asked_at = {at} where id = :its", its=its)  # noqa: S608


async def ids(visitor: Visitor) -> list[str]:
    return [each["id"] for each in await visitor.connections()]


async def test_a_connection_goes_18_months_after_its_end(auth: Running) -> None:
    """
    With its leases; what the audit log still has of it stays. One that lives and one that ended later stay. Seen red
    without the deletion, and without the state among its conditions.
    """
    visitor = await auth.visitor().sign_up()
    (old, _), (young, _), (living, _) = [await connected(auth, visitor) for _ in range(3)]
    await disconnect(auth, visitor, old)
    await disconnect(auth, visitor, young, at=NOT_YET)
    await auth.rows(f"update connection set ended_at = {LONG_AGO} where id = :its", its=living)  # noqa: S608
    await auth.rows("insert into lease (kind, subject) values ('probe', :its) on conflict do nothing", its=old)
    audited = await auth.rows("select id from audit")
    await delete_due(auth)
    assert await ids(visitor) == [young, living]
    assert (await visitor.get(f"/connections/{old}")).status_code == 404
    assert await auth.rows("select kind from lease where subject = :its", its=old) == []
    assert await auth.rows("select id from audit") == audited
    assert (await visitor.get("/settings/audit")).status_code == 200


async def test_its_end_is_told_without_data_and_after_all_else(auth: Running) -> None:
    """
    As the next of its events, so that nobody holds it for old, once. Of one that nobody heard of nothing is told. Seen
    red without it.
    """
    visitor = await auth.visitor().sign_up()
    (its, _), (unheard, _) = [await connected(auth, visitor) for _ in range(2)]
    for each in (its, unheard):
        await disconnect(auth, visitor, each)
    await auth.rows("update connection set event_sequence = 0 where id = :its", its=unheard)
    before = await auth.rows("select max(sequence) as last from outbox where subject = :its", its=its)
    told = len(await auth.events())
    for _ in range(2):
        await delete_due(auth)
    (row,) = await auth.rows("select * from outbox order by id offset :told", told=told)
    assert (row.type, row.topic, row.body) == ("auth.connection.deleted.v1", "auth.connection.v1", "")
    assert (str(row.subject), row.sequence) == (its, before[0].last + 1)


async def test_who_dies_in_the_middle_has_deleted_and_told_nothing(auth: Running) -> None:
    """
    Both are one transaction, whichever of them the database ends it at: afterwards the next hour does both, once.
    """
    visitor = await auth.visitor().sign_up()
    its, _ = await connected(auth, visitor)
    await disconnect(auth, visitor, its)
    told = len(await auth.events())
    for table, when in (("outbox", "insert"), ("connection", "delete")):
        await auth.rows(
            "create or replace function dies() returns trigger language plpgsql as $$ begin"
            " perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); return null; end $$"
        )
        await auth.rows(f"create trigger dies after {when} on {table} for each row execute function dies()")
        with pytest.raises(DatabaseUnavailable):
            await delete_due(auth)
        await auth.rows(f"drop trigger dies on {table}")
        assert (await ids(visitor), len(await auth.events())) == ([its], told)
    await delete_due(auth)
    assert (await ids(visitor), len(await auth.events())) == ([], told + 1)


async def test_its_time_begins_anew_with_each_end(auth: Running) -> None:
    """A new consent forgets when it ended. Seen red with the first end kept."""
    visitor = await auth.visitor().sign_up()
    its, seller_id = await connected(auth, visitor)
    await disconnect(auth, visitor, its)
    await visitor.connect(seller_id)
    assert [row.ended_at for row in await auth.rows("select ended_at from connection")] == [None]
    await visitor.submit(f"/connections/{its}/disconnect", data="keep")
    await delete_due(auth)
    assert await ids(visitor) == [its]


async def test_it_is_kept_as_long_after_it_was_to_be_erased(auth: Running) -> None:
    """So every service can still say that it has. Seen red with the end alone."""
    visitor = await auth.visitor().sign_up()
    its, _ = await connected(auth, visitor)
    await disconnect(auth, visitor, its, data="erase")
    await auth.rows("update connection set erase_asked_at = now()")
    await delete_due(auth)
    assert await ids(visitor) == [its]


async def test_a_seller_who_comes_back_later_is_new(auth: Running) -> None:
    """Another id, and nothing of before; also where the consent was begun before the deletion."""
    visitor = await auth.visitor().sign_up()
    its, seller_id = await connected(auth, visitor)
    await visitor.submit(f"/connections/{its}/settings", name="Kept for long")
    await disconnect(auth, visitor, its)
    begun = (await visitor.submit(f"/connections/{its}/reconnect")).headers["location"]
    await delete_due(auth)
    await visitor.get(await visitor.confirm(begun, seller_id))
    (back,) = await visitor.connections()
    assert (back["id"] != its, back["state"], back["name"] == "Kept for long") == (True, "authorised", False)


async def test_what_ended_before_that_was_noted_goes_too(auth: Running) -> None:
    """
    By the audit log, which goes back for twelve months; of what it knows nothing the end is older. Seen red without
    either.
    """
    visitor = await auth.visitor().sign_up()
    known, unknown = [(await connected(auth, visitor))[0] for _ in range(2)]
    for its in (known, unknown):
        await visitor.submit(f"/connections/{its}/disconnect", data="keep")
    await auth.rows("update connection set ended_at = null")
    async with transaction(auth.engine) as opened:
        await opened.execute(text("set local session_replication_role = replica"))
        await opened.execute(text("delete from audit where connection_id = :its"), {"its": unknown})
    await delete_due(auth)
    noted = {
        str(row.id): row.days
        for row in await auth.rows("select id, extract(day from now() - ended_at) as days from connection")
    }
    assert (noted[known], 365 <= noted[unknown] <= 366) == (0, True)


async def test_what_somebody_works_on_waits_and_is_counted_a_day_later(auth: Running) -> None:
    """The deletion waits for no lock; the count is what the alert is about. Seen red without either."""
    visitor = await auth.visitor().sign_up()
    its, _ = await connected(auth, visitor)
    await disconnect(auth, visitor, its)
    assert await overdue(auth) == 0
    await auth.rows("update connection set ended_at = ended_at - interval '1 day', erase_asked_at = null")
    async with transaction(auth.engine) as opened, asyncio.timeout(5):
        await opened.execute(text("select id from connection for update"))
        await delete_due(auth)
    assert (await ids(visitor), await overdue(auth)) == ([its], 1)
    await delete_due(auth)
    assert (await ids(visitor), await overdue(auth)) == ([], 0)


async def test_they_go_batch_by_batch(auth: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until none is due."""
    monkeypatch.setattr(delete_old, "BATCH", 1)
    visitor = await auth.visitor().sign_up()
    for _ in range(3):
        await disconnect(auth, visitor, (await connected(auth, visitor))[0])
    await delete_due(auth)
    assert await ids(visitor) == []
