"""The composition root: the one place where ports meet what fills them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from services.labels.adapters.erasures import overdue_erasures
from services.labels.adapters.kinds import ERASE, LABEL, WRITE_BACK, kinds
from services.labels.adapters.queries import SqlViews
from services.labels.adapters.recipients import RemoteRecipients
from services.labels.adapters.retention import overdue_records
from services.labels.adapters.store import bind
from services.labels.carriers.builtin.carrier import BuiltinCarrier
from services.labels.settings import MigrationSettings, Settings
from services.labels.usecases.create_labels import Labelling
from services.labels.usecases.delete_old import delete_leftovers, delete_old_orders
from services.labels.usecases.erase import Erasing
from services.labels.usecases.forget_closed import forget_closed, receive_closed
from services.labels.usecases.planner import Planner
from services.labels.usecases.ports import Carrier, Recipients, Store
from services.labels.usecases.receive import receive_connections, receive_orders, receive_reservations
from services.labels.usecases.telling import Telling
from services.labels.usecases.views import Views
from shared.access.access import Access
from shared.access.access_tokens import RemoteAccessTokens
from shared.access.erasures import RemoteErasures
from shared.access.internal import InternalApi, ServiceTokens
from shared.access.revoked import RemoteRevokedTokens
from shared.access.sessions import SessionResolver
from shared.access.tokens import RemoteSigningKeys, TokenVerifier
from shared.db.claims import SqlClaims
from shared.db.engine import make_engine
from shared.db.overdue import count_of
from shared.db.readiness import migrated
from shared.db.retention import Batch
from shared.db.unit_of_work import SqlUnitOfWork, run_in_transaction
from shared.events.topics import AUTH_CONNECTION, AUTH_ORGANISATION, INVENTORY_RESERVATION, ORDERS_ORDER
from shared.http.outward import Outward
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from shared.kernel.ports import UnitOfWork
from shared.kernel.retention import USUAL_DAYS
from shared.marketplaces.registry import CAPABILITIES, far_sides, marketplaces, rates
from shared.marketplaces.worked import of_worked_marketplaces
from shared.messaging.applier import Applier, Subscription
from shared.messaging.kafka import kafka_of as kafka_of
from shared.runtime.serve import Ready

__all__ = ["ERASE", "LABEL", "SERVICE", "WRITE_BACK", "bind"]

SERVICE = "labels"
_USUAL = timedelta(days=USUAL_DAYS)


@dataclass(frozen=True)
class Labels:
    """What pages and API work with."""

    uow: UnitOfWork[Store]
    views: Views
    planner: Planner
    carrier: Carrier
    recipients: Recipients


def engine_of(settings: Settings | MigrationSettings, process: str) -> AsyncEngine:
    return make_engine(settings.database_url.get_secret_value(), f"{SERVICE} {process}")


def labels_on(engine: AsyncEngine, settings: Settings, outward: Outward, clock: Clock) -> Labels:
    carrier = BuiltinCarrier(clock)
    return Labels(
        uow=SqlUnitOfWork(engine, bind),
        views=SqlViews(engine),
        planner=planner_of(clock),
        carrier=carrier,
        recipients=_recipients(settings, outward),
    )


def planner_of(clock: Clock) -> Planner:
    return Planner(CAPABILITIES, BuiltinCarrier(clock).abilities, clock, new_id)


def labelling_of(settings: Settings, outward: Outward, clock: Clock) -> Labelling:
    return Labelling(planner_of(clock), BuiltinCarrier(clock), _recipients(settings, outward))


def telling_of(settings: Settings, outward: Outward, clock: Clock) -> Telling:
    tokens = RemoteAccessTokens(settings.auth_url, _service_tokens(settings, outward), outward)
    built = marketplaces(outward, far_sides(settings.api_urls), clock=clock)
    trackings = {name: one.tracking for name, one in built.items()}
    return Telling(planner_of(clock), tokens, trackings, settings.timing)


def erasing_of(settings: Settings, outward: Outward, clock: Clock) -> Erasing:
    erasures = RemoteErasures(settings.auth_url, _service_tokens(settings, outward), outward)
    return Erasing(erasures, planner_of(clock))


def claims_of(engine: AsyncEngine, clock: Clock) -> SqlClaims[Store]:
    return SqlClaims(engine, bind, kinds=kinds(rates(WRITE_BACK)), clock=clock)


def overdue_on(engine: AsyncEngine) -> Callable[[], Awaitable[int]]:
    """How many orders labels should have forgotten the buyer of by now."""
    return partial(count_of, engine, overdue_erasures())


def retention_on(engine: AsyncEngine, keeps: Mapping[str, timedelta]) -> Mapping[str, Batch]:
    """What is deleted as it was kept for its time, a batch per call and transaction. `keeps` by marketplace."""
    works: Mapping[str, Callable[[Store], Awaitable[Mapping[str, int]]]] = {
        f"orders of {name or 'no marketplace'}": partial(delete_old_orders, marketplace=name, keep=keep)
        for name, keep in _with_unknown(keeps).items()
    } | {"leftovers": partial(delete_leftovers, keep=_USUAL), "closed organisations": forget_closed}
    uow = SqlUnitOfWork(engine, bind)
    return {name: partial(run_in_transaction, uow, work) for name, work in works.items()}


def overdue_records_on(engine: AsyncEngine, keeps: Mapping[str, timedelta]) -> Callable[[], Awaitable[int]]:
    """How much should have been deleted by now."""
    return partial(count_of, engine, overdue_records(_with_unknown(keeps)))


def access_of(settings: Settings, outward: Outward, clock: Clock) -> Access:
    """Sessions are asked at auth, tokens are checked with its keys and its list of revoked ones."""
    own = _service_tokens(settings, outward)
    sessions = SessionResolver(settings.auth_url, own, outward)
    keys = RemoteSigningKeys(settings.auth_url, outward)
    revoked = RemoteRevokedTokens(settings.auth_url, own, outward)
    verifier = TokenVerifier(settings.public_url, keys, clock, revoked)
    return Access(sessions, verifier, settings.public_url)


def subscriptions(clock: Clock) -> list[Subscription[Store]]:
    """What labels hears: which connections live, which organisations are closed, what was sold, what is reserved."""
    planner = planner_of(clock)
    return [
        Subscription(AUTH_CONNECTION, of_worked_marketplaces(receive_connections)),
        Subscription(AUTH_ORGANISATION, receive_closed),
        Subscription(ORDERS_ORDER, partial(receive_orders, planner=planner)),
        Subscription(INVENTORY_RESERVATION, partial(receive_reservations, planner=planner)),
    ]


def applier_on(engine: AsyncEngine, clock: Clock) -> Applier[Store]:
    """Applies single events: for the replay of parked ones."""
    return Applier(SERVICE, subscriptions(clock), engine, bind)


def ready_on(engine: AsyncEngine) -> Ready:
    return migrated(engine, Path(__file__).parent / "migrations")


def _service_tokens(settings: Settings, outward: Outward) -> ServiceTokens:
    return ServiceTokens(settings.auth_url, settings.client_id, settings.client_secret, outward)


def _recipients(settings: Settings, outward: Outward) -> Recipients:
    return RemoteRecipients(InternalApi(settings.orders_url, _service_tokens(settings, outward), outward))


def _with_unknown(keeps: Mapping[str, timedelta]) -> Mapping[str | None, timedelta]:
    """None: orders whose marketplace was never told."""
    return dict([*keeps.items(), (None, _USUAL)])
