"""
c: orders read. Pages of 100 of one seller of Amazon's, each stored with lines, timeline, events and progress in one
transaction, buyers' data sealed: our poll, as the poller runs it.

The rival lists the same orders with `python-amazon-sp-api` and upserts them by SQLAlchemy, one order and commit at a
time; it seals nothing and tells nobody. Quoted is what a page costs once its body is at hand: the sandbox answers more
slowly than we store, so that the way through it, measured too, says more of the sandbox than of either.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.orders.adapters import tables
from services.orders.adapters.repositories import due_connections
from services.orders.adapters.store import bind
from services.orders.usecases.apply_connections import apply_connections
from services.orders.usecases.poll import Polling, poll
from services.orders.usecases.ports import Store
from shared.db.claims import Kind, SqlClaims
from shared.db.engine import make_engine
from shared.db.unit_of_work import transaction
from shared.events.auth import ConnectionAuthorisedV1
from shared.http.messages import Answer, Request
from shared.http.outward import Outward
from shared.kernel.budgets import Rate
from shared.kernel.clock import SystemClock
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken
from shared.marketplaces.calls import Sends
from shared.marketplaces.ports import FarSide
from shared.marketplaces.registry import marketplaces
from tests.bench.figures import ROUNDS, Figure, medians
from tests.bench.place import Place
from tests.bench.rival_orders import RivalOrders
from tests.contract.sandbox.strangers import Account, open_account
from tests.integration.orders.service import KEYS, connection_event
from tests.sandbox_client import start_sandbox
from tests.unit.orders.builders import CONNECTION_ID, PACE, connection

_PAGE = 100
_FEW = 3  # pages of what is slow: the rival, and whatever asks the sandbox
_PLENTY = {"amazon.searchOrders": Rate(1000.0, 10_000)}
_CLOCK = SystemClock()


async def measure(place: Place) -> list[Figure]:
    pages = 50 if place.long else 10
    async with start_sandbox(quota_scale=1_000_000, list_lag_seconds=0) as sandbox:
        account = await open_account(sandbox, "A1BENCH", channels=["FR"])
        for _ in range(pages):
            await sandbox.orders(account.seller_id, _PAGE, status="UNSHIPPED")
        with place.migrated("orders") as url:
            engine = make_engine(url, "bench")
            try:
                return await _figures(engine, account, pages)
            finally:
                await engine.dispose()


async def _figures(engine: AsyncEngine, account: Account, pages: int) -> list[Figure]:
    outward = Outward(_CLOCK)
    tokens = _Tokens(await account.access_token())
    rival = RivalOrders(engine, account)
    await rival.prepare()
    recorded = _Recorded(outward)

    async def ours(sends: Sends, pages: int) -> float:
        await _unread(engine)
        return pages * _PAGE / await _polled(engine, _polling(sends, account, tokens), pages)

    try:
        await ours(recorded, pages)
        stored, their_stored, read, their_read = await medians(
            ROUNDS,
            lambda: ours(_Replayed(recorded.bodies), pages),
            lambda: _theirs(rival, lambda: rival.store(recorded.bodies[:_FEW])),
            lambda: ours(outward, _FEW),
            lambda: _theirs(rival, lambda: rival.read(_FEW)),
        )
    finally:
        await rival.close()
        await outward.close()
    return [
        Figure(
            "c",
            "orders a second, page at hand to stored with event",
            f"{stored:,.0f}/s, {stored / their_stored:.1f} times the rival",
            f"each order of its page upserted and committed with SQLAlchemy, no event, nothing sealed: "
            f"{their_stored:,.0f}/s; read by python-amazon-sp-api, by our client: {read / their_read:.1f} times",
            ">= 5 times",
            stored >= 5 * their_stored,
        ),
    ]


async def _theirs(rival: RivalOrders, storing: Callable[[], Awaitable[None]]) -> float:
    """Orders a second."""
    await rival.empty()
    started = time.perf_counter()
    await storing()
    seconds = time.perf_counter() - started
    assert await rival.stored() == _FEW * _PAGE
    return _FEW * _PAGE / seconds


@dataclass
class _Tokens:
    """auth, with a token at hand."""

    value: str

    async def get(self, connection_id: ConnectionId, *, rejected: int | None = None) -> AccessToken:
        return AccessToken(self.value, 1, 1, _CLOCK.now() + timedelta(hours=1))

    async def report_consent_lost(self, connection_id: ConnectionId, consent_version: int) -> None:
        raise AssertionError("the sandbox refused a token")


@dataclass
class _Recorded:
    """Calls out, and keeps the bodies."""

    outward: Outward
    bodies: list[bytes] = field(default_factory=list)

    async def call(self, request: Request) -> Answer:
        answer = await self.outward.call(request)
        self.bodies.append(answer.body)
        return answer


class _Replayed:
    """Answers with the kept bodies, in their order."""

    def __init__(self, bodies: Sequence[bytes]) -> None:
        self._bodies = iter(bodies)

    async def call(self, request: Request) -> Answer:
        return Answer(200, {}, next(self._bodies))


def _polling(sends: Sends, account: Account, tokens: _Tokens) -> Polling:
    known = marketplaces(sends, {"amazon": FarSide({"eu": f"{account.base_url}/amazon/eu"})}, clock=_CLOCK)
    return Polling(
        marketplaces={name: one.orders for name, one in known.items()},
        operations={"amazon": tuple(_PLENTY)},
        tokens=tokens,
        keys=KEYS,
        clock=_CLOCK,
        paces={"amazon": PACE},
        keeps={"amazon": timedelta(days=30)},
        import_marketplace_fulfilled=True,
    )


async def _unread(engine: AsyncEngine) -> None:
    """A connection nothing was read of yet, and no orders."""
    names = ", ".join(f'"{table.name}"' for table in tables.metadata.sorted_tables)
    async with transaction(engine) as opened:
        await opened.execute(text(f"truncate {names}"))
        await apply_connections(bind(opened), [connection_event(connection(), ConnectionAuthorisedV1)], clock=_CLOCK)


async def _polled(engine: AsyncEngine, polling: Polling, pages: int) -> float:
    """Seconds for all pages, each under a lease of its own."""
    kinds = {"poll": Kind(due=due_connections(), lease_seconds=90, rates=_PLENTY)}
    claims: SqlClaims[Store] = SqlClaims(engine, bind, kinds=kinds, clock=_CLOCK)
    started = time.perf_counter()
    for _ in range(pages):
        async with claims.lease_of("poll", CONNECTION_ID) as lease:
            assert lease is not None
            await poll(lease, polling=polling)
    seconds = time.perf_counter() - started
    async with transaction(engine) as opened:
        for table in (tables.order, tables.outbox):
            assert (await opened.execute(select(func.count()).select_from(table))).scalar_one() == pages * _PAGE
    return seconds
