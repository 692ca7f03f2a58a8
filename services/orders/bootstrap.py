"""The composition root: the one place where ports meet what fills them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from services.orders.adapters.acceptances import due_answers
from services.orders.adapters.dashboard import SqlDashboards
from services.orders.adapters.erasures import due_erasures, erasures_by_marketplace, overdue_erasures
from services.orders.adapters.queries import SqlViews
from services.orders.adapters.repositories import due_connections
from services.orders.adapters.retention import overdue_records
from services.orders.adapters.store import bind as bind
from services.orders.domain.windows import Pace
from services.orders.settings import MigrationSettings, Settings
from services.orders.usecases.apply_connections import apply_connections
from services.orders.usecases.apply_reservations import apply_reservations
from services.orders.usecases.apply_shipments import apply_shipments
from services.orders.usecases.dashboard import Dashboards
from services.orders.usecases.delete_old import delete_leftovers, delete_old_orders
from services.orders.usecases.erase import Erasing
from services.orders.usecases.poll import Polling
from services.orders.usecases.ports import Keys, Store
from services.orders.usecases.rewrap_keys import rewrap_keys
from services.orders.usecases.send_answers import Answering
from services.orders.usecases.views import Views
from shared.access.access import Access
from shared.access.access_tokens import RemoteAccessTokens
from shared.access.erasures import RemoteErasures
from shared.access.internal import ServiceTokens
from shared.access.revoked import RemoteRevokedTokens
from shared.access.sessions import SessionResolver
from shared.access.tokens import RemoteSigningKeys, TokenVerifier
from shared.crypto.keyring import KeyRing
from shared.crypto.rewrapping import Rewrapping
from shared.db.claims import Kind, SqlClaims
from shared.db.engine import make_engine
from shared.db.overdue import count_of
from shared.db.readiness import migrated
from shared.db.retention import Batch
from shared.db.unit_of_work import SqlUnitOfWork, run_in_transaction, transaction
from shared.events.topics import AUTH_CONNECTION, INVENTORY_RESERVATION, LABELS_SHIPMENT
from shared.http.outward import Outward
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ports import UnitOfWork
from shared.kernel.retention import USUAL_DAYS
from shared.marketplaces.registry import CAPABILITIES, far_sides, marketplaces, rates
from shared.marketplaces.worked import of_worked_marketplaces
from shared.messaging.applier import Applier, Subscription
from shared.messaging.kafka import kafka_of as kafka_of
from shared.runtime.serve import Ready

SERVICE = "orders"
POLL = "poll"
ACCEPTANCE = "acceptance"
ERASE = "erase"
# Longer than a page may take: a call of 20 s, its repetition with a new token, and storing it.
_LEASE_SECONDS = 90.0
# An answer taken by the marketplace is sent again where readings go on to show that the order waits.
_READINGS = 3


@dataclass(frozen=True)
class OrdersParts:
    """What pages and API work with. `answering`: the marketplaces whose orders may wait for the seller's answer."""

    uow: UnitOfWork[Store]
    views: Views
    dashboards: Dashboards
    keys: Keys
    clock: Clock
    answering: frozenset[str]


def engine_of(settings: Settings | MigrationSettings, process: str) -> AsyncEngine:
    return make_engine(settings.database_url.get_secret_value(), f"{SERVICE} {process}")


def keys_of(settings: Settings) -> KeyRing:
    """Raises KeysInvalid, with a sentence for the operator."""
    return KeyRing.parse(settings.key_encryption_keys.get_secret_value())


def orders_on(engine: AsyncEngine, keys: Keys, clock: Clock) -> OrdersParts:
    answering = frozenset(name for name, each in CAPABILITIES.items() if each.answers_orders)
    return OrdersParts(
        SqlUnitOfWork(engine, bind), SqlViews(engine, clock), SqlDashboards(engine, clock), keys, clock, answering
    )


def rewrapping_on(engine: AsyncEngine, keys: KeyRing) -> Callable[[], Awaitable[None]]:
    """Upkeep: data keys under the newest key-encryption key."""
    return partial(rewrap_keys, uow=SqlUnitOfWork(engine, bind), wrapping=Rewrapping(keys))


async def data_keys_on(engine: AsyncEngine) -> Mapping[str, int]:
    """How many data keys there are under each key-encryption key, by its id."""
    async with SqlUnitOfWork(engine, bind)() as store:
        return await store.data_keys.count()


def access_of(settings: Settings, outward: Outward) -> Access:
    """Sessions are asked at auth, tokens are checked with its keys and its list of revoked ones."""
    own = _own_tokens(settings, outward)
    keys = RemoteSigningKeys(settings.auth_url, outward)
    revoked = RemoteRevokedTokens(settings.auth_url, own, outward)
    verifier = TokenVerifier(settings.public_url, keys, SystemClock(), revoked)
    sessions = SessionResolver(settings.auth_url, own, outward)
    return Access(sessions, verifier, settings.public_url)


