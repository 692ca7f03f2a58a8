"""
Telling channels how many are left, one lease per connection: submissions under way go on, new ones are begun.

Every call is one step: intend (attempt + 1) -> advance -> settle, fenced by the attempt. A process that dies anywhere
leaves the submission's state behind; a quantity is absolute, so the next holder makes the same call again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.inventory.domain.connection import Connection
from services.inventory.domain.submission import Submission
from services.inventory.usecases.ports import Store
from services.inventory.usecases.settle_submission import Outcome, settle_submission
from services.inventory.usecases.submit import begin_submissions
from shared.kernel.clock import Clock
from shared.kernel.errors import FarSideError, Refused, Throttled
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessTokens, Intent, Lease, TooLate
from shared.kernel.tokens import with_token
from shared.kernel.turns import TURN_SECONDS
from shared.marketplaces.ports import FarAccount, StockPort

_MOMENT_SECONDS = 2.0
_BLOCKED_SECONDS = 1.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pushing:
    """
    `marketplaces`: those that are told. `delay`: a value that changed rests so long, so that a burst becomes one push;
    nothing left is told at once. `grace`: how long an order is awaited that explains a lower value than was told.
    """

    marketplaces: Mapping[str, StockPort]
    tokens: AccessTokens
    clock: Clock
    delay: timedelta
    grace: timedelta
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


async def push(lease: Lease[Store], *, pushing: Pushing) -> None:
    """
    One turn of the lease's connection: so many steps as its time allows.

    Raises what concerns the whole connection: ConsentLost, Retryable, RoleMissing, an unknown outcome.
    """
    until = pushing.clock.monotonic() + TURN_SECONDS
    worked = False
    while pushing.clock.monotonic() < until:
        step = await lease.intend(lambda store: next_step(store, ConnectionId(lease.subject), pushing=pushing))
        if step.value is None:
            break
        worked = True
        connection, submission = step.value
        intent = Intent(submission.state, step.send_before, step.send_before_monotonic)
        outcome = await _act(lease, connection, intent, pushing)
        await settle(lease, submission, outcome, pushing=pushing)
        await _rest(outcome, pushing)
    if not worked:
        lease.pause(_BLOCKED_SECONDS)  # what is due must wait until the submissions under way have ended


async def next_step(
    store: Store, connection_id: ConnectionId, *, pushing: Pushing
) -> tuple[Connection, Submission] | None:
    """
    The intent: what is due is put into submissions as far as the channel takes more, and the most urgent one's next
    call is counted. None: there is no call to make now.
    """
    now = pushing.clock.now()
    connection = (await store.connections.lock([connection_id])).get(connection_id)
    stock = pushing.marketplaces.get(connection.marketplace) if connection and connection.active else None
    if connection is None or stock is None:
        return None
    await begin_submissions(store, connection, stock, delay=pushing.delay, now=now)
    submission = await store.submissions.lock_next(connection_id, now)
    if submission is None:
        return None
    attempted = submission.attempted()
    await store.submissions.save(attempted)
    return connection, attempted


async def settle(lease: Lease[Store], submission: Submission, outcome: Outcome, *, pushing: Pushing) -> None:
    """Only for the newest attempt: a late outcome changes nothing."""
    now: datetime = pushing.clock.now()
    known = await lease.settle_write(
        lambda store: settle_submission(store, submission, outcome, grace=pushing.grace, now=now)
    )
    if not known:
        log.warning("push.late_outcome", connection_id=submission.connection_id, attempt=submission.attempt)


async def _act(
    lease: Lease[Store], connection: Connection, intent: Intent[dict[str, object]], pushing: Pushing
) -> Outcome:
    """No transaction is open here."""
    account = FarAccount(connection.region, connection.seller_id)
    stock = pushing.marketplaces[connection.marketplace]
    try:
        return await with_token(
            pushing.tokens, connection.id, lambda token: stock.advance(account, intent, token, lease.budgets)
        )
    except (FarSideError, TooLate) as error:
        return error


async def _rest(outcome: Outcome, pushing: Pushing) -> None:
    """A moment for the budget is waited for here; longer, or anything else but a refusal, rests the connection."""
    if isinstance(outcome, Throttled) and (outcome.retry_after_seconds or _BLOCKED_SECONDS) <= _MOMENT_SECONDS:
        await pushing.sleep(outcome.retry_after_seconds or _BLOCKED_SECONDS)
    elif isinstance(outcome, TooLate) or (isinstance(outcome, FarSideError) and not isinstance(outcome, Refused)):
        raise outcome
