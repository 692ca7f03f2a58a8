"""
Reading one page of a connection's listings: claim, act, settle.

One page per lease. Page, progress and what is told for the listings are one transaction, which commits only while our
copy of the connection is active and of the token's consent.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from services.inventory.domain.connection import Connection
from services.inventory.domain.discovery import Pass
from services.inventory.usecases.aim import aim_listings
from services.inventory.usecases.ports import Store
from services.inventory.usecases.see_listings import see_listings
from shared.kernel.budgets import Budgets
from shared.kernel.clock import Clock
from shared.kernel.errors import FarSideError, Refused
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken, AccessTokens, Lease
from shared.kernel.tokens import with_token
from shared.marketplaces.listings import ListingPage
from shared.marketplaces.ports import FarAccount, ListingsPort, PageTokenRefused

_OUTDATED_SECONDS = 2.0  # our copy of the connection and auth's word of it meet within moments

# What pages have a sentence for; a code that says more than this is for logs.
WAITS = frozenset(
    {
        "budget_empty", "throttled", "unavailable", "consent_lost", "client_secret_invalid", "role_missing", "refused",
        "unreadable",
    }
)  # fmt: skip

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Discovering:
    """`marketplaces`: those whose listings can be read. `shared`: those whose channels show one quantity."""

    marketplaces: Mapping[str, ListingsPort]
    shared: frozenset[str]
    tokens: AccessTokens
    clock: Clock
    interval: timedelta
    grace: timedelta


@dataclass(frozen=True, slots=True)
class _Turn:
    """One page to be read, `weights` too."""

    connection: Connection
    current: Pass
    begun_at: datetime
    weights: bool


class _OtherConsent(Exception):
    """The token is of a consent our copy of the connection has not heard of, or no longer has."""


async def discover(lease: Lease[Store], *, discovering: Discovering) -> None:
    """
    Read the page of listings that is due for the lease's connection, and settle it.

    Raises what the far side raised (after noting it, so that pages can say what it waits for), and LeaseLost.
    """
    turn = (await lease.intend(lambda store: _begin(store, lease, discovering))).value
    if turn is None:
        return
    try:
        page, token = await _read(turn, lease.budgets, discovering)
    except PageTokenRefused:
        await lease.settle(lambda store: _go_on(turn, turn.current.restarted(), store, discovering))
    except _OtherConsent:
        lease.pause(_OUTDATED_SECONDS)
    except Refused:
        await lease.settle(lambda store: _go_on(turn, turn.current.channel_refused(), store, discovering))
    except FarSideError as error:
        await _note(error, turn, lease, discovering)
        raise
    else:
        if not await lease.settle(lambda store: _settle(page, token, turn, store, discovering)):
            lease.pause(_OUTDATED_SECONDS)


async def _begin(store: Store, lease: Lease[Store], discovering: Discovering) -> _Turn | None:
    """The pass to go on with, opened and saved where there was none; None: nothing can be read."""
    now = discovering.clock.now()
    connection_id = ConnectionId(lease.subject)
    discovery = await store.discoveries.lock(connection_id)
    # Read under the lock on its discovery: what is news of it from now on makes it due after us.
    connection = await store.connections.get(connection_id)
    if discovery is None or connection is None or not connection.active:
        return None
    if connection.marketplace not in discovering.marketplaces or not connection.channels:
        await store.discoveries.save(connection.id, replace(discovery, due_at=now + discovering.interval))
        return None
    current = discovery.current or Pass(started_at=now, channels=connection.channels)
    await store.discoveries.save(connection.id, replace(discovery, current=current))
    return _Turn(connection, current, now, discovery.weights)


async def _read(turn: _Turn, budgets: Budgets, discovering: Discovering) -> tuple[ListingPage, AccessToken]:
    connection, current = turn.connection, turn.current
    account = FarAccount(connection.region, connection.seller_id)
    port = discovering.marketplaces[connection.marketplace]

    async def call(token: AccessToken) -> tuple[ListingPage, AccessToken]:
        if token.consent_version != connection.consent_version:
            raise _OtherConsent  # its page would be discarded: no call is spent on it
        place = (current.channel_id, current.page_token)
        page = await port.read_page(account, *place, token, budgets, weights=turn.weights)
        return page, token

    return await with_token(discovering.tokens, connection.id, call)


async def _settle(page: ListingPage, token: AccessToken, turn: _Turn, store: Store, discovering: Discovering) -> bool:
    """False: discarded, as the connection is no longer the one that was read."""
    connection = (await store.connections.lock([turn.connection.id])).get(turn.connection.id)
    if connection is None or not connection.active or connection.consent_version != token.consent_version:
        return False
    if turn.current.channel_id in connection.channels:
        shared = connection.marketplace in discovering.shared
        now = discovering.clock.now()
        await store.listings.lock([connection.organisation_id])
        await see_listings(
            page.listings,
            connection,
            turn.current.channel_id,
            store=store,
            shared=shared,
            weights=turn.weights and await _goes_on(turn, store),
            asked_at=turn.begun_at,
            grace=discovering.grace,
            now=now,
        )
    await _go_on(turn, turn.current.page_read(page.next_token, len(page.unreadable)), store, discovering)
    log.log(
        logging.WARNING if page.unreadable else logging.INFO,
        "listings.page_stored",
        connection_id=turn.connection.id,
        organisation_id=turn.connection.organisation_id,
        channel_id=turn.current.channel_id,
        count=len(page.listings),
        unreadable=len(page.unreadable),
    )
    return True


async def _goes_on(turn: _Turn, store: Store) -> bool:
    """False: the pass was begun anew meanwhile, perhaps as weights are no longer wanted."""
    known = await store.discoveries.lock(turn.connection.id)
    return known is not None and known.current == turn.current


async def _go_on(turn: _Turn, current: Pass, store: Store, discovering: Discovering) -> None:
    """Saves how far the pass has come; with its last page, what it has not seen is gone."""
    now = discovering.clock.now()
    known = await store.discoveries.lock(turn.connection.id)
    if known is None or known.current != turn.current:
        return  # the connection changed meanwhile: the pass starts over
    if not current.ended:
        await store.discoveries.save(turn.connection.id, known.going_on(current, now))
        return
    await store.listings.lock([turn.connection.organisation_id])
    unseen = await store.listings.unseen(turn.connection.id, current.started_at, current.skipped)
    await aim_listings([replace(one, gone_at=now) for one in unseen], store, now)
    await store.discoveries.save(turn.connection.id, known.passed(current, now + discovering.interval, now))
    log.info("listings.pass_ended", connection_id=turn.connection.id, count=len(unseen), unreadable=current.unreadable)


async def _note(error: FarSideError, turn: _Turn, lease: Lease[Store], discovering: Discovering) -> None:
    """Why reading waits, for the pages."""
    code = error.code if error.code in WAITS else _kind(error)

    async def note(store: Store) -> None:
        known = await store.discoveries.lock(turn.connection.id)
        if known is not None:
            await store.discoveries.save(turn.connection.id, known.waiting(code, discovering.clock.now()))

    await lease.settle(note)


def _kind(error: FarSideError) -> str:
    """The code of the kind of error it is."""
    codes = (kind().code for kind in type(error).__mro__ if issubclass(kind, FarSideError))
    return next((code for code in codes if code in WAITS), "unavailable")
