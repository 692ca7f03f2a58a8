"""The composition root: the one place where ports meet what fills them."""

import asyncio
from dataclasses import dataclass
from functools import partial

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.inventory.adapters.queries import SqlViews
from services.inventory.adapters.store import again_when_moved, bind
from services.inventory.settings import MigrationSettings, Settings
from services.inventory.usecases.ports import Store
from services.inventory.usecases.reserve_orders import reserve_orders
from services.inventory.usecases.ship_orders import ship_orders
from services.inventory.usecases.views import Views
from shared.access.dependencies import Access
from shared.access.internal import ServiceTokens
from shared.access.sessions import SessionResolver
from shared.access.tokens import RemoteSigningKeys, TokenVerifier
from shared.db.engine import make_engine
from shared.db.unit_of_work import SqlUnitOfWork, transaction
from shared.events.topics import LABELS_SHIPMENT, ORDERS_ORDER
from shared.http.outward import Outward
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ports import UnitOfWork
from shared.messaging.consumer import Applier, Subscription, run_consumer
from shared.messaging.kafka import KafkaSettings

SERVICE = "inventory"


@dataclass(frozen=True)
class Inventory:
    """What pages and API work with."""

    uow: UnitOfWork[Store]
    views: Views
    clock: Clock


def engine_of(settings: Settings | MigrationSettings, process: str) -> AsyncEngine:
    return make_engine(settings.database_url.get_secret_value(), f"{SERVICE} {process}")


def inventory_on(engine: AsyncEngine, clock: Clock) -> Inventory:
    return Inventory(SqlUnitOfWork(engine, bind), SqlViews(engine), clock)


def access_of(settings: Settings, outward: Outward) -> Access:
    """Sessions are asked at auth, tokens are checked with its keys."""
    own_tokens = ServiceTokens(settings.auth_url, settings.client_id, settings.client_secret, outward)
    verifier = TokenVerifier(settings.public_url, RemoteSigningKeys(settings.auth_url, outward), SystemClock())
    return Access(SessionResolver(settings.auth_url, own_tokens, outward), verifier, settings.public_url)


def kafka_of(settings: Settings) -> KafkaSettings:
    return KafkaSettings(settings.kafka_bootstrap_servers, settings.topic_prefix, settings.instance_id)


def subscriptions(clock: Clock) -> list[Subscription[Store]]:
    """What inventory hears: orders say what is wanted, labels what has left."""
    return [
        Subscription(ORDERS_ORDER, again_when_moved(partial(reserve_orders, clock=clock))),
        Subscription(LABELS_SHIPMENT, again_when_moved(partial(ship_orders, clock=clock))),
    ]


async def consume(engine: AsyncEngine, kafka: KafkaSettings, clock: Clock, stop: asyncio.Event) -> None:
    """Applies events until told to stop."""
    await run_consumer(
        service=SERVICE, subscriptions=subscriptions(clock), engine=engine, bind=bind, kafka=kafka, stop=stop
    )


def applier_on(engine: AsyncEngine, clock: Clock) -> Applier[Store]:
    """Applies single events: for the replay of parked ones."""
    return Applier(SERVICE, subscriptions(clock), engine, bind)


async def database_answers(engine: AsyncEngine) -> bool:
    async with transaction(engine) as connection:
        await connection.execute(text("select 1"))
    return True
