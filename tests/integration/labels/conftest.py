"""A migrated database and labels over it, with fakes of the far side, of auth and of orders."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.labels import bootstrap
from services.labels.adapters.queries import SqlViews
from services.labels.adapters.tables import outbox
from services.labels.carriers.builtin.carrier import BuiltinCarrier
from services.labels.domain.carrier import Address, CarrierSettings
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.shipment import Shipment, WriteBack
from services.labels.domain.write_back import Timing
from services.labels.usecases.act import request_label
from services.labels.usecases.choose import set_carrier, set_channel_mode
from services.labels.usecases.create_labels import Labelling, create_labels
from services.labels.usecases.ports import Store
from services.labels.usecases.replan import replan_due
from services.labels.usecases.telling import Telling
from services.labels.usecases.write_back import write_back_due
from shared.db.claims import SqlClaims
from shared.db.unit_of_work import SqlUnitOfWork, transaction
from shared.events.auth import ChannelV1, ConnectionAuthorisedV1, ConnectionRevokedV1
from shared.events.base import Event
from shared.events.inventory import ReservationChangedV1, ReservedLineV1
from shared.events.orders import OrderLineV1, OrderReceivedV1, OrderStateV1
from shared.kernel.clock import SystemClock
from shared.kernel.ids import new_id
from tests.engines import give_back, lend_engine
from tests.infrastructure import MakeDatabase
from tests.integration.labels.browsers import app, ours, theirs
from tests.integration.labels.fakes import FakeRecipients, FakeTokens, FakeTracking

__all__ = ["app", "ours", "theirs"]

CHANNEL = "A13V1IB3VIYZZH"
# Read back at once, missing at once: tests do not wait.
AT_ONCE = Timing(read_back_seconds=0, lag_seconds=0, repeat_after_seconds=0)


class Labels:
    """What arrives and what is done, as consumer, loops and API bring it; and what is known afterwards."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.clock = SystemClock()
        self.organisation_id, self.connection_id, self.person = uuid4(), uuid4(), uuid4()
        self.uow = SqlUnitOfWork(engine, bootstrap.bind)
        self.views = SqlViews(engine)
        self.planner = bootstrap.planner_of(self.clock)
        self.tracking, self.tokens, self.recipients = FakeTracking(), FakeTokens(), FakeRecipients()
        self.carrier = BuiltinCarrier(self.clock)
        self.labelling = Labelling(self.planner, self.carrier, self.recipients)
        self.telling = Telling(self.planner, self.tokens, {"amazon": self.tracking}, lambda _: AT_ONCE, self.rest)
        self.claims: SqlClaims[Store] = bootstrap.claims_of(engine, self.clock)
        self.rests: list[float] = []
        self._handlers = {one.topic.name: one.handle for one in bootstrap.subscriptions(self.clock)}

    async def rest(self, seconds: float) -> None:
        self.rests.append(seconds)

    async def apply(self, body: Any, subject: UUID) -> None:
        """As the consumer does, without its inbox."""
        event = Event(new_id(), subject, 1, self.clock.now(), body)
        async with self.uow() as store:
            await self._handlers[body.TOPIC](store, [event])

    async def connect(self, kind: type[Any] = ConnectionAuthorisedV1) -> None:
        state = "authorised" if kind is ConnectionAuthorisedV1 else "revoked"
        channel = ChannelV1(id=CHANNEL, name="Amazon.fr", country="FR", currency="EUR", time_zone="Europe/Paris")
        body = kind(
            organisation_id=self.organisation_id, connection_id=self.connection_id, marketplace="amazon", region="eu",
            seller_id="A1", name="Shop", state=state, consent_version=1, channels=(channel,),
        )  # fmt: skip
        await self.apply(body, self.connection_id)

    async def revoke(self) -> None:
        await self.connect(ConnectionRevokedV1)

    async def set_up(self, *, serial_last: int = 999, automatic: bool = True) -> None:
        sender = Address("Test Shop", ("1 rue du Test",), "75001", "Paris", "FR")
        template = "https://track.example/{tracking_number}"
        settings = CarrierSettings(self.organisation_id, sender, "Test Express", "9521234", 0, 1, serial_last, template)
        async with self.uow() as store:
            await set_carrier(store, settings, planner=self.planner)
        await self.connect()
        await self.mode(automatic=automatic)

    async def mode(self, **choice: bool) -> None:
        async with self.uow() as store:
            await set_channel_mode(
                store, self.organisation_id, self.connection_id, CHANNEL, choice, planner=self.planner
            )

    async def order(self, units: int = 2, **changes: Any) -> OrderStateV1:
        """A new order and its reservation have arrived."""
        line = OrderLineV1(
            line_id=uuid4(), marketplace_line_id="far-line", sku="SKU-1", ordered=units, decision="ship", code="ship",
            reserve=True,
        )  # fmt: skip
        body = OrderReceivedV1(
            organisation_id=self.organisation_id, order_id=uuid4(), connection_id=self.connection_id,
            marketplace="amazon", channel_id=CHANNEL, marketplace_order_id=f"171-{uuid4().hex[:7]}", order_version=1,
            status="open", placed_at=self.clock.now() - timedelta(hours=1), recipient_digest="digest-1", lines=(line,),
        )  # fmt: skip
        body = body.model_copy(update=changes)
        await self.news(body)
        await self.reserve(body)
        return body

    async def news(self, body: OrderStateV1) -> None:
        await self.apply(body, body.order_id)

    async def change(self, body: OrderStateV1, **changes: Any) -> OrderStateV1:
        """The order's next version."""
        newer = body.model_copy(update={"order_version": body.order_version + 1} | changes)
        await self.news(newer)
        return newer

    async def reserve(self, of: OrderStateV1, *, short: int = 0, weight_grams: int | None = 400) -> None:
        lines = tuple(
            ReservedLineV1(
                line_id=line.line_id, sku=line.sku, wanted=line.ordered - line.cancelled,
                reserved=line.ordered - line.cancelled - short, short=short, tracked=True, weight_grams=weight_grams,
            )
            for line in of.lines
        )  # fmt: skip
        body = ReservationChangedV1(
            organisation_id=self.organisation_id, order_id=of.order_id, order_version=of.order_version, lines=lines
        )
        await self.apply(body, of.order_id)

    async def make_labels(self, claims: SqlClaims[Store] | None = None) -> bool:
        """One lease's work; False: nothing was due."""
        async with (claims or self.claims).lease("label") as lease:
            if lease is not None:
                await create_labels(lease, tools=self.labelling)
            return lease is not None

    async def tell(self, claims: SqlClaims[Store] | None = None) -> bool:
        async with (claims or self.claims).lease("write_back") as lease:
            if lease is not None:
                await write_back_due(lease, tools=self.telling)
            return lease is not None

    async def settle_everything(self, rounds: int = 12) -> None:
        """As the worker's loops: until nothing is due."""
        for _ in range(rounds):
            await replan_due(self.uow, planner=self.planner)
            if not await self.make_labels() and not await self.tell():
                return
        raise AssertionError("it never comes to rest")

    async def ask_label(self, shipment_id: UUID, asked: Any) -> Shipment:
        async with self.uow() as store:
            return await request_label(store, self.organisation_id, shipment_id, asked, planner=self.planner)

    async def act(self, verb: Callable[..., Any], shipment_id: UUID, *arguments: Any) -> Shipment:
        async with self.uow() as store:
            done: Shipment = await verb(store, self.organisation_id, shipment_id, *arguments, planner=self.planner)
            return done

    async def fulfilment(self, order_id: UUID) -> Fulfilment:
        async with self.uow() as store:
            (found,) = await store.fulfilments.read([order_id])
        return found

    async def shipments(self, order_id: UUID) -> tuple[Shipment, ...]:
        return (await self.fulfilment(order_id)).shipments

    async def shipment(self, order_id: UUID) -> Shipment:
        (one,) = await self.shipments(order_id)
        return one

    async def told(self, order_id: UUID) -> WriteBack:
        told = (await self.shipment(order_id)).write_back
        assert told is not None
        return told

    async def events(self, order_id: UUID) -> Sequence[Any]:
        async with transaction(self.engine) as connection:
            found = await connection.execute(select(outbox).where(outbox.c.subject == order_id).order_by(outbox.c.id))
            return found.all()

    async def execute(self, statement: str) -> None:
        async with transaction(self.engine) as connection:
            await connection.execute(text(statement))

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        async with transaction(self.engine) as connection:
            return [tuple(row) for row in await connection.execute(text(query))]

    async def make_due(self) -> None:
        """The back-off is over, and leases of the dead have ended."""
        await self.execute("update write_back set due_at = now() - interval '1 second' where due_at is not null")
        await self.execute(
            "update shipment set label_due_at = now() - interval '1 second' where label_due_at is not null"
        )
        await self.execute("update lease set token = null, leased_until = null, not_before = null")

    def impatient(self, kind: str, seconds: float) -> SqlClaims[Store]:
        """Claims whose lease of a kind is that short."""
        kinds = dict(self.claims.kinds)
        kinds[kind] = replace(kinds[kind], lease_seconds=seconds, margin_seconds=0)
        return SqlClaims(self.engine, bootstrap.bind, kinds=kinds, clock=self.clock)


@pytest.fixture
async def labels(migrated_database: MakeDatabase) -> AsyncIterator[Labels]:
    """Carrier set up, connection authorised, channel automatic."""
    engine = lend_engine(migrated_database("labels"))
    made = Labels(engine)
    await made.set_up()
    yield made
    await give_back(engine)
