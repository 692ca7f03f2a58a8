"""The composition root: the one place where ports meet what fills them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from services.inventory.adapters.kinds import LISTING, PUSH, kinds
from services.inventory.adapters.listing_queries import SqlListingViews
from services.inventory.adapters.queries import SqlViews
from services.inventory.adapters.retention import overdue_records
from services.inventory.adapters.store import again_when_moved, bind
from services.inventory.settings import MigrationSettings, Settings
from services.inventory.usecases.apply_connections import apply_connections
from services.inventory.usecases.delete_old import delete_leftovers, delete_old_orders, fold_ledger
from services.inventory.usecases.discover import Discovering
from services.inventory.usecases.forget_closed import forget_closed, receive_closed
from services.inventory.usecases.listing_views import ListingViews
from services.inventory.usecases.ports import Store
from services.inventory.usecases.push import Pushing
from services.inventory.usecases.reserve_orders import reserve_orders
from services.inventory.usecases.ship_orders import ship_orders
from services.inventory.usecases.views import Views
from shared.access.access import Access
from shared.access.access_tokens import RemoteAccessTokens
from shared.access.internal import ServiceTokens
from shared.access.revoked import RemoteRevokedTokens
from shared.access.sessions import SessionResolver
from shared.access.tokens import RemoteSigningKeys, TokenVerifier
from shared.db.claims import SqlClaims
from shared.db.engine import make_engine
from shared.db.overdue import count_of
from shared.db.readiness import migrated
from shared.db.retention import Batch
from shared.db.unit_of_work import SqlUnitOfWork, run_in_transaction
from shared.events.topics import AUTH_CONNECTION, AUTH_ORGANISATION, LABELS_SHIPMENT, ORDERS_ORDER
from shared.http.outward import Outward
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ports import UnitOfWork
from shared.marketplaces.registry import CAPABILITIES, far_sides, marketplaces, rates
from shared.marketplaces.worked import of_worked_marketplaces
from shared.messaging.applier import Applier, Subscription
from shared.messaging.consumer import run_consumer
from shared.messaging.kafka import KafkaSettings
from shared.messaging.kafka import kafka_of as kafka_of
from shared.runtime.serve import Ready

__all__ = ["LISTING", "PUSH", "SERVICE", "bind"]

SERVICE = "inventory"


@dataclass(frozen=True)
class Inventory:
    """What pages and API work with."""

    uow: UnitOfWork[Store]
    views: Views
    listings: ListingViews
    clock: Clock
    telling: frozenset[str]  # marketplaces whose listings may tell what they weigh


def engine_of(settings: Settings | MigrationSettings, process: str) -> AsyncEngine:
    return make_engine(settings.database_url.get_secret_value(), f"{SERVICE} {process}")


def inventory_on(engine: AsyncEngine, clock: Clock) -> Inventory:
    telling = frozenset(name for name, able in CAPABILITIES.items() if able.listing_weights)
    return Inventory(SqlUnitOfWork(engine, bind), SqlViews(engine), SqlListingViews(engine), clock, telling)


def access_of(settings: Settings, outward: Outward) -> Access:
    """Sessions are asked at auth, tokens are checked with its keys and its list of revoked ones."""
    own = _own_tokens(settings, outward)
    keys = RemoteSigningKeys(settings.auth_url, outward)
    revoked = RemoteRevokedTokens(settings.auth_url, own, outward)
    verifier = TokenVerifier(settings.public_url, keys, SystemClock(), revoked)
    sessions = SessionResolver(settings.auth_url, own, outward)
    return Access(sessions, verifier, settings.public_url)


def subscriptions(clock: Clock) -> list[Subscription[Store]]:
    """What inventory hears: auth says for whom we may work, orders what is wanted, labels what has left."""
    return [
        Subscription(AUTH_CONNECTION, of_worked_marketplaces(partial(apply_connections, clock=clock))),
        Subscription(AUTH_ORGANISATION, receive_closed),
        Subscription(ORDERS_ORDER, again_when_moved(partial(reserve_orders, clock=clock))),
        Subscription(LABELS_SHIPMENT, again_when_moved(partial(ship_orders, clock=clock))),
    ]


def claims_of(settings: Settings, engine: AsyncEngine, clock: Clock) -> SqlClaims[Store]:
    """The leases of the worker: per connection, one to read listings and one to tell stock."""
    of_kinds = kinds({kind: rates(kind) for kind in (LISTING, PUSH)}, timedelta(seconds=settings.push_delay_seconds))
    return SqlClaims(engine, bind, kinds=of_kinds, clock=clock)


def retention_on(engine: AsyncEngine, keep: timedelta, clock: Clock) -> Mapping[str, Batch]:
    """What is deleted or folded as it was kept for its time, a batch per call and transaction."""
    works: Mapping[str, Callable[[Store], Awaitable[Mapping[str, int]]]] = {
        "orders": partial(delete_old_orders, keep=keep, clock=clock),
        "ledger": partial(fold_ledger, keep=keep),
        "leftovers": partial(delete_leftovers, keep=keep),
        "closed organisations": forget_closed,
    }
    uow = SqlUnitOfWork(engine, bind)
    return {name: partial(run_in_transaction, uow, work) for name, work in works.items()}


def overdue_records_on(engine: AsyncEngine, keep: timedelta) -> Callable[[], Awaitable[int]]:
    """How much should have gone by now."""
    return partial(count_of, engine, overdue_records(keep))


def discovering_of(settings: Settings, outward: Outward, clock: Clock) -> Discovering:
    known = marketplaces(outward, far_sides(settings.api_urls), clock=clock).values()
    return Discovering(
        marketplaces={one.name: one.listings for one in known if one.listings is not None},
        shared=frozenset(one.name for one in known if one.stock is not None and one.stock.limits.shared),
        tokens=RemoteAccessTokens(settings.auth_url, _own_tokens(settings, outward), outward),
        clock=clock,
        interval=timedelta(seconds=settings.listing_interval_seconds),
        grace=timedelta(seconds=settings.sale_grace_seconds),
    )


def pushing_of(settings: Settings, outward: Outward, clock: Clock) -> Pushing:
    known = marketplaces(outward, far_sides(settings.api_urls), clock=clock).values()
    return Pushing(
        marketplaces={one.name: one.stock for one in known if one.stock is not None},
        tokens=RemoteAccessTokens(settings.auth_url, _own_tokens(settings, outward), outward),
        clock=clock,
        delay=timedelta(seconds=settings.push_delay_seconds),
        grace=timedelta(seconds=settings.sale_grace_seconds),
    )


async def consume(engine: AsyncEngine, kafka: KafkaSettings, clock: Clock, stop: asyncio.Event) -> None:
    """Applies events until told to stop."""
    await run_consumer(
        service=SERVICE, subscriptions=subscriptions(clock), engine=engine, bind=bind, kafka=kafka, stop=stop
    )


def applier_on(engine: AsyncEngine, clock: Clock) -> Applier[Store]:
    """Applies single events: for the replay of parked ones."""
    return Applier(SERVICE, subscriptions(clock), engine, bind)


def ready_on(engine: AsyncEngine) -> Ready:
    return migrated(engine, Path(__file__).parent / "migrations")


def _own_tokens(settings: Settings, outward: Outward) -> ServiceTokens:
    return ServiceTokens(settings.auth_url, settings.client_id, settings.client_secret, outward)