def claims_on(engine: AsyncEngine, clock: Clock) -> SqlClaims[Store]:
    """The leases of the poller, and of the worker that answers and erases: one per connection and kind."""
    kinds = {
        POLL: Kind(due=due_connections(), lease_seconds=_LEASE_SECONDS, rates=rates(POLL)),
        ACCEPTANCE: Kind(due=due_answers(), lease_seconds=60, margin_seconds=25, rates=rates(ACCEPTANCE)),
        ERASE: Kind(due=due_erasures(), lease_seconds=60),
    }
    return SqlClaims(engine, bind, kinds=kinds, clock=clock)


def overdue_on(engine: AsyncEngine) -> Callable[[], Awaitable[int]]:
    """How much personal data should be gone by now."""
    return partial(count_of, engine, overdue_erasures())


def retention_on(engine: AsyncEngine, keeps: Mapping[str, timedelta]) -> Mapping[str, Batch]:
    """What is deleted as it was kept for its time, a batch per call and transaction. `keeps` by marketplace."""
    usual = timedelta(days=USUAL_DAYS)
    works: Mapping[str, Callable[[Store], Awaitable[Mapping[str, int]]]] = {
        f"orders of {name}": partial(delete_old_orders, marketplace=name, keep=keep) for name, keep in keeps.items()
    } | {"leftovers": partial(delete_leftovers, keep=usual)}
    uow = SqlUnitOfWork(engine, bind)
    return {name: partial(run_in_transaction, uow, work) for name, work in works.items()}


def overdue_records_on(engine: AsyncEngine, keeps: Mapping[str, timedelta]) -> Callable[[], Awaitable[int]]:
    """How much should have been deleted by now."""
    return partial(count_of, engine, overdue_records(keeps))


async def erasures_on(engine: AsyncEngine) -> list[dict[str, str | int]]:
    """How many orders' personal data is kept, due and erased, by marketplace."""
    async with transaction(engine) as connection:
        return [dict(row) for row in (await connection.execute(erasures_by_marketplace())).mappings()]


def polling_of(settings: Settings, keys: Keys, outward: Outward, clock: Clock) -> Polling:
    known = marketplaces(outward, far_sides(settings.api_urls), clock=clock)
    return Polling(
        marketplaces={name: one.orders for name, one in known.items()},
        operations={
            name: tuple(each.name for each in one.operations if each.kind == POLL) for name, one in known.items()
        },
        tokens=RemoteAccessTokens(settings.auth_url, _own_tokens(settings, outward), outward),
        keys=keys,
        clock=clock,
        paces={name: _pace(settings, name) for name in known},
        keeps={name: settings.keep(name) for name in known},
        import_marketplace_fulfilled=settings.import_marketplace_fulfilled,
    )


def answering_of(settings: Settings, outward: Outward, clock: Clock) -> Answering:
    known = marketplaces(outward, far_sides(settings.api_urls), clock=clock)
    return Answering(
        marketplaces={name: one.acceptance for name, one in known.items() if one.acceptance is not None},
        seen_within={name: _READINGS * _pace(settings, name).interval for name in known},
        tokens=RemoteAccessTokens(settings.auth_url, _own_tokens(settings, outward), outward),
        clock=clock,
    )


def erasing_of(settings: Settings, outward: Outward, clock: Clock) -> Erasing:
    return Erasing(RemoteErasures(settings.auth_url, _own_tokens(settings, outward), outward), clock)


def subscriptions(clock: Clock) -> list[Subscription[Store]]:
    """What orders hears: auth says for whom we may work; inventory and labels, how each order goes on."""
    return [
        Subscription(AUTH_CONNECTION, of_worked_marketplaces(partial(apply_connections, clock=clock))),
        Subscription(INVENTORY_RESERVATION, partial(apply_reservations, clock=clock)),
        Subscription(LABELS_SHIPMENT, apply_shipments),
    ]


def applier_on(engine: AsyncEngine, clock: Clock) -> Applier[Store]:
    """Applies single events: for the replay of parked ones."""
    return Applier(SERVICE, subscriptions(clock), engine, bind)


def ready_on(engine: AsyncEngine) -> Ready:
    return migrated(engine, Path(__file__).parent / "migrations")


def _own_tokens(settings: Settings, outward: Outward) -> ServiceTokens:
    return ServiceTokens(settings.auth_url, settings.client_id, settings.client_secret, outward)


def _pace(settings: Settings, marketplace: str) -> Pace:
    told = settings.pace(marketplace)
    return Pace(
        interval=timedelta(seconds=told.interval_seconds),
        overlap=timedelta(seconds=told.overlap_seconds),
        first=timedelta(days=settings.first_window_days),
        sweep=timedelta(seconds=told.sweep_seconds),
    )
