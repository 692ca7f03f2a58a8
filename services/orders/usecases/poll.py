"""
Reading one page of a connection's orders: claim, act, settle.

One page per lease, so that a huge seller never starves a small one. Page, progress and events are one transaction,
which commits only while our copy of the connection is active and of the token's consent.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.orders.domain import windows
from services.orders.domain.connection import Connection
from services.orders.domain.windows import Pace, Progress, Purpose, Scope, Window
from services.orders.usecases.ports import Keys, Store
from services.orders.usecases.receive_orders import Received, receive_orders
from shared.kernel.budgets import Budgets
from shared.kernel.clock import Clock
from shared.kernel.errors import (
    ClientSecretInvalid,
    ConsentLost,
    FarSideError,
    Refused,
    RoleMissing,
    Throttled,
    Unavailable,
    Unreadable,
)
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken, AccessTokens, Lease
from shared.kernel.tokens import with_token
from shared.marketplaces.models import OrderPage, ShippedBy
from shared.marketplaces.ports import DataRefused, FarAccount, OrdersPort, PageTokenRefused

# A connection nothing can be read of: an event that mends it makes it due sooner.
_LOOK_AGAIN = timedelta(minutes=5)
_OUTDATED_SECONDS = 2.0  # our copy of the connection and auth's word of it meet within moments

# What the list page has a sentence for; a code that says more than this is for logs.
_WAITS: dict[type[FarSideError], str] = {
    Throttled: "throttled",
    Unavailable: "unavailable",
    ConsentLost: "consent_lost",
    ClientSecretInvalid: "client_secret_invalid",
    RoleMissing: "role_missing",
    Refused: "refused",
    Unreadable: "unreadable",
}
_MORE_EXACT = ("budget_empty", "window_too_new")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Polling:
    """
    What the poller is made of. `operations` (the calls it spends budget on), `paces` and `keeps` (how long personal
    data may stay) are by marketplace.
    """

    marketplaces: Mapping[str, OrdersPort]
    operations: Mapping[str, tuple[str, ...]]
    tokens: AccessTokens
    keys: Keys
    clock: Clock
    paces: Mapping[str, Pace]
    keeps: Mapping[str, timedelta]
    import_marketplace_fulfilled: bool


@dataclass(frozen=True, slots=True)
class _Turn:
    """One page to be read."""

    connection: Connection
    progress: Progress
    window: Window
    marketplace: OrdersPort
    data: tuple[str, ...]
    pace: Pace


class _OtherConsent(Exception):
    """The token is of a consent our copy of the connection has not heard of, or no longer has."""


async def poll(lease: Lease[Store], *, polling: Polling) -> None:
    """
    Read the page that is due for the lease's connection, and settle it.

    Raises what the far side raised (after noting it, so that pages can say what polling waits for), and LeaseLost.
    """
    turn = (await lease.intend(lambda store: _begin(store, lease, polling))).value
    if turn is None:
        return
    try:
        page, token = await _read(turn, lease.budgets, polling)
    except (DataRefused, PageTokenRefused) as error:
        await _start_again(turn, error, lease, polling)
    except _OtherConsent:
        _rest(turn, lease)
    except FarSideError as error:
        await _note(error, turn, lease, polling)
        raise
    else:
        await _settle(page, token, turn, lease, polling)


async def _begin(store: Store, lease: Lease[Store], polling: Polling) -> _Turn | None:
    """The window to go on with, opened and saved where there was none; None: nothing is due, or nothing can be read."""
    now = polling.clock.now()
    connection_id = ConnectionId(lease.subject)
    progress = await store.polls.get(connection_id)
    # Read under the lock on its progress: what is news of it from now on makes it due after us.
    connection = await store.connections.get(connection_id)
    if progress is None or connection is None or not connection.active:
        return None
    marketplace = polling.marketplaces.get(connection.marketplace)
    if marketplace is None or not connection.channels:
        code = "no_channels" if marketplace else "marketplace_unknown"
        await store.polls.save(connection.id, progress, now + _LOOK_AGAIN)
        await store.polls.waits(connection.id, code, now)
        return None
    spare_at = _spare_at(lease.budgets, polling.operations[connection.marketplace], now)
    purpose = windows.next_purpose(progress, now, spare=spare_at <= now)
    if purpose is None:
        await store.polls.save(connection.id, progress, windows.due_at(progress, spare_at=spare_at))
        return None
    scope = _scope(connection, marketplace, polling)
    before = marketplace.latest_before(now)
    pace = polling.paces[connection.marketplace]
    progress = windows.opened(progress, purpose, scope, pace, now=now, before=before)
    await store.polls.save(connection.id, progress, now)
    return _turn(connection, progress, purpose, marketplace, pace)


def _turn(connection: Connection, progress: Progress, purpose: Purpose, marketplace: OrdersPort, pace: Pace) -> _Turn:
    window = progress.window(purpose)
    assert window is not None, "opened just before"  # noqa: S101 - tells mypy what `opened` promises
    data = marketplace.data_sets[min(progress.data_set, len(marketplace.data_sets) - 1)]
    return _Turn(connection, progress, window, marketplace, data, pace)


def _scope(connection: Connection, marketplace: OrdersPort, polling: Polling) -> Scope:
    channels = tuple(sorted(channel.id for channel in connection.channels))
    fulfilled_by = () if polling.import_marketplace_fulfilled else (ShippedBy.SELLER.value,)
    return Scope(channels, marketplace.open_statuses, fulfilled_by)


async def _read(turn: _Turn, budgets: Budgets, polling: Polling) -> tuple[OrderPage, AccessToken]:
    account = FarAccount(turn.connection.region, turn.connection.seller_id)
    query = turn.window.query(turn.data)

    async def call(token: AccessToken) -> tuple[OrderPage, AccessToken]:
        if token.consent_version != turn.connection.consent_version:
            raise _OtherConsent  # its page would be discarded: no call is spent on it
        return await turn.marketplace.read_page(account, query, token, budgets), token

    return await with_token(polling.tokens, turn.connection.id, call)


async def _settle(page: OrderPage, token: AccessToken, turn: _Turn, lease: Lease[Store], polling: Polling) -> None:
    async def store_page(store: Store) -> Received | None:
        connection = await store.connections.lock(turn.connection.id)
        if connection is None or not connection.active or connection.consent_version != token.consent_version:
            return None
        received = await receive_orders(
            page,
            connection=connection,
            store=store,
            keys=polling.keys,
            clock=polling.clock,
            keep=polling.keeps[connection.marketplace],
        )
        await _save_progress(page, turn, store, lease.budgets, polling)
        return received

    received = await lease.settle(store_page)
    if received is None:
        _rest(turn, lease)
    else:
        _tell(turn, received)


def _rest(turn: _Turn, lease: Lease[Store]) -> None:
    lease.pause(_OUTDATED_SECONDS)
    log.info("poll.discarded", connection_id=turn.connection.id, reason="connection not active, or another consent")


async def _save_progress(page: OrderPage, turn: _Turn, store: Store, budgets: Budgets, polling: Polling) -> None:
    now, current = polling.clock.now(), await _current(turn, store)
    if current.window(turn.window.purpose) != turn.window:
        # Dropped meanwhile, as when a channel came: what reads it anew is due, and this page's orders are kept.
        await _save(turn, current, None, store, budgets, polling)
        return
    progress = windows.page_read(current, turn.window, page.next_token, page.covered_until, turn.pace, now)
    circles = page.next_token is not None and progress.window(turn.window.purpose) is None
    await _save(turn, progress, "page_token_refused" if circles else None, store, budgets, polling)


async def _start_again(
    turn: _Turn, error: DataRefused | PageTokenRefused, lease: Lease[Store], polling: Polling
) -> None:
    """The window starts over, its cursor unmoved: with less data, or with a new page token."""

    async def start_again(store: Store) -> None:
        now, current = polling.clock.now(), await _current(turn, store)
        if isinstance(error, DataRefused):
            progress, code = windows.data_refused(current, turn.window, now), None
        else:
            progress, code = windows.restarted(current, turn.window, turn.pace, now), "page_token_refused"
        await _save(turn, progress, code, store, lease.budgets, polling)

    await lease.settle(start_again)
    log.warning("poll.window_restarted", connection_id=turn.connection.id, reason=type(error).__name__)


async def _note(error: FarSideError, turn: _Turn, lease: Lease[Store], polling: Polling) -> None:
    """Why reading waits, for the list page."""

    async def note(store: Store) -> None:
        now = polling.clock.now()
        if isinstance(error, RoleMissing | Refused):
            progress = windows.all_refused(await _current(turn, store), now)
            await store.polls.save(turn.connection.id, progress, now)
        await store.polls.waits(turn.connection.id, _why(error), now)

    await lease.settle(note)


def _why(error: FarSideError) -> str:
    if error.code in _MORE_EXACT:
        return error.code
    return next((code for kind, code in _WAITS.items() if isinstance(error, kind)), "unavailable")


async def _current(turn: _Turn, store: Store) -> Progress:
    """As stored: news of the connection may have made it due meanwhile, or dropped a window."""
    return await store.polls.get(turn.connection.id) or turn.progress


async def _save(
    turn: _Turn, progress: Progress, code: str | None, store: Store, budgets: Budgets, polling: Polling
) -> None:
    now = polling.clock.now()
    spare_at = _spare_at(budgets, polling.operations[turn.connection.marketplace], now)
    await store.polls.save(turn.connection.id, progress, windows.due_at(progress, spare_at=spare_at))
    await store.polls.waits(turn.connection.id, code, now)


def _spare_at(budgets: Budgets, operations: tuple[str, ...], now: datetime) -> datetime:
    """From then on half of every bucket is there, one call at least: more than what the changes need."""
    return now + timedelta(seconds=max((_until_half(budgets, name, now) for name in operations), default=0.0))


def _until_half(budgets: Budgets, operation: str, now: datetime) -> float:
    wait = budgets.wait_seconds(operation, now)  # refills
    bucket = budgets.buckets[operation]
    return max(wait, (bucket.rate.burst / 2 - bucket.tokens) / bucket.rate.per_second)


def _tell(turn: _Turn, received: Received) -> None:
    log.log(
        logging.WARNING if received.unreadable else logging.INFO,
        "poll.page_stored",
        connection_id=turn.connection.id,
        organisation_id=turn.connection.organisation_id,
        kind=turn.window.purpose.value,
        window_after=turn.window.after,
        window_before=turn.window.before,
        received=received.new,
        changed=received.changed,
        unchanged=received.unchanged,
        unreadable=received.unreadable,
    )
