"""The laws of another key-encryption key: what was sealed under the one before still opens, and does without it."""

import base64
import json
from collections.abc import Sequence

import pytest
from sqlalchemy import update

from services.orders.__main__ import _parser
from services.orders.adapters import data_keys, tables
from services.orders.adapters.store import bind
from services.orders.entrypoints import keys_operator
from services.orders.settings import MigrationSettings
from services.orders.usecases.ports import order_context, record_context
from services.orders.usecases.rewrap_keys import rewrap_keys
from shared.crypto.errors import UnknownKey
from shared.crypto.keyring import KeyRing
from shared.crypto.rewrapping import Rewrapping
from shared.db.unit_of_work import SqlUnitOfWork
from shared.marketplaces.models import UnreadableOrder
from tests.integration.orders.service import KEYS, OrdersService
from tests.unit.orders.builders import order, page

NEW = "new:" + base64.b64encode(bytes(range(32, 64))).decode()
OLD = "test:" + base64.b64encode(bytes(range(32))).decode()


async def rewrap(orders: OrdersService, setting: str) -> None:
    wrapping = Rewrapping(KeyRing.parse(setting))
    await rewrap_keys(uow=SqlUnitOfWork(orders.engine, bind), wrapping=wrapping)


async def opened(orders: OrdersService, keys: KeyRing) -> Sequence[bytes]:
    """Everything that lies under seal."""
    found = []
    for row in await orders.rows("marketplace_order"):
        context = order_context(row.id)
        found += [keys.open(row.data_key, sealed, context) for sealed in (row.sealed_personal, row.sealed_raw)]
    for row in await orders.rows("unreadable_record"):
        context = record_context(row.connection_id, row.record_key)
        found.append(keys.open(row.data_key, row.sealed_raw, context))
    return found


async def test_after_a_rewrap_the_old_key_is_needed_no_more(
    orders: OrdersService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of orders and of unreadable records, over more than one batch; doing it again changes nothing."""
    monkeypatch.setattr(data_keys, "_BATCH", 2)
    bad = [UnreadableOrder(None, "no order", f"record {number}".encode()) for number in range(3)]
    await orders.receive(page(*(order(number) for number in range(1, 6)), unreadable=tuple(bad)))
    before = await opened(orders, KEYS)
    with pytest.raises(UnknownKey):
        await opened(orders, KeyRing.parse(NEW))
    await rewrap(orders, f"{NEW},{OLD}")
    assert await opened(orders, KeyRing.parse(NEW)) == before
    assert len(before) == 13
    wrapped = {row.data_key for row in await orders.rows("marketplace_order")}
    await rewrap(orders, f"{NEW},{OLD}")
    assert {row.data_key for row in await orders.rows("marketplace_order")} == wrapped


async def test_a_key_that_does_not_open_stops_no_other(orders: OrdersService) -> None:
    """One damaged row is told and left, as it was."""
    await orders.receive(page(order(1), order(2)))
    first, second = sorted(await orders.rows("marketplace_order"), key=lambda row: row.id)
    damaging = update(tables.order).where(tables.order.c.id == first.id).values(data_key=first.data_key[:20])
    async with orders.engine.begin() as connection:
        await connection.execute(damaging)
    await rewrap(orders, f"{NEW},{OLD}")
    told = {row.id: row.data_key for row in await orders.rows("marketplace_order")}
    assert (len(told[first.id]), told[second.id][2:5]) == (20, b"new")


async def test_an_operator_counts_and_rewraps_them(orders: OrdersService, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 3 while any is under another key, 0 afterwards; rotating again changes nothing."""
    await orders.receive(page(order(1), order(2), unreadable=(UnreadableOrder(None, "no order", b"record"),)))
    url = orders.engine.url.render_as_string(hide_password=False)
    seen = []
    for words in (("status", OLD), ("status", f"{NEW},{OLD}"), ("rotate", f"{NEW},{OLD}"), ("rotate", NEW)):
        settings = MigrationSettings.model_validate({"database_url": url, "key_encryption_keys": words[1]})
        status = await keys_operator.run(_parser().parse_args(["keys", words[0], "--json"]), settings)
        seen.append((status, json.loads(capsys.readouterr().out)["left"]))
    assert seen == [(0, 0), (3, 3), (0, 0), (0, 0)]
