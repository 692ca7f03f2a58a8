"""Orders over a real database, as its poller, worker and API use it; the marketplace and auth are fakes."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.orders import bootstrap
from services.orders.adapters import tables
from services.orders.adapters.acceptances import due_answers
from services.orders.adapters.erasures import due_erasures
from services.orders.adapters.repositories import due_connections
from services.orders.adapters.store import bind
from services.orders.domain.acceptance import Acceptance, Asker, Mode
from services.orders.domain.connection import Connection
from services.orders.domain.windows import Progress
from services.orders.usecases.answer_order import answer_order, choose_mode
from services.orders.usecases.erase import Erasing, erase_due
from services.orders.usecases.poll import Polling, poll
from services.orders.usecases.ports import Store
from services.orders.usecases.receive_orders import Received, receive_orders
from services.orders.usecases.send_answers import Answering, send_answers
from shared.crypto.keyring import KeyRing
from shared.db.claims import Kind, SqlClaims
from shared.db.unit_of_work import transaction
from shared.events.auth import (
    ChannelV1,
    ConnectionAuthorisedV1,
    ConnectionDisconnectedV1,
    ConnectionRevokedV1,
    ConnectionStateV1,
)
from shared.events.base import Event
from shared.events.registry import BY_TYPE
from shared.kernel.budgets import Rate
from shared.kernel.ids import UserId, new_id
from shared.marketplaces.models import OrderPage
from tests.unit.orders.builders import (
    CONNECTION_ID,
    KEEP,
    NOW,
    ORGANISATION,
    PACE,
    FakeAcceptance,
    FakeErasures,
    FakeOrders,
    FakeTokens,
    TestClock,
    connection,
)

KEYS = KeyRing.parse("test:" + base64.b64encode(bytes(range(32))).decode())
PERSON = Asker(user_id=UserId(new_id()))
SEEN_WITHIN = timedelta(minutes=30)
RATES = {"amazon.searchOrders": Rate(10.0, 20)}


class OrdersService:
    """What arrives, as the consumer and the poller bring it, and what the tables say afterwards."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.clock = TestClock()
        self.far_side = FakeOrders(self.clock)
        self.tokens = FakeTokens()
        self.acceptance = FakeAcceptance()
        self.certificate = FakeErasures()
        self.erasing = Erasing(self.certificate, self.clock)
        self.parts = replace(bootstrap.orders_on(engine, KEYS, self.clock), answering=frozenset({"amazon"}))
        self._handlers = {one.topic.name: one.handle for one in bootstrap.subscriptions(self.clock)}

    def polling(self, **changes: Any) -> Polling:
        polling = Polling(
            marketplaces={"amazon": self.far_side},
            operations={"amazon": tuple(RATES)},
            tokens=self.tokens,
            keys=KEYS,
            clock=self.clock,
            paces={"amazon": PACE},
            keeps={"amazon": KEEP, "octopia": KEEP},
            import_marketplace_fulfilled=True,
        )
        return replace(polling, **changes)

    def claims(self, lease_seconds: float = 30.0) -> SqlClaims[Store]:
        """Another process's claims: each caller makes its own."""
        poll = Kind(due=due_connections(), lease_seconds=lease_seconds, rates=RATES)
        acceptance = Kind(due=due_answers(), lease_seconds=lease_seconds)
        erase = Kind(due=due_erasures(), lease_seconds=lease_seconds)
        kinds = {"poll": poll, "acceptance": acceptance, "erase": erase}
        return SqlClaims(self.engine, bind, kinds=kinds, clock=self.clock)

    def answering(self) -> Answering:
        async def sleep(seconds: float) -> None:
            self.clock.move(seconds=seconds)

        return Answering(
            marketplaces={"amazon": self.acceptance},
            seen_within={"amazon": SEEN_WITHIN},
            tokens=self.tokens,
            clock=self.clock,
            sleep=sleep,
        )

    async def apply(self, *events: Event[Any]) -> None:
        """As the consumer does, without its inbox."""
        async with self.parts.uow() as store:
            await self.apply_in(store, *events)

    async def apply_in(self, store: Store, *events: Event[Any]) -> None:
        """In a transaction that goes on."""
        await self._handlers[events[0].body.TOPIC](store, events)

    async def connect(self, one: Connection | None = None) -> Connection:
        one = one or connection()
        await self.apply(connection_event(one, ConnectionAuthorisedV1))
        return one

    async def disconnect(self, one: Connection, erase_asked_at: datetime | None = None) -> None:
        ended = replace(one, erase_asked_at=erase_asked_at)
        await self.apply(connection_event(ended, ConnectionDisconnectedV1, state="disconnected"))

    async def revoke(self, one: Connection) -> None:
        await self.apply(connection_event(one, ConnectionRevokedV1, state="revoked"))

    async def receive(self, page: OrderPage, one: Connection | None = None) -> Received:
        async with self.parts.uow() as store:
            return await receive_orders(
                page, connection=one or connection(), store=store, keys=KEYS, clock=self.clock, keep=KEEP
            )

    async def poll(self, times: int = 1, **changes: Any) -> None:
        """Reads so many pages, as far as a connection is due by our clock."""
        for _ in range(times):
            async with self.claims().lease_of("poll", CONNECTION_ID) as lease:
                assert lease is not None
                await poll(lease, polling=self.polling(**changes))

    async def send_answers(self) -> bool:
        """Sends what is due of one connection, as the worker does; whether something was."""
        async with self.claims().lease("acceptance") as lease:
            if lease is None:
                return False
            await send_answers(lease, answering=self.answering())
            return True

    async def erase(self) -> bool:
        """Erases what is due of one connection, as the worker does; whether something was."""
        async with self.claims().lease("erase") as lease:
            if lease is None:
                return False
            await erase_due(lease, erasing=self.erasing)
            return True

    async def answer(self, order_id: Any, *, accept: bool, by: Asker = PERSON) -> Acceptance:
        async with self.parts.uow() as store:
            return await answer_order(
                order_id,
                accept=accept,
                organisation_id=ORGANISATION,
                by=by,
                answering=self.parts.answering,
                store=store,
                clock=self.clock,
            )

    async def choose(self, one: Connection, mode: Mode) -> None:
        async with self.parts.uow() as store:
            await choose_mode(
                one.id,
                mode,
                organisation_id=one.organisation_id,
                answering=self.parts.answering,
                store=store,
                clock=self.clock,
            )

    async def rested(self) -> None:
        """A pause is over."""
        async with transaction(self.engine) as connection:
            await connection.execute(update(tables.lease).values(not_before=None))

    async def progress(self) -> Progress:
        async with self.parts.uow() as store:
            found = await store.polls.get(CONNECTION_ID)
        assert found is not None
        return found

    async def rows(self, name: str) -> Sequence[Any]:
        async with transaction(self.engine) as connection:
            return (await connection.execute(select(tables.metadata.tables[name]))).all()

    async def one(self, name: str) -> Any:
        (row,) = await self.rows(name)
        return row

    async def events(self) -> list[Any]:
        """The bodies in the outbox, in the order they were written."""
        rows = sorted(await self.rows("outbox"), key=lambda row: row.id)
        return [BY_TYPE[row.type].model_validate_json(row.body) for row in rows]

    async def codes(self) -> list[str]:
        """The timeline's codes, in the order they were written."""
        return [row.code for row in sorted(await self.rows("timeline"), key=lambda row: row.id)]


def connection_event(one: Connection, kind: type[ConnectionStateV1], **changes: Any) -> Event[ConnectionStateV1]:
    body = kind(
        organisation_id=one.organisation_id,
        connection_id=one.id,
        marketplace=one.marketplace,
        region=one.region,
        seller_id=one.seller_id,
        name=one.name,
        state=changes.get("state", one.state),
        consent_version=one.consent_version,
        erase_asked_at=one.erase_asked_at,
        channels=tuple(
            ChannelV1(id=c.id, name=c.name, country=c.country, currency=c.currency, time_zone=c.time_zone)
            for c in changes.get("channels", one.channels)
        ),
        orders_from=one.orders_from,
    )
    return Event(new_id(), one.id, 1, NOW, body)
