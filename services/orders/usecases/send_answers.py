"""
Telling the marketplaces what sellers answered: lease -> per order: intend (under the order's lock) -> send -> settle.

A process that dies anywhere leaves the intent behind: the answer is keyed, the next holder sends the same.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.orders.domain import acceptance
from services.orders.domain.acceptance import Acceptance
from services.orders.domain.connection import Connection
from services.orders.usecases.answer_order import save_answers
from services.orders.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.errors import (
    AlreadyDone,
    Conflict,
    ConsentLost,
    DatabaseUnavailable,
    FarSideError,
    OutcomeUnknown,
    Refused,
    RoleMissing,
    Throttled,
    Unreadable,
)
from shared.kernel.ids import ConnectionId, OrderId
from shared.kernel.outcomes import code_of, level_of
from shared.kernel.ports import AccessTokens, Intent, Lease, LeaseLost, TooLate
from shared.kernel.tokens import with_token
from shared.kernel.turns import within_a_turn
from shared.marketplaces.ports import AcceptancePort, FarAccount

BATCH = 50
_MOMENT_SECONDS = 2.0
_REST_SECONDS = 300.0
_ROLE_PAUSE = timedelta(minutes=15)
_FORESEEN = (FarSideError, LeaseLost, TooLate, DatabaseUnavailable, Conflict)

Outcome = FarSideError | TooLate | None

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answering:
    """
    What sending answers is made of. By marketplace: who takes them, and how long a reading that shows the order
    answered may take before the answer is sent once more.
    """

    marketplaces: Mapping[str, AcceptancePort]
    seen_within: Mapping[str, timedelta]
    tokens: AccessTokens
    clock: Clock
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class _Place:
    connection_id: ConnectionId
    account: FarAccount
    marketplace: AcceptancePort
    seen_within: timedelta


@dataclass(frozen=True, slots=True)
class _Frozen:
    """What the intent committed."""

    attempt: int
    marketplace_order_id: str
    accept: bool


async def send_answers(lease: Lease[Store], *, answering: Answering) -> None:
    """
    Sends what is due of the lease's connection, longest due first, for one turn.

    Raises what concerns the whole connection: ConsentLost, Retryable, an unknown outcome, ClientSecretInvalid.
    """
    connection, due = await lease.read(lambda store: _due(store, ConnectionId(lease.subject)))
    marketplace = answering.marketplaces.get(connection.marketplace) if connection else None
    if connection is None or marketplace is None:
        lease.pause(_REST_SECONDS)
        return
    account = FarAccount(connection.region, connection.seller_id)
    place = _Place(connection.id, account, marketplace, answering.seen_within[connection.marketplace])
    for order_id in within_a_turn(due, answering.clock):
        await _rest_on_bug(lease, order_id, _send_patiently(lease, order_id, place, answering))


async def _due(store: Store, connection_id: ConnectionId) -> tuple[Connection | None, Sequence[OrderId]]:
    return await store.connections.get(connection_id), await store.acceptances.due(connection_id, BATCH)


async def _rest_on_bug(lease: Lease[Store], order_id: OrderId, work: Awaitable[None]) -> None:
    """An answer that meets a bug of ours is logged and rests, so that those behind it flow on."""
    try:
        await work
    except _FORESEEN:
        raise
    except Exception:
        log.exception("row.bug", kind=lease.kind, order_id=str(order_id))
        await lease.settle_write(lambda store: store.acceptances.postpone(order_id, _REST_SECONDS))


async def _send_patiently(lease: Lease[Store], order_id: OrderId, place: _Place, answering: Answering) -> None:
    """What must wait a moment for its budget waits here; longer, and the whole connection rests."""
    try:
        await _send(lease, order_id, place, answering)
    except Throttled as error:
        wait = error.retry_after_seconds
        if wait is None or wait > _MOMENT_SECONDS:
            raise
        await answering.sleep(wait)


async def _send(lease: Lease[Store], order_id: OrderId, place: _Place, answering: Answering) -> None:
    intent = await lease.intend(lambda store: _intend(store, order_id, answering.clock))
    frozen = intent.value
    if frozen is None:
        return
    body = Intent(frozen.accept, intent.send_before, intent.send_before_monotonic)
    outcome = await _act(lease, frozen.marketplace_order_id, body, place, answering.tokens)
    await lease.settle_write(lambda store: _settle(store, order_id, frozen.attempt, outcome, place, answering.clock))
    if isinstance(outcome, FarSideError) and not isinstance(outcome, Refused | RoleMissing):
        raise outcome


async def _intend(store: Store, order_id: OrderId, clock: Clock) -> _Frozen | None:
    """Under the order's lock: whether it still waits is looked at once more."""
    order = await store.orders.lock_one(order_id)
    answer = (await store.acceptances.of([order_id])).get(order_id)
    if order is None or answer is None or not answer.to_be_sent:
        return None
    if not order.waits_for_answer:
        after = acceptance.no_longer_waits(answer)
    elif acceptance.never_seen(answer):
        after = acceptance.left_to_person(answer)
    else:
        begun = acceptance.begun(answer, clock.now())
        await store.acceptances.save([begun])
        return _Frozen(begun.attempt, order.marketplace_order_id, begun.accept)
    await save_answers(store, [(answer, after)], clock)
    return None


async def _act(lease: Lease[Store], order_id: str, body: Intent[bool], place: _Place, tokens: AccessTokens) -> Outcome:
    """No transaction is open here. None = taken."""
    try:
        await with_token(
            tokens,
            place.connection_id,
            lambda token: place.marketplace.answer(place.account, order_id, body, token, lease.budgets),
        )
    except (FarSideError, TooLate) as error:
        return error
    return None


async def _settle(store: Store, order_id: OrderId, attempt: int, outcome: Outcome, place: _Place, clock: Clock) -> None:
    """Only for the newest attempt, and only while nothing is known of it: a late outcome changes nothing."""
    await store.orders.lock_one(order_id)
    before = (await store.acceptances.of([order_id]))[order_id]
    if not acceptance.awaits(before, attempt):
        log.warning("acceptance.late_outcome", order_id=str(order_id), attempt=attempt)
        return
    after = _after(before, outcome, place.seen_within, clock.now())
    await save_answers(store, [(before, after)], clock)
    log.log(
        level_of(outcome),
        "acceptance.settled",
        connection_id=place.connection_id,
        order_id=order_id,
        attempt=attempt,
        state=after.state.value,
        outcome=code_of(outcome),
    )


def _after(answer: Acceptance, outcome: Outcome, seen_within: timedelta, now: datetime) -> Acceptance:
    match outcome:
        case None:
            return acceptance.taken(answer, now, seen_within)
        case AlreadyDone():
            return acceptance.already_done(answer, now, seen_within)
        case Refused():
            return acceptance.refused(answer, outcome.detail)
        case OutcomeUnknown() | Unreadable():
            return acceptance.outcome_unknown(answer, now)
        case RoleMissing():
            return acceptance.not_sent(answer, now + _ROLE_PAUSE, "role_missing")
        case Throttled() | TooLate():
            return acceptance.not_sent(answer, now, None)
        case ConsentLost():
            return acceptance.not_sent(answer, now, "consent_lost")
        case _:
            return acceptance.not_sent(answer, now, "marketplace_away")
