"""Plans anew what a changed policy, new carrier settings or the clock made plannable. No far side."""

from services.labels.usecases.planner import Planner
from services.labels.usecases.ports import Store
from services.labels.usecases.tell import save_and_tell
from shared.kernel.ports import UnitOfWork

BATCH = 200


async def replan_due(uow: UnitOfWork[Store], *, planner: Planner) -> int:
    """One batch of orders whose `replan_at` has come, in one transaction. How many there were."""
    async with uow() as store:
        now = planner.now()
        before = await store.fulfilments.lock_to_replan(BATCH)
        after = await planner.plan(store, before)
        await save_and_tell(store, list(zip(before, after, strict=True)), now)
    return len(before)
