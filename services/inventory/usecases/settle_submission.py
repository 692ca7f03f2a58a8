"""What became of a submission's call: its next state is kept, and what is known by now of its lines."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import structlog

from services.inventory.domain.sku import Sku
from services.inventory.domain.submission import Line, Submission
from services.inventory.domain.target import Target
from services.inventory.usecases.drifts import publish_drifts
from services.inventory.usecases.ports import Store
from shared.kernel.errors import FarSideError, Refused, RoleMissing, Throttled
from shared.kernel.ports import TooLate
from shared.marketplaces.listings import StockStep

_ROLE_PAUSE = timedelta(minutes=15)

Outcome = StockStep | FarSideError | TooLate

log = structlog.get_logger()


async def settle_submission(
    store: Store, submission: Submission, outcome: Outcome, *, grace: timedelta, now: datetime
) -> bool:
    """False: it has ended, or has been attempted again since; nothing is changed."""
    current = await store.submissions.lock(submission.id)
    if current is None or current.attempt != submission.attempt:
        return False
    match outcome:
        case StockStep():
            await _advance(store, current, outcome, grace, now)
        case Refused():
            await _return(store, current, outcome, now)
        case RoleMissing():
            await store.submissions.save(current.later(outcome.code, now + _ROLE_PAUSE))
        case Throttled():
            await store.submissions.save(current.later(outcome.code, now))
        case TooLate():
            await store.submissions.save(current.later("too_late", now))
        case FarSideError():
            await store.submissions.save(current.failed(outcome.code, now))
    return True


async def _advance(store: Store, current: Submission, step: StockStep, grace: timedelta, now: datetime) -> None:
    """Where another quantity is shown than was told an event may follow: those SKUs are locked before the targets."""
    outcomes = {one.sku: one for one in step.outcomes}
    known = [line for line in current.lines if line.sku in outcomes]
    left = tuple(line for line in current.lines if line.sku not in outcomes)
    other = [line.target_id for line in known if outcomes[line.sku].shown not in (None, line.quantity)]
    skus = await store.skus.lock((), await store.targets.sku_ids(other), now) if other else []
    targets = {target.id: target for target in await _targets(store, current, current.lines)}
    answered = [
        (targets[line.target_id], targets[line.target_id].answered(line, outcomes[line.sku], grace, now))
        for line in known
        if line.target_id in targets
    ]
    await _keep(store, current, answered, skus, now)
    ours = [line for line in left if line.target_id in targets]
    if step.state is None:
        await store.targets.save([targets[line.target_id].unanswered(now) for line in ours])
    else:
        gone = [line for line in ours if step.replaceable and targets[line.target_id].desired_version != line.version]
        await store.targets.save([targets[line.target_id].replaced(line, now) for line in gone])
        left = tuple(line for line in left if line not in gone)
    if step.state is not None and left:
        due_at = now + timedelta(seconds=step.wait_seconds)
        await store.submissions.save(current.advanced(step.state, left, due_at))
    else:
        await store.submissions.end([current.id])
        log.info("push.submission_ended", connection_id=current.connection_id, channel_id=current.channel_id)


async def _keep(
    store: Store,
    current: Submission,
    answered: Sequence[tuple[Target, Target]],
    skus: Sequence[Sku],
    now: datetime,
) -> None:
    """`answered`: targets before and after what is known of them now; `skus` are locked."""
    if not answered:
        return
    await store.targets.save([after for _, after in answered])
    locked = {sku.id for sku in skus}
    await publish_drifts([change for change in answered if change[1].sku_id in locked], skus, store, now)
    refused = sum(1 for _, after in answered if after.reason)
    level = logging.WARNING if refused else logging.INFO
    result = f"{refused} refused"
    log.log(level, "push.lines_known", connection_id=current.connection_id, lines=len(answered), result=result)


async def _return(store: Store, current: Submission, refusal: Refused, now: datetime) -> None:
    targets = await _targets(store, current, current.lines)
    await store.targets.save([target.returned(refusal.code, refusal.detail or None, now) for target in targets])
    await store.submissions.end([current.id])
    log.warning("push.submission_refused", connection_id=current.connection_id, code=refusal.code)


async def _targets(store: Store, current: Submission, lines: Collection[Line]) -> list[Target]:
    """Those of the lines that are in this submission."""
    found = await store.targets.of_ids({line.target_id for line in lines}) if lines else []
    return [target for target in found if target.submission_id == current.id]
