"""Plans anew what a changed policy, new carrier settings or the clock made plannable. No far side."""

from uuid import UUID

import structlog

from services.labels.usecases.groups import FORESEEN, REST_SECONDS
from services.labels.usecases.planner import Planner
from services.labels.usecases.ports import Store
from services.labels.usecases.tell import save_and_tell
from shared.kernel.ports import UnitOfWork

BATCH = 200

log = structlog.get_logger()


async def replan_due(uow: UnitOfWork[Store], *, planner: Planner) -> int:
    """
    One batch of orders whose `replan_at` has come, in one transaction. How many there were.

    Where that meets a bug, one transaction per order: the one that has it rests. Raises DatabaseUnavailable, Conflict.
    """
    try:
        return await _together(uow, planner)
    except FORESEEN:
        raise
    except Exception as error:  # noqa: BLE001 - find out whose it is
        log.warning("replan.one_by_one", reason=type(error).__name__)
        return await _one_by_one(uow, planner)


async def _together(uow: UnitOfWork[Store], planner: Planner) -> int:
    async with uow() as store:
        now = planner.now()
        before = await store.fulfilments.lock_to_replan(BATCH)
        after = await planner.plan(store, before)
        await save_and_tell(store, list(zip(before, after, strict=True)), now)
    return len(before)


async def _one_by_one(uow: UnitOfWork[Store], planner: Planner) -> int:
    async with uow() as store:
        order_ids = await store.fulfilments.due_to_replan(BATCH)
    for order_id in order_ids:
        try:
            await _one(uow, order_id, planner)
        except FORESEEN:
            raise
        except Exception:
            log.exception("replan.bug", order_id=str(order_id))
            async with uow() as store:
                await store.fulfilments.postpone_replan(order_id, REST_SECONDS)
    return len(order_ids)


async def _one(uow: UnitOfWork[Store], order_id: UUID, planner: Planner) -> None:
    async with uow() as store:
        now = planner.now()
        before = await store.fulfilments.lock([order_id])
        after = await planner.plan(store, before)
        await save_and_tell(store, list(zip(before, after, strict=True)), now)
